package dev.sluice.cli;

import dev.sluice.cli.binding.Binder;
import dev.sluice.cli.config.Configuration;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.sqlite.SqliteConnector;
import dev.sluice.producers.sqlite.SqliteSettings;
import java.nio.file.Path;

/** The kinds of source that this version has. */
public final class Sources {
    public static final String SQLITE = "sqlite";

    private Sources() {}

    /** SQLite switches enforcement on per connection, so nobody can know it of a file. */
    public static boolean enforcesForeignKeys(String kind) {
        return !kind.equals(SQLITE);
    }

    public static SourceConnector sqlite(Path file) {
        return SqliteConnector.of(SqliteSettings.of(file));
    }

    public static SourceConnector of(Configuration configuration) {
        SqliteSettings settings = SqliteSettings.of(configuration.source().path());
        return SqliteConnector.of(settings.withIgnoredColumns(
                Binder.ignored(configuration.source().ignoreColumns())));
    }
}
