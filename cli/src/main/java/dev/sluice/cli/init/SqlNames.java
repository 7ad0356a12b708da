package dev.sluice.cli.init;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names in PostgreSQL's syntax: in the source's spelling, quoted only where PostgreSQL would read something else. */
final class SqlNames {
    /** PostgreSQL cuts longer names, which would make them other names. */
    private static final int MAX_BYTES = 63;

    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");
    /** Key words that PostgreSQL 17 does not accept as a plain name of a table or column. */
    private static final Set<String> RESERVED =
            Set.of(("all analyse analyze and any array as asc asymmetric authorization binary both case"
                            + " cast check collate collation column concurrently constraint create cross current_catalog current_date"
                            + " current_role current_schema current_time current_timestamp current_user default deferrable desc distinct do"
                            + " else end except false fetch for foreign freeze from full grant group having ilike in initially inner"
                            + " intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull"
                            + " null offset on only or order outer overlaps placing primary references returning right select session_user"
                            + " similar some symmetric system_user table tablesample then to trailing true union unique user using variadic"
                            + " verbose when where window with")
                    .split(" "));

    private SqlNames() {}

    static String quote(String name) {
        return PLAIN.matcher(name).matches() && !RESERVED.contains(name)
                ? name
                : '"' + name.replace("\"", "\"\"") + '"';
    }

    static String list(List<String> names) {
        return names.stream().map(SqlNames::quote).collect(Collectors.joining(", ", "(", ")"));
    }

    /** The name itself, or its beginning that PostgreSQL can keep. */
    static String fitting(String name) {
        String fitting = name;
        while (fitting.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            fitting = fitting.substring(0, fitting.offsetByCodePoints(fitting.length(), -1));
        }
        return fitting;
    }
}
