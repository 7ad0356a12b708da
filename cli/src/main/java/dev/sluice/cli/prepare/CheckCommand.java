package dev.sluice.cli.prepare;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.runtime.ErrorKind;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice check}. Changes nothing. */
@Command(name = "check", description = "Connect to everything and report every problem at once. Changes nothing.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class CheckCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var configuration = options.load();
        FindingsReport report = new Check(
                        configuration, Sources.of(configuration), options.dataDirectory(), InstantSource.system())
                .run();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            report.lines().forEach(out::println);
            if (report.lines().isEmpty()) {
                out.println("no problems; next: sluice run -c " + options.file());
            }
        }
        out.flush();
        return report.firstError().map(ErrorKind::exitCode).orElse(0);
    }
}
