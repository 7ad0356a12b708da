package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of every row that was read, and of the changes that were followed since, by the target's own account.
 *
 * @param pipeline the incarnation
 * @param readAt the database's clock
 * @param tables in the order of their names
 */
public record RowOutcomes(PipelineRow pipeline, Instant readAt, List<Table> tables) {
    public RowOutcomes {
        tables = List.copyOf(tables);
    }

    /** What can be said of all rows. */
    public enum Verdict {
        /** Every row that was read is loaded or transformed, and no followed change waits or is quarantined. */
        COMPLETE,
        /** Rows wait or are quarantined. */
        OPEN,
        /** A snapshot is not over. */
        LOADING,
        /** The numbers of a table do not add up. */
        WRONG;

        private Verdict worse(Verdict other) {
            return compareTo(other) > 0 ? this : other;
        }
    }

    /**
     * Rows of a table's present snapshot, each counted once; {@code read = loaded + transformed + waiting + quarantined + gone}.
     *
     * @param read as the source says when the snapshot is over, as they come until then
     * @param came rows that reached the sink; null when the snapshot began before that was counted
     * @param transformed applied with a value that a rule changed, or that is written with NULL in place of a reference
     * @param nulled those among them that are still written so
     * @param waiting rows that are not in the target in their newest version, because a parent is missing
     * @param quarantined dead letters that are open or discarded
     * @param discarded those among them that a person let go
     * @param gone rows that the source deleted before they could be applied
     */
    public record Snapshot(
            long read,
            @Nullable Long came,
            long transformed,
            long nulled,
            long waiting,
            long quarantined,
            long discarded,
            long gone) {
        public static final Snapshot NONE = new Snapshot(0, null, 0, 0, 0, 0, 0, 0);

        /** In this version, or in a newer one. */
        public long loaded() {
            return Math.max(0, read - accounted());
        }

        private long accounted() {
            return transformed + waiting + quarantined + gone;
        }

        public Snapshot and(Snapshot other) {
            return new Snapshot(
                    read + other.read,
                    null,
                    transformed + other.transformed,
                    nulled + other.nulled,
                    waiting + other.waiting,
                    quarantined + other.quarantined,
                    discarded + other.discarded,
                    gone + other.gone);
        }
    }

    /**
     * Changes that were followed, not read in a snapshot.
     *
     * @param upserts inserts and updates that were applied
     * @param deletes that were applied; a truncate is one
     * @param transformed upserts with a value that a rule changed
     * @param nulled rows that are written with NULL in place of a reference, now
     * @param waiting rows that deviate for another reason, now
     * @param quarantined open dead letters, now
     */
    public record Followed(long upserts, long deletes, long transformed, long nulled, long waiting, long quarantined) {}

    /**
     * What a rule did to a column's values.
     *
     * @param column empty where it is about whole rows
     * @param values in every event that was applied so far
     * @param samples keys of the first rows
     */
    public record Rule(String column, String rule, long values, List<String> samples) {}

    /**
     * Why rows wait.
     *
     * @param kind {@code wait}, {@code stale} or {@code hold}
     * @param why a code other than that a parent is missing
     * @param foreignKey its name, or a JSON array of names
     * @param parent {@code schema.table}
     * @param nulled the rows are written, with NULL in place of the reference
     * @param snapshotRows rows of the snapshot
     * @param followedRows rows of followed changes
     * @param samples keys of the first rows
     */
    public record Waiting(
            String kind,
            @Nullable String why,
            @Nullable String foreignKey,
            @Nullable String parent,
            boolean nulled,
            long snapshotRows,
            long followedRows,
            List<String> samples) {}

    /**
     * Why events are dead letters.
     *
     * @param snapshotRows open ones of the snapshot's rows
     * @param discarded ones of the snapshot's rows that a person let go
     * @param followedRows open ones of followed changes
     */
    public record Quarantine(
            String reason,
            @Nullable String column,
            long snapshotRows,
            long discarded,
            long followedRows,
            List<DeadLetterList.Content> samples) {}

    /** @param phase {@code pending}, {@code loading} or {@code live} */
    public record Table(
            TableId id,
            String phase,
            Snapshot snapshot,
            Followed followed,
            List<Rule> rules,
            List<Waiting> waiting,
            List<Quarantine> quarantines) {
        public boolean isLoading() {
            return !phase.equals("live");
        }

        /** What is wrong with the numbers; null when nothing is. */
        public @Nullable String problem() {
            Long came = snapshot.came();
            if (came == null || isLoading()) {
                return null;
            }
            if (came < snapshot.read()) {
                return "the source says that " + snapshot.read() + " rows of " + id + " were read, and " + came
                        + " reached the target";
            }
            // Rows that somebody asked for by key while the table was read came too, and the source does not count
            // them.
            return snapshot.accounted() > came
                    ? "more rows of " + id + " are accounted for than the " + snapshot.read() + " that were read"
                    : null;
        }

        private Verdict verdict() {
            if (problem() != null) {
                return Verdict.WRONG;
            }
            if (isLoading()) {
                return Verdict.LOADING;
            }
            return open() > 0 ? Verdict.OPEN : Verdict.COMPLETE;
        }

        private long open() {
            return snapshot.waiting()
                    + snapshot.quarantined()
                    - snapshot.discarded()
                    + followed.waiting()
                    + followed.quarantined();
        }
    }

    /** The worst of any table. */
    public Verdict verdict() {
        return tables.stream().map(Table::verdict).reduce(Verdict.COMPLETE, Verdict::worse);
    }

    /** Rows that wait, or are quarantined and nobody let go. */
    public long open() {
        return tables.stream().mapToLong(Table::open).sum();
    }

    /** Of all tables. */
    public Snapshot total() {
        return tables.stream().map(Table::snapshot).reduce(Snapshot.NONE, Snapshot::and);
    }

    /** @throws SluiceException of kind REFUSED when the pipeline is not prepared by this version */
    public static RowOutcomes read(TargetDatabase database, String pipeline) {
        return database.inTransaction(connection -> {
            connection.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            return new OutcomeQueries(connection, pipeline).read();
        });
    }
}
