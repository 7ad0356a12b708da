package dev.sluice.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import dev.sluice.streams.testing.Postgres;
import dev.sluice.streams.testing.Rows;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What simulations wrote to {@code ordered}, record by record in a real PostgreSQL with every constraint on: it refuses nothing, it does nothing of its own, and it
 * ends with the rows of the model.
 */
class RealPostgresIT {
    private static final int SEEDS_PER_SOURCE = 17;
    private static final int TRANSACTIONS = 30;
    private static final int COMPARE_EVERY = 25;

    private static Connection connection;

    @BeforeAll
    static void connect() throws SQLException {
        connection = DriverManager.getConnection(LocalPostgres.temporary().createDatabase());
        connection.setAutoCommit(false);
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    @ParameterizedTest
    @EnumSource(Enforcement.class)
    void postgresRefusesNothingAndActsOnNothing(Enforcement enforcement) throws SQLException {
        for (long seed = 0; seed < SEEDS_PER_SOURCE; seed++) {
            Simulation simulation = new Simulation(seed, enforcement);
            simulation.run(TRANSACTIONS);
            String schema = enforcement.name().toLowerCase(Locale.ROOT) + seed;
            try (RealTables tables = RealTables.create(connection, schema, simulation.schema())) {
                new Replay(simulation, tables).run();
            } catch (SQLException | AssertionError e) {
                connection.rollback();
                throw new AssertionError("seed " + seed + " " + enforcement + ": " + e.getMessage(), e);
            }
            connection.rollback();
        }
    }

    private record Part(Table table, Change change, boolean writes) {}

    /** One record, one statement; a run as the sink applies it. */
    private static final class Replay {
        private final Simulation simulation;
        private final RealTables tables;
        private final Postgres model;
        private final List<Part> run = new ArrayList<>();

        private Replay(Simulation simulation, RealTables tables) {
            this.simulation = simulation;
            this.tables = tables;
            RandomCatalog schema = simulation.schema();
            this.model =
                    new Postgres(schema.catalog(), simulation.reader(), 1, (table, row) -> {}, schema.unremembered());
        }

        private void run() throws SQLException {
            int applied = 0;
            for (OrderedRecord record : simulation.ordered()) {
                try {
                    apply(record);
                } catch (SQLException e) {
                    throw new SQLException("at " + record.header() + ": " + e.getMessage(), e);
                }
                if (++applied % COMPARE_EVERY == 0 && run.isEmpty()) {
                    compare();
                }
            }
            compare();
        }

        private void compare() throws SQLException {
            for (Table table : simulation.schema().catalog().tables()) {
                Map<String, @Nullable Object[]> wanted = model.rows(table);
                Map<String, @Nullable Object[]> found = tables.rows(table);
                assertThat(found.keySet()).as(table.id().toString()).isEqualTo(wanted.keySet());
                found.forEach((key, row) -> assertThat(row).as(table.id() + key).isEqualTo(wanted.get(key)));
            }
        }

        private void apply(OrderedRecord record) throws SQLException {
            OrderedHeader header = record.header();
            model.apply(header, record.record().value());
            Event event = simulation.reader().read(record.record().value());
            if (!(event instanceof Change change) || !writes(header.outcome())) {
                return;
            }
            if (header.together() || !run.isEmpty()) {
                run.add(new Part(table(change), change, change.isUpsert() && header.outcome() != Outcome.EVICT));
                if (!header.together()) {
                    applyTogether();
                    run.clear();
                    compare();
                }
            } else if (header.outcome() == Outcome.EVICT) {
                tables.delete(table(change), image(change));
            } else {
                write(change);
            }
        }

        /** An event knows its table's columns only. */
        private Table table(Change change) {
            return simulation.schema().catalog().table(change.table().id()).orElseThrow();
        }

        private static boolean writes(Outcome outcome) {
            return outcome == Outcome.APPLY || outcome == Outcome.SET_NULL || outcome == Outcome.EVICT;
        }

        private void write(Change change) throws SQLException {
            Table table = table(change);
            if (change.op() == Op.TRUNCATE) {
                tables.truncate(table);
            } else if (change.isDelete()) {
                tables.delete(table, image(change));
            } else if (change.unchanged().isEmpty()) {
                tables.upsert(table, change.after());
            } else {
                List<String> columns = table.columns().stream()
                        .map(c -> c.name())
                        .filter(c -> !change.unchanged().contains(c)
                                && !table.primaryKey().contains(c))
                        .toList();
                tables.update(table, columns, change.after());
            }
        }

        private void applyTogether() throws SQLException {
            Set<TableId> involved = run.stream().map(p -> p.table().id()).collect(Collectors.toSet());
            List<@Nullable Object[]> whole = new ArrayList<>();
            for (Part part : run) {
                whole.add(part.writes() ? tables.merged(part.table(), part.change()) : image(part.change()));
            }
            tables.execute("SET CONSTRAINTS ALL DEFERRED");
            for (int i = 0; i < whole.size(); i++) {
                Table table = run.get(i).table();
                tables.update(table, taken(table, involved), without(table, involved, whole.get(i)));
            }
            for (int i = 0; i < whole.size(); i++) {
                Table table = run.get(i).table();
                if (run.get(i).writes()) {
                    tables.upsert(table, without(table, involved, whole.get(i)));
                } else {
                    tables.delete(table, whole.get(i));
                }
            }
            for (int i = 0; i < whole.size(); i++) {
                Table table = run.get(i).table();
                if (run.get(i).writes()) {
                    tables.update(table, taken(table, involved), whole.get(i));
                }
            }
            tables.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }

        private static @Nullable Object[] without(Table table, Set<TableId> involved, @Nullable Object[] row) {
            @Nullable Object[] loose = row.clone();
            taken(table, involved).forEach(c -> loose[table.indexOf(c)] = null);
            return loose;
        }

        /** Columns of references to tables of the run that are neither deferrable nor needed at once. */
        private static List<String> taken(Table table, Set<TableId> involved) {
            return table.foreignKeys().stream()
                    .filter(f -> involved.contains(f.parent()) && !f.deferrable() && Rows.isNullable(table, f))
                    .map((ForeignKey f) -> Rows.nullableColumns(table, f))
                    .flatMap(List::stream)
                    .distinct()
                    .toList();
        }

        private static @Nullable Object[] image(Change change) {
            return change.isUpsert() ? change.after() : change.before();
        }
    }
}
