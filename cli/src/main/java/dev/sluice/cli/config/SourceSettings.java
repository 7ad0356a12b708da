package dev.sluice.cli.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The store to follow.
 *
 * @param path of the SQLite file
 * @param ignoreColumns {@code table.column} patterns of source columns that nobody needs, now or when they appear later
 * @param snapshotRowsPerSecond a backfill reads no more; 0 for as many as there are
 */
public record SourceSettings(Path path, List<String> ignoreColumns, int snapshotRowsPerSecond) {
    public static final String SQLITE = "sqlite:";

    public SourceSettings {
        ignoreColumns = List.copyOf(ignoreColumns);
    }

    static SourceSettings from(Section section, Path directory) {
        if (!section.has("url")) {
            section.problem("url", "expected the source's address, e.g. sqlite:/var/lib/app/app.db");
        }
        Path path = section.value("url", Path.of(""), text -> directory.resolve(parse(text)));
        List<String> ignored = section.texts("ignore-columns", List.of());
        int rows = section.integer("snapshot-rows-per-second", 0, 0, 10_000_000);
        section.refuseOtherKeys();
        return new SourceSettings(path, ignored, rows);
    }

    /**
     * The path in {@code sqlite:PATH}.
     *
     * @throws IllegalArgumentException when the address has another form
     */
    public static Path parse(String url) {
        if (!url.startsWith(SQLITE) || url.length() == SQLITE.length()) {
            throw new IllegalArgumentException("expected an address of the form sqlite:PATH");
        }
        return Path.of(url.substring(SQLITE.length()));
    }
}
