package dev.sluice.cli.config;

import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/**
 * The store to follow.
 *
 * @param path of the SQLite file
 * @param ignoreColumns {@code table.column} patterns of source columns that nobody needs, now or when they appear later
 * @param snapshotRowsPerSecond a backfill reads no more; 0 for as many as there are
 * @param timeZone of times of day without an offset, where a column says nothing else; empty for UTC
 */
public record SourceSettings(
        Path path, List<String> ignoreColumns, int snapshotRowsPerSecond, Optional<ZoneId> timeZone) {
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
        Optional<ZoneId> zone = ValueSettings.timeZone(section);
        section.refuseOtherKeys();
        return new SourceSettings(path, ignored, rows, zone);
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
