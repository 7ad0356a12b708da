package dev.sluice.verification;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.sql.ResultSet;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A real target with the control schema of a pipeline, for comparisons. */
final class VerificationWorld implements AutoCloseable {
    static final String PIPELINE = "demo";
    static final VerificationSettings SMALL = settings(2, false);

    final TargetDatabase database = TargetDatabase.open(
            TargetSettings.of(LocalPostgres.temporary().createDatabase()), PIPELINE, InstantSource.system());
    final TargetSessions sessions = new TargetSessions() {
        @Override
        public <T> T inTransaction(Work<T> work) {
            return database.inTransaction(work::run);
        }
    };
    private final List<TableTask> tasks = new ArrayList<>();

    static VerificationSettings settings(int chunkRows, boolean showValues) {
        VerificationSettings defaults = VerificationSettings.DEFAULT;
        return new VerificationSettings(chunkRows, defaults.parallelism(), 0, defaults.maxLag(), showValues);
    }

    /** A pipeline that does not run. */
    static final Passage AT_REST = new Passage() {
        @Override
        public boolean isOpen() {
            return false;
        }

        @Override
        public void awaitPresent(TableId table) {
            throw new AssertionError("nobody is there");
        }

        @Override
        public List<Moment> compare(TableId table, List<String> keys) {
            throw new AssertionError("nobody is there");
        }

        @Override
        public void forget(String signal) {
            throw new AssertionError("nobody is there");
        }

        @Override
        public void refresh(TableId table, List<String> keys) {
            throw new AssertionError("nobody is there");
        }
    };

    void execute(String... statements) {
        database.withConnectionDo(connection -> {
            for (String sql : statements) {
                connection.createStatement().execute(sql);
            }
        });
    }

    List<String> rows(String sql) {
        return database.withConnection(connection -> {
            List<String> rows = new ArrayList<>();
            try (ResultSet found = connection.createStatement().executeQuery(sql)) {
                while (found.next()) {
                    rows.add(found.getString(1));
                }
            }
            return rows;
        });
    }

    /** The tables, which are there already, are captured and live. */
    VerificationWorld prepare(CapturedTable... tables) {
        Catalog captured =
                Catalog.of(List.of(tables).stream().map(CapturedTable::target).toList());
        new TargetPreparation(database, PIPELINE, InstantSource.system())
                .prepare(PreparationRequest.of("id", "rows", captured).adopting(), false);
        execute("UPDATE sluice.tables SET phase = 'live'");
        for (CapturedTable table : tables) {
            tasks.add(new TableTask(table, "main", true, false, Set.of()));
        }
        return this;
    }

    List<TableTask> tasks() {
        return tasks;
    }

    Verification verification(ChangeSource source, Passage passage, VerificationSettings settings) {
        return Verification.of(PIPELINE, () -> source, sessions, passage, settings, InstantSource.system());
    }

    Result atRest(ChangeSource source, VerificationSettings settings) {
        return verification(source, AT_REST, settings).run(Mode.FULL, 100, tasks, true, SILENT);
    }

    TableResult compare(RowsSource source) {
        return compare(source, SMALL);
    }

    /** Of the first table, whose rows are the source's. */
    TableResult compare(RowsSource source, VerificationSettings settings) {
        if (tasks.isEmpty()) {
            prepare(source.tables().toArray(CapturedTable[]::new));
        } else {
            tasks.replaceAll(task ->
                    new TableTask(source.tables().get(0), task.lane(), task.guarded(), task.adopted(), task.masked()));
        }
        return atRest(source, settings).tables().get(0);
    }

    List<Difference> differences(TableResult table) {
        return new Findings(sessions, PIPELINE).page(table.verification(), table.table(), "", 10_000);
    }

    String verdicts(TableResult table) {
        return differences(table).stream()
                .map(difference -> Ledger.text(difference.verdict()) + " " + difference.key()
                        + (difference.columns().isEmpty() ? "" : " " + difference.columns()))
                .collect(Collectors.joining("; "));
    }

    static final VerificationListener SILENT = saying(new ArrayList<>());

    static VerificationListener saying(List<String> lines) {
        return new VerificationListener() {
            @Override
            public void compared(TableId table, String step, long keys, long expected) {}

            @Override
            public void held(String why) {}

            @Override
            public void say(String line) {
                lines.add(line);
            }
        };
    }

    @Override
    public void close() {
        database.close();
    }
}
