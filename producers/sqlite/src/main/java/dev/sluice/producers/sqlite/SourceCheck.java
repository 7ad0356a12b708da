package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Selection;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for everything that would keep a capture from working, or make it less than it seems. Rows are looked at once, before a table is captured: later each start of a
 * pipeline would keep writers in rollback mode waiting. Each look is a read transaction of its own, and no long one.
 */
final class SourceCheck {
    private static final int SAMPLE_ROWS = 2_000;
    private static final int MAX_ORPHANS = 10_000;

    private static final Duration LONGEST_SCAN = Duration.ofSeconds(2);

    /** A scan of more rows would keep writers in rollback mode waiting. */
    private static final long MAX_SCANNED_ROWS = 1_000_000;

    private final SqliteSettings settings;
    private final List<CapturedTable> tables;
    private final List<Finding> findings = new ArrayList<>();
    private final List<Layout> captured = new ArrayList<>();

    private SourceCheck(SqliteSettings settings, List<CapturedTable> tables) {
        this.settings = settings;
        this.tables = tables;
    }

    static List<Finding> of(SqliteSettings settings, List<CapturedTable> tables) {
        SourceCheck check = new SourceCheck(settings, tables);
        try (Session session = Session.reader(settings)) {
            check.database(session);
        } catch (SluiceException e) {
            check.findings.add(Finding.error(
                    "source-unreadable", check.subject(), String.valueOf(e.getMessage()), "see the message"));
        }
        return List.copyOf(check.findings);
    }

    private void database(Session session) {
        writable();
        Introspection.Schema schema = session.inRead(s -> {
            journalMode(s);
            captured.addAll(CaptureState.allCurrent(s));
            return Introspection.read(s);
        });
        if (!schema.leftOut().isEmpty()) {
            findings.add(Finding.info(
                    "not-captured",
                    subject(),
                    "views and virtual tables have no rows of their own to follow: "
                            + String.join(", ", schema.leftOut()),
                    "make them anew in the target where they are needed"));
        }
        for (CapturedTable table : tables) {
            TableInfo info = schema.tables().get(table.sourceName());
            if (info == null) {
                findings.add(Finding.error(
                        "table-missing",
                        subject(table),
                        "is configured, but not in " + settings.file(),
                        "correct its name; the database has "
                                + String.join(", ", schema.tables().keySet())));
            } else {
                table(session, table, info);
            }
        }
    }

    private void writable() {
        Path directory = settings.file().getParent();
        boolean writable = Files.isWritable(settings.file()) && (directory == null || Files.isWritable(directory));
        if (!writable) {
            findings.add(Finding.error(
                    "source-read-only",
                    subject(),
                    "this user may not write to " + settings.file()
                            + " or its directory; capture needs triggers, a log table and SQLite's journal there",
                    "run as the application's user, or grant it the right to write"));
            return;
        }
        try (Session writer = Session.writer(settings.file(), settings.busyTimeout())) {
            writer.inWrite(s -> s.number("SELECT 1") != null);
        } catch (SluiceException e) {
            findings.add(Finding.error(
                    "source-locked",
                    subject(),
                    String.valueOf(e.getMessage()),
                    "end the long write transaction, then check again"));
        }
    }

    private void journalMode(Session session) throws SQLException {
        String mode = Objects.requireNonNull(session.text("PRAGMA journal_mode"));
        boolean wal = mode.equalsIgnoreCase("wal");
        findings.add(Finding.info(
                "journal-mode",
                subject(),
                "journal mode is " + mode
                        + (wal
                                ? "; there a transaction that has read cannot write any more (SQLITE_BUSY_SNAPSHOT) when another connection wrote in between, as Sluice does when it trims its log"
                                : "; there a reader keeps writers waiting, so reads are kept short"),
                wal
                        ? "let the application begin transactions that read and then write with BEGIN IMMEDIATE, and give its connections a busy timeout"
                        : "consider WAL when the application allows it, and give its connections a busy timeout"));
        String encoding = Objects.requireNonNull(session.text("PRAGMA encoding"));
        if (!encoding.equals("UTF-8")) {
            findings.add(Finding.info(
                    "encoding", subject(), "text is stored in " + encoding + " and read as Unicode", "nothing to do"));
        }
    }

    private void table(Session session, CapturedTable table, TableInfo info) {
        List<String> missing = Stream.concat(table.sourceColumns().stream(), table.identity().stream())
                .filter(column -> !table.selection().computed().containsKey(column))
                .filter(column -> info.column(column).isEmpty())
                .toList();
        if (!missing.isEmpty()) {
            findings.add(Finding.error(
                    "column-missing",
                    subject(table),
                    "has no column " + String.join(", ", missing),
                    "correct the mapping; the table has " + String.join(", ", info.columnNames())));
            return;
        }
        if (!canBeSelected(session, table, info)) {
            return;
        }
        uncaptured(table, info);
        replaceNotSeen(table, info);
        unenforcedKey(table, info);
        order(table, info);
        if (!isCaptured(table)) {
            List<Scan> scans =
                    List.of(this::nullKeys, this::doubleKeys, this::spelledTwice, this::orphans, this::values);
            scans.forEach(scan -> scan(session, scan, table, info));
        }
    }

    private boolean canBeSelected(Session session, CapturedTable table, TableInfo info) {
        try {
            return session.inRead(s -> {
                try (Evaluator evaluator = Evaluator.of(s)) {
                    evaluator.selection(s, table, info);
                    return true;
                }
            });
        } catch (SluiceException e) {
            if (e.kind() != ErrorKind.CONFIGURATION) {
                throw e;
            }
            findings.add(Finding.error(
                    Selection.REFUSED,
                    subject(table),
                    String.valueOf(e.getMessage()),
                    "correct it in the configuration"));
            return false;
        }
    }

    /** A look at the rows of a table. */
    private interface Scan {
        void run(Session session, CapturedTable table, TableInfo info) throws SQLException;
    }

    private void scan(Session session, Scan scan, CapturedTable table, TableInfo info) {
        try {
            boolean done = session.inReadWithin(LONGEST_SCAN, s -> {
                scan.run(s, table, info);
                return true;
            });
            if (!done) {
                findings.add(Finding.info(
                        "not-scanned",
                        subject(table),
                        "looking at all its rows takes longer than " + LONGEST_SCAN.toSeconds()
                                + " s, which would keep writers waiting; a NULL in the key, a double key or an orphan may not be named here",
                        "check a copy of the database to be sure"));
            }
        } catch (SQLException e) {
            throw session.failure(e);
        }
    }

    private boolean isCaptured(CapturedTable table) {
        return captured.stream()
                .anyMatch(layout -> layout.table().equals(table.sourceName()) && CaptureState.isFor(layout, table));
    }

    private void replaceNotSeen(CapturedTable table, TableInfo info) {
        List<String> unseen = new ArrayList<>();
        info.irregular().forEach(irregular -> unseen.add(irregular + ": a row that REPLACE removes over it"));
        info.replaceable(table.identity()).stream()
                .flatMap(List::stream)
                .map(Layout.Collated::column)
                .distinct()
                .filter(info::takesDefaultForNull)
                .forEach(
                        column -> unseen.add(
                                "column " + column
                                        + " is unique and NOT NULL with a default: a row that REPLACE removes because NULL became that default"));
        boolean cascades = info.foreignKeys().stream()
                .anyMatch(key ->
                        key.parentTable().equals(info.name()) && key.onDelete().equalsIgnoreCase("CASCADE"));
        if (cascades) {
            unseen.add(
                    "the table refers to itself with ON DELETE CASCADE: what goes when UPDATE OR REPLACE gives a row the primary key of another");
        }
        unseen.forEach(row -> findings.add(Finding.warning(
                "replace-not-seen",
                subject(table),
                row + " is not captured unless the application sets recursive_triggers",
                "avoid REPLACE on this table, or compare it now and then")));
    }

    private void uncaptured(CapturedTable table, TableInfo info) {
        List<String> uncaptured = info.columnNames().stream()
                .filter(column ->
                        !table.sourceColumns().contains(column) && !settings.isIgnored(table.sourceName(), column))
                .toList();
        if (!uncaptured.isEmpty()) {
            findings.add(Finding.warning(
                    "column-not-captured",
                    subject(table),
                    "columns without a place in the target: " + String.join(", ", uncaptured),
                    "add them to the target, or name them in ignore-columns"));
        }
    }

    private void nullKeys(Session session, CapturedTable table, TableInfo info) throws SQLException {
        String nulls = table.identity().stream()
                .filter(column -> !info.isNotNull(column))
                .map(column -> Sql.name(column) + " IS NULL")
                .collect(Collectors.joining(" OR "));
        if (!nulls.isEmpty() && isScannable(session, info)) {
            Long count = counted(
                    session,
                    table,
                    "(" + nulls + ")" + Condition.and(table.selection().where()));
            if (count != null && count > 0) {
                findings.add(Finding.warning(
                        "null-in-key",
                        subject(table),
                        count + " rows have NULL in key " + table.identity() + "; they become dead letters",
                        "give them a key in the source, or choose other key columns"));
            }
        }
    }

    /** Null when the table's condition fails on a row, which becomes a dead letter. */
    private static @Nullable Long counted(Session session, CapturedTable table, String condition) throws SQLException {
        try {
            return session.number("SELECT count(*) FROM " + Sql.name(table.sourceName()) + " WHERE " + condition);
        } catch (SQLException e) {
            if (table.selection().where() == null || Session.isLock(e) || Session.isInterrupt(e)) {
                throw e;
            }
            return null;
        }
    }

    private void order(CapturedTable table, TableInfo info) {
        if (ScanOrder.of(info, table.identity()).isVolatile(info)) {
            findings.add(Finding.warning(
                    "rowid-order",
                    subject(table),
                    "has no usable unique index, so it is read in the order of its rowids, which VACUUM changes",
                    "create a unique index, or do not run VACUUM before the table's snapshot is done"));
        }
    }

    private void unenforcedKey(CapturedTable table, TableInfo info) {
        if (!info.enforces(table.identity())) {
            boolean none = info.primaryKey().isEmpty();
            findings.add(Finding.error(
                    none ? "table-without-key" : "key-not-enforced",
                    subject(table),
                    (none ? "has no primary key, and " : "") + "no unique index keeps key " + table.identity()
                            + " unique; rows that pass their keys on to each other would be lost",
                    info.enforcing(table.identity())));
        }
    }

    private void doubleKeys(Session session, CapturedTable table, TableInfo info) throws SQLException {
        boolean duplicates = !info.enforces(table.identity())
                && isScannable(session, info)
                && session.number("SELECT 1 FROM " + Sql.name(info.name()) + " GROUP BY " + Sql.names(table.identity())
                                + " HAVING count(*) > 1 LIMIT 1")
                        != null;
        if (duplicates) {
            findings.add(Finding.error(
                    "key-not-unique",
                    subject(table),
                    "several rows have the same key " + table.identity() + "; one would overwrite the other",
                    "exclude the table, name `key:` columns that are unique, or give the rows keys of their own"));
        }
    }

    /** Two spellings of a uuid are two keys here and one in the target. */
    private void spelledTwice(Session session, CapturedTable table, TableInfo info) throws SQLException {
        Table target = table.target();
        List<String> key = new ArrayList<>();
        boolean uuid = false;
        for (int index : target.keyIndexes()) {
            String column = table.sourceColumns().get(index);
            boolean isUuid = target.columns().get(index).type() == LogicalType.UUID;
            uuid |= isUuid;
            key.add(OrphanCount.comparable(column, target.columns().get(index).type()));
        }
        String groups = "SELECT count(*) FROM (SELECT 1 FROM " + Sql.name(info.name()) + " GROUP BY "
                + String.join(", ", key) + " HAVING count(*) > 1)";
        Long twice =
                uuid && info.enforces(table.identity()) && isScannable(session, info) ? session.number(groups) : null;
        if (twice != null && twice > 0) {
            findings.add(Finding.error(
                    "key-spelled-twice",
                    subject(table),
                    twice + " uuids of key " + table.identity()
                            + " stand in several rows in different spellings; one would overwrite the other",
                    "merge these rows in the source"));
        }
    }

    /** Of the target's foreign keys, which the source may not know. */
    private void orphans(Session session, CapturedTable table, TableInfo info) throws SQLException {
        OrphanCount orphans = new OrphanCount(tables);
        for (ForeignKey key : table.target().foreignKeys()) {
            boolean scannable = isScannable(session, info);
            long rows = scannable ? orphans.of(session, table, key) : 0;
            if (rows > 0) {
                foundOrphans(table, rows + " rows", key.parent().name() + " (foreign key " + key.name() + ")");
            }
        }
        declaredOrphans(session, table, info, orphans);
    }

    /** Of foreign keys that only the source has. */
    private void declaredOrphans(Session session, CapturedTable table, TableInfo info, OrphanCount inTarget)
            throws SQLException {
        boolean anyOther = info.foreignKeys().stream()
                .anyMatch(key -> !inTarget.isInTarget(table, key.columns(), key.parentTable()));
        if (!anyOther || !isScannable(session, info)) {
            return;
        }
        Map<String, Integer> orphans = new TreeMap<>();
        int count = 0;
        try (ResultSet rows = session.query("SELECT parent FROM pragma_foreign_key_check(?)", table.sourceName())) {
            while (rows.next() && count < MAX_ORPHANS) {
                count++;
                orphans.merge(rows.getString(1), 1, Integer::sum);
            }
        } catch (SQLException e) {
            if (Session.isLock(e) || Session.isInterrupt(e)) {
                throw e;
            }
            findings.add(Finding.warning(
                    "foreign-key-broken",
                    subject(table),
                    "SQLite cannot check a foreign key of the table: " + e.getMessage(),
                    "correct its declaration"));
        }
        String atLeast = count == MAX_ORPHANS ? "at least " : "";
        orphans.forEach((parent, rows) -> foundOrphans(table, atLeast + rows + " rows", parent));
    }

    private void foundOrphans(CapturedTable table, String rows, String parent) {
        findings.add(
                Finding.info(
                        "orphans",
                        subject(table),
                        rows + " refer to rows of " + parent + " that do not exist",
                        "they wait in the target until their parents come, or as on-orphan says; clean them up in the source if they are rubbish"));
    }

    /** Tries the conversions on the first and last rows. */
    private void values(Session session, CapturedTable table, TableInfo info) throws SQLException {
        Map<String, Integer> refused = new TreeMap<>();
        try (Evaluator evaluator = Evaluator.of(session)) {
            RowSelection selection = evaluator.selection(session, table, info);
            SelectedRows rows = new SelectedRows(selection, new RowConverter(table, settings.realTimestamps()));
            Sample.read(session, info, selection.logged(), SAMPLE_ROWS, values -> {
                if (rows.upsert(Op.READ, values) instanceof SourceRecord.Refused row) {
                    refused.merge(row.reason() + ": " + row.message(), 1, Integer::sum);
                }
            });
        }
        refused.forEach((why, rows) -> findings.add(Finding.warning(
                "values-do-not-convert",
                subject(table),
                rows + " of the rows read become dead letters: " + why,
                "correct them in the source, or choose a type that holds them")));
    }

    private static boolean isScannable(Session session, TableInfo info) throws SQLException {
        return RowEstimate.of(session, info) <= MAX_SCANNED_ROWS;
    }

    private String subject() {
        return "source " + settings.name();
    }

    private static String subject(CapturedTable table) {
        return "table " + table.sourceName();
    }
}
