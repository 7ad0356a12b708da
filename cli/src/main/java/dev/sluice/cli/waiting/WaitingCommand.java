package dev.sluice.cli.waiting;

import dev.sluice.cli.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice waiting}: does nothing itself. */
@Command(
        name = "waiting",
        description = "Show rows that wait, are stale or are held, or accept that they do.",
        subcommands = {ListCommand.class, AcceptCommand.class})
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class WaitingCommand implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command, for example: sluice waiting list");
    }
}
