package dev.sluice.cli;

import dev.sluice.cli.backfill.BackfillCommand;
import dev.sluice.cli.deadletters.DeadLettersCommand;
import dev.sluice.cli.demo.DemoCommand;
import dev.sluice.cli.demo.DemoWriter;
import dev.sluice.cli.init.InitCommand;
import dev.sluice.cli.lanes.LanesCommand;
import dev.sluice.cli.pause.PauseCommand;
import dev.sluice.cli.pause.ResumeCommand;
import dev.sluice.cli.prepare.CheckCommand;
import dev.sluice.cli.prepare.PrepareCommand;
import dev.sluice.cli.prepare.RemoveCommand;
import dev.sluice.cli.replay.ReplayCommand;
import dev.sluice.cli.report.ReportCommand;
import dev.sluice.cli.run.RunCommand;
import dev.sluice.cli.sequences.SequencesCommand;
import dev.sluice.cli.status.StatusCommand;
import dev.sluice.cli.topology.TopologyCommand;
import dev.sluice.cli.verify.VerifyCommand;
import dev.sluice.cli.waiting.WaitingCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root: does nothing itself. */
@Command(
        name = "sluice",
        description = "Moves a live application onto PostgreSQL without dual-write.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        subcommands = {
            InitCommand.class,
            CheckCommand.class,
            PrepareCommand.class,
            RunCommand.class,
            StatusCommand.class,
            ReportCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            ReplayCommand.class,
            WaitingCommand.class,
            DeadLettersCommand.class,
            BackfillCommand.class,
            LanesCommand.class,
            TopologyCommand.class,
            VerifyCommand.class,
            SequencesCommand.class,
            RemoveCommand.class,
            DemoCommand.class,
            DemoWriter.class
        },
        footer = {
            "",
            "Exit codes: 0 ok, 1 bug, 2 usage or configuration, 3 different or not ready, 4 source, 5 target,",
            "6 Kafka or schema registry, 7 finished with waiting or quarantined rows, 8 refused."
        })
@SuppressWarnings("NullAway.Init") // picocli fills the fields in
public final class SluiceCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    public static CommandLine commandLine() {
        return new CommandLine(new SluiceCommand())
                .setExecutionExceptionHandler(new FailureReport())
                .setParameterExceptionHandler(FailureReport::usage)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(110);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "name a command, for example: sluice init --source sqlite:PATH");
    }
}
