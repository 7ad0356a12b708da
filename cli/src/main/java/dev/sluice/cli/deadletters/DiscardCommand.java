package dev.sluice.cli.deadletters;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Json;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.sinks.postgresql.control.DeadLetterList;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice dead-letters discard}. By number all of them or none; by a filter it may be repeated. */
@Command(
        name = "discard",
        description =
                "Say that events need not become rows, so that they no longer stand against a cutover. The target keeps what it has of the rows.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class DiscardCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Mixin
    private Selection selection;

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "Why the target can do without them.")
    private String why;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        selection.validate(spec);
        if (why.isBlank()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--why needs a text: who reads it later wants to know why the target can do without them");
        }
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            DeadLetterList letters = new DeadLetterList(target.database(), configuration.pipeline());
            String by = System.getProperty("user.name", "unknown");
            List<Long> ids = selection.ids();
            report(
                    configuration.pipeline(),
                    ids == null ? letters.discard(selection.filter(), by, why) : letters.discard(ids, by, why));
        }
        return 0;
    }

    private void report(String pipeline, long discarded) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json
                        ? Json.MAPPER
                                .createObjectNode()
                                .put("pipeline", pipeline)
                                .put("discarded", discarded)
                                .toPrettyString()
                        : "discarded " + discarded + (discarded == 1 ? " dead letter" : " dead letters"));
        out.flush();
    }
}
