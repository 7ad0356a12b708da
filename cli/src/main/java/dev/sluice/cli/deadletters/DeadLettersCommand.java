package dev.sluice.cli.deadletters;

import dev.sluice.cli.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice dead-letters}: does nothing itself. */
@Command(
        name = "dead-letters",
        description = "Show events that could not become rows, ask the source for them again, or discard them.",
        subcommands = {ListCommand.class, ShowCommand.class, RetryCommand.class, DiscardCommand.class})
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class DeadLettersCommand implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command, for example: sluice dead-letters list");
    }
}
