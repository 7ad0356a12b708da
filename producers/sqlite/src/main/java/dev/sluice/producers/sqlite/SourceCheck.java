package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Selection;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.ForeignKey;
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
import org.jspecify.annotations.Nullable;

/**
 * Looks for everything that would keep a capture from working, or make it less than it seems. Rows are looked at once, before a table is captured: later each start of a
 * pipeline would keep writers in rollback mode waiting. Each look is a read transaction of its own, and no long one.
 */
final class SourceCheck {
    private static final int MAX_ORPHANS = 10_000;

    private static final Duration LONGEST_SCAN = Duration.ofSeconds(2);

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
            readOnly("this user may not write to " + settings.file()
                    + " or its directory; capture needs triggers, a log table and SQLite's journal there");
            return;
        }
        try (Session writer = Session.writer(settings.file(), settings.busyTimeout())) {
            writer.inWrite(s -> s.number("SELECT 1") != null);
        } catch (SluiceException e) {
            if (!(e.getCause() instanceof SQLException cause) || !Session.isLock(cause)) {
                readOnly(String.valueOf(e.getMessage()));
                return;
            }
            findings.add(Finding.error(
                    "source-locked",
                    subject(),
                    String.valueOf(e.getMessage()),
                    "end the long write transaction, then check again"));
        }
    }

    private void readOnly(String why) {
        findings.add(Finding.error(
                "source-read-only", subject(), why, "run as the application's user, or grant it the right to write"));
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
        List<String> missing = info.missing(table);
        if (!missing.isEmpty()) {
            findings.add(Finding.error(
                    "column-missing",
                    subject(table),
                    "has no column " + String.join(", ", missing),
                    "correct the mapping; the table has " + String.join(", ", info.columnNames())));
            return;
        }
        RowSelection selection = selection(session, table, info);
        if (selection == null) {
            return;
        }
        uncaptured(table, info, selection);
        replaceNotSeen(table, info);
        unenforcedKey(table, info);
        order(table, info);
        if (!isCaptured(table)) {
            KeyCheck keys = new KeyCheck(findings);
            List<Scan> scans =
                    List.of(keys::nullKeys, keys::doubleKeys, keys::spelledTwice, this::orphans, this::values);
            scans.forEach(scan -> scan(session, scan, table, info));
        }
    }

    /** Null when it is refused; not to be asked any more. */
    private @Nullable RowSelection selection(Session session, CapturedTable table, TableInfo info) {
        try {
            return session.inRead(s -> {
                try (Evaluator evaluator = Evaluator.of(s)) {
                    return evaluator.selection(s, table, info);
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
            return null;
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

    private void uncaptured(CapturedTable table, TableInfo info, RowSelection selection) {
        List<String> uncaptured = info.columnNames().stream()
                .filter(column ->
                        !selection.logged().contains(column) && !settings.isIgnored(table.sourceName(), column))
                .toList();
        if (!uncaptured.isEmpty()) {
            findings.add(Finding.warning(
                    "column-not-captured",
                    subject(table),
                    "columns without a place in the target: " + String.join(", ", uncaptured),
                    "add them to the target, or name them in ignore-columns"));
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

    /** Of the target's foreign keys, which the source may not know. */
    private void orphans(Session session, CapturedTable table, TableInfo info) throws SQLException {
        if (!KeyCheck.isScannable(session, info)) {
            return;
        }
        OrphanCount orphans = new OrphanCount(tables);
        for (ForeignKey key : table.target().foreignKeys()) {
            long rows = orphans.of(session, table, key);
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
        if (!anyOther) {
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
            if (Session.isCircumstance(e)) {
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

    private void values(Session session, CapturedTable table, TableInfo info) throws SQLException {
        findings.addAll(ValuesCheck.of(session, settings, table, info));
    }

    private String subject() {
        return "source " + settings.name();
    }

    static String subject(CapturedTable table) {
        return "table " + table.sourceName();
    }
}
