package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractAssertions.assertBoundaries;
import static dev.sluice.producers.api.ContractAssertions.assertContinues;
import static dev.sluice.producers.api.ContractAssertions.assertGives;
import static dev.sluice.producers.api.ContractAssertions.assertNet;
import static dev.sluice.producers.api.ContractAssertions.assertRefused;
import static dev.sluice.producers.api.ContractAssertions.assertRefusedOrContinues;
import static dev.sluice.producers.api.ContractAssertions.assertSame;
import static dev.sluice.producers.api.ContractAssertions.assertSnapshotContinues;
import static dev.sluice.producers.api.ContractAssertions.assertWholeTable;
import static dev.sluice.producers.api.ContractAssertions.texts;
import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.LINES;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.ContractTables.SAVINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.producers.api.Capabilities.Rewind;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Table;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link ChangeSource} has to hold; what depends on the kind follows from the {@link Capabilities} that it declares. A producer inherits the
 * class and supplies a fixture; every case makes its own and closes it.
 */
public abstract class ChangeSourceContract {
    private static final int MANY = 1_000;

    /** A store whose contract tables hold {@code rows} since before the capture was prepared, so that only a snapshot can find them. */
    protected abstract SourceFixture fixture(List<Write.Insert> rows) throws Exception;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    protected void aSnapshotMeetsTheTailWithoutGapOrOverlapWhileAWriterRuns(long seed) throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(12));
                ChangeSource source = fixture.source()) {
            source.open(null);
            History history = new History(SourceState.of(fixture));
            Replay replay = new Replay(source, history);
            try (ConcurrentWriter writer =
                    new ConcurrentWriter(fixture, history, new WriteLoad(seed, history.last()), 120)) {
                snapshot(source, replay, writer);
                follow(replay, writer);
            }
            assertThat(replay.target()).isEqualTo(history.last()).isEqualTo(SourceState.of(fixture));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {4, 5})
    protected void aRestartFromAnyRetainedPositionGivesTheSameRecordsAgain(long seed) throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3))) {
            List<TransactionPart> parts;
            Position start;
            try (ChangeSource source = fixture.source()) {
                assumeTrue(source.capabilities().rewind() == Rewind.RETAINED, "the source cannot rewind");
                source.open(null);
                start = source.position();
                write(fixture, new WriteLoad(seed, SourceState.of(fixture)), 15);
                parts = TailReader.toPresent(source, 2);
            }
            assertThat(parts).hasSizeGreaterThan(5);
            for (int i = -1; i < parts.size(); i++) {
                Position position = i < 0 ? start : parts.get(i).end();
                assertContinues(fixture, position, parts.subList(i + 1, parts.size()));
            }
        }
    }

    @Test
    protected void aRestartInTheMiddleOfALargeTransactionGivesItsRest() throws Exception {
        try (SourceFixture fixture = fixture(List.of())) {
            List<TransactionPart> parts = new ArrayList<>();
            List<Write> writes = notes(50);
            Position position;
            try (ChangeSource source = fixture.source()) {
                assumeTrue(source.capabilities().rewind() == Rewind.RETAINED, "the source cannot rewind");
                source.open(null);
                position = source.position();
                fixture.transact(writes);
            }
            while (parts.isEmpty() || !parts.get(parts.size() - 1).last()) {
                try (ChangeSource source = fixture.source()) {
                    source.open(position);
                    assertThat(source.position()).isEqualTo(position);
                    TransactionPart part = source.poll(null, 7)
                            .part()
                            .orElseThrow(() -> new AssertionError(
                                    "the transaction's rest is missing after " + RecordText.of(parts)));
                    parts.add(part);
                    position = part.end();
                }
            }
            assertThat(RecordText.of(parts)).containsExactlyElementsOf(RecordText.ofWrites(writes));
            assertThat(parts).hasSizeGreaterThan(7);
        }
    }

    @Test
    protected void everyWriteIsOneRecordInOrder() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(2));
                ChangeSource source = fixture.source()) {
            source.open(null);
            assertGives(fixture, source, List.of(Write.insert(NOTES, "a", null), Write.insert(NOTES, "b", "é€😀")));
            assertGives(fixture, source, List.of(Write.update(NOTES, "a", "now a body"), Write.insert(NOTES, "c", "")));
            assertGives(fixture, source, List.of(Write.update(NOTES, "a", null), Write.update(ACCOUNTS, 1L, "x", -5L)));
            assertGives(fixture, source, List.of(Write.insert(NOTES, "big", "0123456789".repeat(2_000))));
        }
    }

    @Test
    protected void aDeleteNamesTheKeyOfTheRow() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(2));
                ChangeSource source = fixture.source()) {
            source.open(null);
            assertGives(fixture, source, List.of(Write.delete(LINES, 1L, 2L)));
            assertGives(fixture, source, List.of(Write.insert(LINES, 1L, 2L, "again")));
            assertGives(fixture, source, List.of(Write.delete(LINES, 1L, 2L), Write.delete(SAVINGS, 2L)));
        }
    }

    @Test
    protected void aChangeOfKeyIsADeleteAndACreateInOneTransaction() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(2));
                ChangeSource source = fixture.source()) {
            source.open(null);
            assertGives(fixture, source, List.of(Write.changeKey(LINES, List.of(1L, 1L), 1L, 9L, "moved")));
            assertGives(
                    fixture, source, List.of(Write.changeKey(LINES, List.of(1L, 9L), 2L, 9L, "to another account")));
            assertGives(fixture, source, List.of(Write.insert(NOTES, "old", "body")));
            assertGives(fixture, source, List.of(Write.changeKey(NOTES, List.of("old"), "new", "body")));
        }
    }

    @Test
    protected void aTruncateIsOneRecord() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(2));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().truncate(), "the source has no truncate");
            source.open(null);
            assertGives(fixture, source, List.of(new Write.Truncate(LINES)));
        }
    }

    @ParameterizedTest(name = "at most {0} records at once")
    @ValueSource(ints = {2, MANY})
    protected void aBoundaryNeverFallsInsideATransaction(int maxRecords) throws Exception {
        try (SourceFixture fixture = fixture(List.of());
                ChangeSource source = fixture.source()) {
            source.open(null);
            Set<Integer> boundaries = new HashSet<>();
            List<String> written = new ArrayList<>();
            for (int size : new int[] {1, 5, 2, 9, 1}) {
                List<Write> writes = notes(written.size(), size);
                fixture.transact(writes);
                written.addAll(RecordText.ofWrites(writes));
                boundaries.add(written.size());
            }
            List<TransactionPart> parts = TailReader.toPresent(source, maxRecords);
            assertSame(source, RecordText.of(parts), written);
            assertBoundaries(source, parts, boundaries);
        }
    }

    @Test
    protected void aBoundedPollStopsAtItsBoundAndReachesIt() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(2));
                ChangeSource source = fixture.source()) {
            source.open(null);
            SourceState state = SourceState.of(fixture);
            WriteLoad load = new WriteLoad(7, state);
            List<Write> before = write(fixture, load, 8);
            Position bound = source.snapshot(ACCOUNTS.id(), null, MANY).position();
            List<Write> after = write(fixture, load, 8);

            List<TransactionPart> bounded = TailReader.upTo(source, bound, 2);
            assertNet(source, state, bounded, before);
            assertThat(bounded.get(bounded.size() - 1).last()).isTrue();
            assertThat(source.position()).isLessThanOrEqualTo(bound);
            Polled again = source.poll(bound, 2);
            assertThat(again.part()).isEmpty();
            assertThat(again.completeAsOf())
                    .as("a bounded poll knows nothing of the present")
                    .isEmpty();
            assertNet(source, state, TailReader.toPresent(source, 2), after);
        }
    }

    @Test
    protected void whatIsCommittedMayBeForgottenButNothingBehindIt() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(2))) {
            WriteLoad load = new WriteLoad(8, SourceState.of(fixture));
            List<TransactionPart> first;
            List<TransactionPart> second;
            Position start;
            try (ChangeSource source = fixture.source()) {
                assumeTrue(source.capabilities().rewind() == Rewind.RETAINED, "the source cannot rewind");
                source.open(null);
                start = source.position();
                write(fixture, load, 6);
                first = TailReader.toPresent(source, 3);
                source.committed(source.position());
                write(fixture, load, 6);
                second = TailReader.toPresent(source, 3);
            }
            assertContinues(fixture, first.get(first.size() - 1).end(), second);
            List<TransactionPart> all = new ArrayList<>(first);
            all.addAll(second);
            assertRefusedOrContinues(fixture, start, all);
        }
    }

    @Test
    protected void aPositionOfThePastIsRefusedByASourceThatCannotRewind() throws Exception {
        try (SourceFixture fixture = fixture(List.of());
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().rewind() == Rewind.NONE, "the source can rewind");
            source.open(null);
            Position past = source.position();
            fixture.transact(notes(3));
            assertRefused(fixture, past);
        }
    }

    @Test
    protected void aPositionThatTheSourceNeverHadIsRefused() throws Exception {
        Position foreign;
        try (SourceFixture other = fixture(List.of());
                ChangeSource source = other.source()) {
            source.open(null);
            other.transact(notes(40));
            TailReader.toPresent(source, MANY);
            foreign = source.position();
        }
        try (SourceFixture fixture = fixture(List.of())) {
            assertRefused(fixture, foreign);
        }
    }

    @Test
    protected void aSnapshotGoesOnFromEveryCursor() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(7))) {
            for (Table table : ContractTables.ALL) {
                List<byte[]> cursors = new ArrayList<>();
                List<List<String>> chunks = new ArrayList<>();
                try (ChangeSource source = fixture.source()) {
                    source.open(null);
                    byte[] cursor = null;
                    do {
                        cursors.add(cursor);
                        SnapshotChunk chunk = source.snapshot(table.id(), cursor, 3);
                        chunks.add(texts(chunk.records()));
                        cursor = chunk.cursor();
                    } while (cursor != null);
                }
                assertWholeTable(fixture, table, chunks);
                for (int i = 0; i < cursors.size(); i++) {
                    assertSnapshotContinues(fixture, table, cursors.get(i), chunks.subList(i, chunks.size()));
                }
            }
        }
    }

    @Test
    protected void aReadByKeyGivesRowsThatAreThereAndDeletesOfThoseThatAreNot() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().keyedRead(), "the source cannot read by key");
            source.open(null);
            fixture.transact(List.of(
                    Write.insert(NOTES, "it's \"é\"", "body"),
                    Write.insert(NOTES, "1", null),
                    Write.delete(LINES, 1L, 2L),
                    Write.update(ACCOUNTS, 2L, "renamed", -7L)));
            KeyedRead accounts = source.read(ACCOUNTS.id(), List.of(new Object[] {2L}, new Object[] {-1L}));
            assertThat(accounts.answered()).isEqualTo(2);
            assertThat(texts(accounts.records()))
                    .containsExactlyElementsOf(RecordText.ofWrites(
                            List.of(Write.update(ACCOUNTS, 2L, "renamed", -7L), Write.delete(ACCOUNTS, -1L))));
            assertThat(texts(source.read(NOTES.id(), notesKeys("1", "IT'S \"É\"", "it's \"é\"", "01"))
                            .records()))
                    .containsExactlyElementsOf(RecordText.ofWrites(List.of(
                            Write.insert(NOTES, "1", null),
                            Write.delete(NOTES, "IT'S \"É\""),
                            Write.insert(NOTES, "it's \"é\"", "body"),
                            Write.delete(NOTES, "01"))));
            KeyedRead lines = source.read(LINES.id(), List.of(new Object[] {1L, 2L}, new Object[] {2L, 1L}));
            assertThat(lines.records()).extracting(SourceRecord::op).containsExactly(Op.DELETE, Op.READ);
            assertThat(lines.position()).isGreaterThanOrEqualTo(source.position());
        }
    }

    private static List<Object[]> notesKeys(String... keys) {
        return Stream.of(keys).map(key -> new Object[] {key}).toList();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {9, 10})
    protected void keysAreReadAtAPositionOfTheTailWhileAWriterRuns(long seed) throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(8));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().keyedRead(), "the source cannot read by key");
            source.open(null);
            History history = new History(SourceState.of(fixture));
            Replay replay = new Replay(source, history);
            try (ConcurrentWriter writer =
                    new ConcurrentWriter(fixture, history, new WriteLoad(seed, history.last()), 60)) {
                while (!writer.isDone()) {
                    writer.allow();
                    readAll(replay, ACCOUNTS, accountsKeys());
                    writer.allow();
                    replay.follow();
                }
            }
            readAll(replay, ACCOUNTS, accountsKeys());
            assertThat(replay.target().rows(ACCOUNTS))
                    .isEqualTo(SourceState.of(fixture).rows(ACCOUNTS));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {13, 14})
    protected void whatIsComparedIsWhatTheLaneHasComeToThereWhileAWriterRuns(long seed) throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(8));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().keyedRead(), "the source cannot read by key");
            source.open(null);
            History history = new History(SourceState.of(fixture));
            Replay replay = new Replay(source, history);
            try (ConcurrentWriter writer =
                    new ConcurrentWriter(fixture, history, new WriteLoad(seed, history.last()), 90)) {
                snapshot(source, replay, writer);
                while (!writer.isDone()) {
                    writer.allow();
                    compareAll(replay);
                    writer.allow();
                    replay.follow();
                }
            }
            compareAll(replay);
            assertThat(replay.target()).isEqualTo(SourceState.of(fixture));
        }
    }

    /** Of composite keys those that there may be, present ones among them. */
    private static void compareAll(Replay replay) {
        List<Object[]> lines = LongStream.range(0, 200)
                .mapToObj(i -> new Object[] {i / 10, i % 10})
                .toList();
        compareAll(replay, ACCOUNTS, accountsKeys());
        compareAll(replay, LINES, lines);
    }

    private static void compareAll(Replay replay, Table table, List<Object[]> keys) {
        for (int from = 0; from < keys.size(); ) {
            from += replay.compare(table, keys.subList(from, keys.size()));
        }
    }

    /** Of all accounts that there ever are in a load of some dozen transactions, and of some that there never are. */
    private static List<Object[]> accountsKeys() {
        return LongStream.range(0, 200).mapToObj(id -> new Object[] {id}).toList();
    }

    private static void readAll(Replay replay, Table table, List<Object[]> keys) {
        for (int from = 0; from < keys.size(); ) {
            from += replay.keys(table, keys.subList(from, keys.size()));
        }
    }

    @Test
    protected void aConditionLimitsASnapshotToItsRowsFromEveryCursor() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(40));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().conditionalSnapshot(), "the source knows no conditions");
            source.open(null);
            fixture.transact(
                    List.of(Write.update(ACCOUNTS, 1L, "rich", 1_000L), Write.update(ACCOUNTS, 30L, "x", 999L)));
            for (Table table : List.of(ACCOUNTS, LINES)) {
                String column =
                        table.columns().get(table.equals(ACCOUNTS) ? 2 : 1).name();
                int index = table.indexOf(column);
                for (long least : new long[] {-1_000_000, 2, 999, 1_000, 1_001}) {
                    List<List<Object>> rows = new ArrayList<>();
                    byte[] cursor = null;
                    do {
                        SnapshotChunk chunk = source.snapshot(table.id(), cursor, 3, fixture.atLeast(column, least));
                        assertThat(chunk.records()).hasSizeLessThanOrEqualTo(3);
                        chunk.records().forEach(row -> rows.add(Arrays.asList(((SourceRecord.Row) row).after())));
                        cursor = chunk.cursor();
                    } while (cursor != null);
                    assertThat(rows)
                            .as("rows of %s with %s of at least %d", table.id(), column, least)
                            .containsExactlyInAnyOrderElementsOf(fixture.rows(table).stream()
                                    .filter(row -> (Long) row.get(index) >= least)
                                    .toList());
                }
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12})
    protected void rowsAreReadUnderAConditionAtAPositionOfTheTailWhileAWriterRuns(long seed) throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(8));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().conditionalSnapshot(), "the source knows no conditions");
            source.open(null);
            History history = new History(SourceState.of(fixture));
            Replay replay = new Replay(source, history);
            try (ConcurrentWriter writer =
                    new ConcurrentWriter(fixture, history, new WriteLoad(seed, history.last()), 60)) {
                snapshot(source, replay, writer);
                while (!writer.isDone()) {
                    byte[] cursor = null;
                    do {
                        writer.allow();
                        cursor = replay.chunk(ACCOUNTS, cursor, fixture.atLeast("balance", 0));
                    } while (cursor != null);
                    writer.allow();
                    replay.follow();
                }
                follow(replay, writer);
            }
            assertThat(replay.target()).isEqualTo(SourceState.of(fixture));
        }
    }

    @Test
    protected void whatIsNoConditionIsRefusedAndChangesNothing() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().conditionalSnapshot(), "the source knows no conditions");
            source.open(null);
            SourceState before = SourceState.of(fixture);
            source.requireCondition(ACCOUNTS.id(), fixture.atLeast("balance", 0));
            for (String text : fixture.noConditions()) {
                assertThatThrownBy(() -> source.requireCondition(ACCOUNTS.id(), text))
                        .as(text)
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION));
            }
            assertThat(SourceState.of(fixture)).isEqualTo(before);
        }
    }

    @Test
    protected void whatIsStoredIsTheSameInTheSourcesNotationAndAnotherValueIsNot() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3));
                ChangeSource source = fixture.source()) {
            source.open(null);
            fixture.transact(List.of(Write.insert(NOTES, "é€😀", "it's \"é\" "), Write.insert(NOTES, "null", null)));
            for (Table table : ContractTables.ALL) {
                Notation notation = source.notation(table.id());
                List<SourceRecord> rows =
                        new ArrayList<>(source.snapshot(table.id(), null, MANY).records());
                if (source.capabilities().keyedRead()) {
                    List<Object[]> keys = rows.stream()
                            .map(row -> key(table, ((SourceRecord.Row) row).after()))
                            .toList();
                    rows.addAll(source.read(table.id(), keys).records());
                }
                for (SourceRecord record : rows) {
                    SourceRecord.Row row = (SourceRecord.Row) record;
                    assertThat(row.stored() != null)
                            .as("a source with a notation of %s gives what is stored, and none other does", table.id())
                            .isEqualTo(notation != Notation.UNKNOWN);
                    ContractAssertions.assertStored(notation, row);
                }
            }
        }
    }

    private static Object[] key(Table table, Object[] row) {
        return Arrays.stream(table.keyIndexes()).mapToObj(i -> row[i]).toArray();
    }

    @Test
    protected void rowsAreCountedAtAPositionOfTheTail() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3));
                ChangeSource source = fixture.source()) {
            source.open(null);
            fixture.transact(notes(0, 3));
            for (Table table : ContractTables.ALL) {
                int rows = fixture.rows(table).size();
                source.count(table.id())
                        .ifPresent(counted -> assertThat(counted.rows()).isEqualTo(rows));
            }
            Counted counted = source.count(NOTES.id()).orElse(null);
            assumeTrue(counted != null, "the source does not count");
            fixture.transact(notes(3, 2));
            assertThat(TailReader.upTo(source, counted.position(), MANY))
                    .flatMap(TransactionPart::records)
                    .hasSize(3);
        }
    }

    @Test
    protected void aQueryIsAnsweredAtAPositionOfTheTail() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().sql(), "the source speaks no SQL");
            source.open(null);
            fixture.transact(notes(0, 3));
            for (Table table : ContractTables.ALL) {
                QueryRows rows = source.query(fixture.selectAll(table), MANY);
                assertThat(rows.rows()).containsExactlyInAnyOrderElementsOf(fixture.rows(table));
                assertThat(rows.columns()).hasSameSizeAs(table.columns());
            }
            QueryRows rows =
                    source.query(fixture.selectAll(NOTES), fixture.rows(NOTES).size());
            fixture.transact(notes(3, 2));
            assertThat(TailReader.upTo(source, rows.position(), MANY))
                    .flatMap(TransactionPart::records)
                    .hasSize(3);
        }
    }

    @Test
    protected void aQueryThatIsNoneOrGivesTooManyRowsIsRefusedAndChangesNothing() throws Exception {
        try (SourceFixture fixture = fixture(WriteLoad.rows(3));
                ChangeSource source = fixture.source()) {
            assumeTrue(source.capabilities().sql(), "the source speaks no SQL");
            source.open(null);
            SourceState before = SourceState.of(fixture);
            int rows = fixture.rows(ACCOUNTS).size();
            assertThat(source.query(fixture.selectAll(ACCOUNTS), rows).rows()).hasSize(rows);
            assertMistake(() -> source.query(fixture.selectAll(ACCOUNTS), rows - 1), "too many rows");
            for (String text : fixture.noQueries()) {
                assertMistake(() -> source.query(text, MANY), text);
            }
            assertThat(SourceState.of(fixture)).isEqualTo(before);
        }
    }

    private static void assertMistake(ThrowingCallable call, String what) {
        assertThatThrownBy(call)
                .as(what)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION));
    }

    @Test
    protected void anEmptyTableHasASnapshotWithoutRows() throws Exception {
        try (SourceFixture fixture = fixture(List.of());
                ChangeSource source = fixture.source()) {
            source.open(null);
            for (Table table : ContractTables.ALL) {
                byte[] cursor = null;
                do {
                    SnapshotChunk chunk = source.snapshot(table.id(), cursor, 3);
                    assertThat(chunk.records()).isEmpty();
                    cursor = chunk.cursor();
                } while (cursor != null);
                assertThat(source.estimateRows(table.id())).isNotNegative();
            }
        }
    }

    @Test
    protected void theTailIsCompleteOnlyWhenEverythingWasGiven() throws Exception {
        try (SourceFixture fixture = fixture(List.of());
                ChangeSource source = fixture.source()) {
            source.open(null);
            Instant complete = Instant.MIN;
            for (int i = 0; i < 5; i++) {
                List<Write> writes = notes(i * 10, 10);
                fixture.transact(writes);
                List<TransactionPart> parts = new ArrayList<>();
                Instant asOf = TailReader.completeAfter(source, 4, parts);
                assertSame(source, RecordText.of(parts), RecordText.ofWrites(writes));
                for (TransactionPart part : parts) {
                    assertThat(part.committedAt())
                            .as("a commit before an instant that was said to be complete")
                            .isAfterOrEqualTo(complete);
                }
                complete = asOf.truncatedTo(ChronoUnit.MILLIS);
            }
        }
    }

    @Test
    protected void tablesStandParentsFirst() throws Exception {
        try (SourceFixture fixture = fixture(List.of());
                ChangeSource source = fixture.source()) {
            List<Table> tables =
                    source.tables().stream().map(CapturedTable::target).toList();
            assertThat(tables).containsExactlyInAnyOrderElementsOf(ContractTables.ALL);
            assertThat(tables.indexOf(ACCOUNTS))
                    .isLessThan(tables.indexOf(SAVINGS))
                    .isLessThan(tables.indexOf(LINES));
            assertThat(source.connector()).matches("[a-z][a-z0-9-]*");
        }
    }

    private static void snapshot(ChangeSource source, Replay replay, ConcurrentWriter writer) {
        for (CapturedTable table : source.tables()) {
            byte[] cursor = null;
            do {
                writer.allow();
                cursor = replay.chunk(table.target(), cursor);
                writer.allow();
                replay.follow();
            } while (cursor != null);
        }
    }

    private static void follow(Replay replay, ConcurrentWriter writer) {
        while (!writer.isDone()) {
            writer.allow();
            replay.follow();
        }
        Polled polled;
        do {
            polled = replay.follow();
        } while (polled.part().isPresent() || polled.completeAsOf().isEmpty());
    }

    private static List<Write> write(SourceFixture fixture, WriteLoad load, int transactions) throws Exception {
        List<Write> all = new ArrayList<>();
        for (int i = 0; i < transactions; i++) {
            List<Write> writes = load.next();
            fixture.transact(writes);
            all.addAll(writes);
        }
        return all;
    }

    private static List<Write> notes(int count) {
        return notes(0, count);
    }

    private static List<Write> notes(int from, int count) {
        List<Write> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writes.add(Write.insert(NOTES, String.format("n%04d", from + i), "body " + i));
        }
        return writes;
    }
}
