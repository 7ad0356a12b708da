package dev.sluice.cli.deadletters;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.DeadLetterList;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Content;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Letter;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice dead-letters show}. Reads; changes nothing. */
@Command(
        name = "show",
        description =
                "Show all that is known of one dead letter, its row's values included; those of masked columns are not shown.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ShowCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Parameters(paramLabel = "ID", description = "Its number, as sluice dead-letters list shows it: 12 for #12.")
    private long id;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        Content content;
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            content = new DeadLetterList(target.database(), configuration.pipeline())
                    .find(id)
                    .orElseThrow(() -> SluiceException.of(
                            ErrorKind.REFUSED,
                            "pipeline " + configuration.pipeline() + " has no dead letter #" + id
                                    + ". See them with: sluice dead-letters list --state all"));
        }
        Masks masks = new Masks(configuration);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode node = JsonReport.node(content.letter());
            node.put("rowFormat", content.format());
            masks.row(content).ifPresent(row -> node.set("row", row));
            out.println(node.toPrettyString());
        } else {
            text(out, content, masks);
        }
        out.flush();
        return 0;
    }

    private static void text(PrintWriter out, Content content, Masks masks) {
        Letter letter = content.letter();
        out.printf(Locale.ROOT, "#%d of %s %s%n", letter.id(), letter.table(), letter.key());
        line(out, "state", letter.state().text());
        line(
                out,
                "reason",
                letter.column() == null ? letter.reason() : letter.reason() + ", column " + letter.column());
        line(out, "message", letter.message());
        line(out, "event", letter.op() + ", sequence " + letter.sequence() + " of lane " + letter.lane());
        line(out, "since", TextReport.TIME.format(letter.createdAt()));
        line(out, "asked", letter.askedAt() == null ? null : TextReport.TIME.format(letter.askedAt()));
        line(out, "settled", letter.settledAt() == null ? null : TextReport.TIME.format(letter.settledAt()));
        line(out, "by", letter.settledBy());
        line(out, "why", letter.why());
        Optional<ObjectNode> row = masks.row(content);
        byte[] raw = content.raw();
        if (row.isPresent()) {
            line(out, "row", String.valueOf(content.format()));
            row.get()
                    .properties()
                    .forEach(column -> out.printf(Locale.ROOT, "    %s = %s%n", column.getKey(), column.getValue()));
        } else {
            line(
                    out,
                    "row",
                    raw == null ? "not kept" : raw.length + " bytes of format " + content.format() + ", not shown");
        }
    }

    private static void line(PrintWriter out, String name, @Nullable String value) {
        if (value != null) {
            out.printf(Locale.ROOT, "  %-8s %s%n", name, value);
        }
    }
}
