package dev.sluice.cli.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How fast rows of a SQLite file come into PostgreSQL through everything, and which part takes the processors: {@code ping_results} of Ward OPS with its two secondary
 * indexes, everything in one process but PostgreSQL. Beside it, in the same round, what one COPY of the same rows takes. Arguments: rows (1,000,000 unless given), rounds
 * (3), the Markdown file whose table is replaced (printed only unless given). CONTRIBUTING.md says how to run it.
 */
public final class SqliteBenchmark {
    private static final int ROWS = 1_000_000;
    private static final int ROUNDS = 3;
    private static final int WARM_UP_ROWS = 50_000;

    private SqliteBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ROWS;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        round(WARM_UP_ROWS);
        List<SqliteRound> results = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            SqliteRound round = round(rows);
            System.out.println(round);
            results.add(round);
        }
        String report = SqliteReport.of(rows, results);
        System.out.println(report);
        if (arguments.length > 2) {
            SqliteReport.write(report, Path.of(arguments[2]));
        }
        // The embedded broker leaves threads that are no daemons.
        System.exit(0);
    }

    private static SqliteRound round(int rows) throws Exception {
        Path directory = Files.createTempDirectory("sqlite-benchmark");
        try {
            return SqliteRound.measure(rows, directory);
        } finally {
            delete(directory);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
