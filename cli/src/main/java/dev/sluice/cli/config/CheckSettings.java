package dev.sluice.cli.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A comparison by SQL that {@code sluice verify} makes beside that of the rows.
 *
 * @param name names it in reports
 * @param source a query in the source's own SQL; empty where the target's has to give no row
 * @param target a query in PostgreSQL's
 * @param covers columns of the target, {@code table.column} or {@code schema.table.column}, for which it stands
 */
public record CheckSettings(String name, Optional<String> source, String target, List<String> covers) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,63}");
    private static final Pattern COLUMN = Pattern.compile("[^.]+(\\.[^.]+){1,2}");

    public CheckSettings {
        covers = List.copyOf(covers);
    }

    /** In the order of the file. */
    static List<CheckSettings> from(Section section) {
        List<CheckSettings> checks = new ArrayList<>();
        for (String name : section.keys()) {
            if (!NAME.matcher(name).matches()) {
                section.problem(name, "a check's name is 1 to 63 of a-z 0-9 _ -");
            }
            Section check = section.section(name);
            if (!check.has("target")) {
                check.problem("target", "expected a query for the target, e.g. target: SELECT count(*) FROM orders");
            }
            checks.add(new CheckSettings(name, check.text("source"), check.text("target", ""), covers(check)));
            check.refuseOtherKeys();
        }
        return List.copyOf(checks);
    }

    private static List<String> covers(Section check) {
        List<String> covers = check.texts("covers", List.of());
        covers.stream()
                .filter(column -> !COLUMN.matcher(column).matches())
                .forEach(column -> check.problem(
                        "covers", "expected columns of the target such as orders.total, found '" + column + "'"));
        return covers;
    }
}
