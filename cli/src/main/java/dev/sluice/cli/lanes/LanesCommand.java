package dev.sluice.cli.lanes;

import dev.sluice.cli.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice lanes}: does nothing itself. */
@Command(
        name = "lanes",
        description = "Show the pipeline's lanes, or change them.",
        subcommands = {ListCommand.class, MigrateCommand.class})
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class LanesCommand implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command, for example: sluice lanes list");
    }
}
