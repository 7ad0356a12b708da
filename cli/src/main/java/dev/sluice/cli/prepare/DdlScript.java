package dev.sluice.cli.prepare;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Statement;

/** The operator's SQL script that makes the target's tables. */
record DdlScript(Path file, String text) {
    static DdlScript read(Path file) {
        try {
            return new DdlScript(file, Files.readString(file));
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "the script " + file + ", named by target.ddl, cannot be read: " + e + "; correct the path",
                    e);
        }
    }

    /** In one transaction, with the schema first on the search path; all of it or nothing. */
    void run(TargetDatabase target, String schema) {
        String quoted = '"' + schema.replace("\"", "\"\"") + '"';
        try {
            target.inTransactionDo(connection -> {
                try (Statement statement = connection.createStatement()) {
                    if (!schema.equals("public")) {
                        statement.execute("CREATE SCHEMA IF NOT EXISTS " + quoted);
                    }
                    statement.execute("SET LOCAL search_path TO " + quoted);
                    statement.execute(text);
                }
            });
        } catch (SluiceException e) {
            throw SluiceException.of(
                    e.kind(), "the script " + file + ", named by target.ddl, was rolled back: " + e.getMessage(), e);
        }
    }
}
