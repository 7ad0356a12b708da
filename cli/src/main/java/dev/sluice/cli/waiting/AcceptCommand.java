package dev.sluice.cli.waiting;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.sinks.postgresql.control.WaitingList;
import dev.sluice.sinks.postgresql.control.WaitingList.Filter;
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

/** {@code sluice waiting accept}. May be repeated; what is accepted already stays as it was. */
@Command(
        name = "accept",
        description =
                "Accept rows as they wait now, so that they no longer stand against a cutover. It ends when a row stops waiting.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class AcceptCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Mixin
    private FilterOptions filter;

    @Option(names = "--all", description = "Rows of every table.")
    private boolean all;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "Only the row with this key, as sluice waiting list shows it, for example '[5]'; may be repeated.")
    private List<String> keys = List.of();

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "Why they may stay as they are.")
    private String why;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Filter rows = filter.filter();
        validate(rows);
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            WaitingList waiting = new WaitingList(target.database(), configuration.pipeline());
            String by = System.getProperty("user.name", "unknown");
            long accepted = keys.isEmpty() ? waiting.accept(rows, by, why) : waiting.accept(rows, keys, by, why);
            report(configuration.pipeline(), accepted);
        }
        return 0;
    }

    private void validate(Filter rows) {
        if (why.isBlank()) {
            throw usage("--why needs a text: who reads it later wants to know why the rows may stay as they are");
        }
        if (all == (rows.table() != null)) {
            throw usage("say which rows: --all, or --table TABLE with or without --key KEY");
        }
        if (!keys.isEmpty() && rows.table() == null) {
            throw usage("--key needs --table");
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private void report(String pipeline, long accepted) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json
                        ? JSON.createObjectNode()
                                .put("pipeline", pipeline)
                                .put("accepted", accepted)
                                .toPrettyString()
                        : "accepted " + accepted + (accepted == 1 ? " row" : " rows"));
        out.flush();
    }
}
