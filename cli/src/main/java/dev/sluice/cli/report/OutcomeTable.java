package dev.sluice.cli.report;

import dev.sluice.sinks.postgresql.control.RowOutcomes;
import dev.sluice.sinks.postgresql.control.RowOutcomes.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What became of every row that was read, table by table: rows read = loaded + transformed + waiting + quarantined + gone. */
public final class OutcomeTable {
    static final List<String> HEADLINE =
            List.of("rows read", "loaded", "transformed", "waiting", "quarantined", "gone");

    private OutcomeTable() {}

    /** Of one table or the total, under {@link #HEADLINE}. */
    static List<Long> numbers(Snapshot rows) {
        return List.of(rows.read(), rows.loaded(), rows.transformed(), rows.waiting(), rows.quarantined(), rows.gone());
    }

    /** A table for people, with the total below. */
    public static List<String> text(List<RowOutcomes.Table> tables) {
        int width =
                tables.stream().mapToInt(t -> t.id().toString().length()).max().orElse(0);
        width = Math.max("total".length(), width);
        List<String> text = new ArrayList<>();
        text.add(line(width, "table", HEADLINE));
        Snapshot total = Snapshot.NONE;
        for (RowOutcomes.Table table : tables) {
            text.add(line(width, table.id().toString(), numbers(table.snapshot())));
            total = total.and(table.snapshot());
        }
        text.add(line(width, "total", numbers(total)));
        return text;
    }

    /** What followed changes add to it: rows that wait or are quarantined now. Empty where there are none. */
    public static List<String> followed(List<RowOutcomes.Table> tables) {
        long waiting = tables.stream().mapToLong(t -> t.followed().waiting()).sum();
        long quarantined =
                tables.stream().mapToLong(t -> t.followed().quarantined()).sum();
        return waiting + quarantined == 0
                ? List.of()
                : List.of("of the changes that were followed since, " + waiting + " wait and " + quarantined
                        + " are quarantined");
    }

    /** What can be said of all rows. */
    public static String verdict(RowOutcomes outcomes) {
        return Phrases.verdict(outcomes);
    }

    private static String line(int width, String table, List<?> cells) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-" + width + "s", table));
        cells.forEach(cell -> line.append(String.format(Locale.ROOT, " %11s", cell)));
        return line.toString();
    }
}
