package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.producers.api.Notation.Answer;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.Table;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What {@link ChangeSourceContract} asks of a source, by what the source declares. */
final class ContractAssertions {
    private ContractAssertions() {}

    static List<String> texts(List<SourceRecord> records) {
        return records.stream().map(RecordText::of).toList();
    }

    static void assertGives(SourceFixture fixture, ChangeSource source, List<Write> writes) throws Exception {
        fixture.transact(writes);
        List<TransactionPart> parts = TailReader.toPresent(source, 1_000);
        assertSame(source, RecordText.of(parts), RecordText.ofWrites(writes));
        assertThat(parts).hasSize(1);
        assertThat(parts.get(0).last()).isTrue();
    }

    /** Between two cuts the order of different rows is the source's own. */
    static void assertSame(ChangeSource source, List<String> records, List<String> expected) {
        if (source.capabilities().transactions() == Transactions.CUT) {
            assertThat(records).containsExactlyInAnyOrderElementsOf(expected);
        } else {
            assertThat(records).containsExactlyElementsOf(expected);
        }
    }

    /** As {@link #assertSame}, but between two cuts a row that was written twice may arrive once; {@code state} moves on. */
    static void assertNet(ChangeSource source, SourceState state, List<TransactionPart> parts, List<Write> writes) {
        SourceState expected = state.copy().apply(writes);
        parts.forEach(part -> part.records().forEach(state::apply));
        assertThat(state).isEqualTo(expected);
        if (source.capabilities().transactions() != Transactions.CUT) {
            assertThat(RecordText.of(parts)).containsExactlyElementsOf(RecordText.ofWrites(writes));
        }
    }

    static void assertBoundaries(ChangeSource source, List<TransactionPart> parts, Set<Integer> boundaries) {
        int records = 0;
        Set<Integer> found = new HashSet<>();
        Set<String> ids = new HashSet<>();
        String open = null;
        for (TransactionPart part : parts) {
            records += part.records().size();
            assertThat(open == null ? part.id() : open)
                    .as("id of a transaction's parts")
                    .isEqualTo(part.id());
            open = part.last() ? null : part.id();
            if (part.last()) {
                found.add(records);
                assertThat(ids.add(part.id()))
                        .as("transaction id %s is new", part.id())
                        .isTrue();
            }
        }
        assertThat(open).as("the transaction that never ended").isNull();
        assertThat(boundaries).containsAll(found);
        if (source.capabilities().transactions() == Transactions.EXACT) {
            assertThat(found).isEqualTo(boundaries);
        }
    }

    static void assertContinues(SourceFixture fixture, Position position, List<TransactionPart> expected) {
        try (ChangeSource source = fixture.source()) {
            source.open(position);
            assertThat(source.position()).isEqualTo(position);
            List<TransactionPart> parts = TailReader.toPresent(source, 2);
            assertThat(RecordText.of(parts)).as("records behind %s", position).isEqualTo(RecordText.of(expected));
            if (source.capabilities().transactions() != Transactions.CUT) {
                assertThat(boundaries(parts)).isEqualTo(boundaries(expected));
            }
        }
    }

    /** Each transaction's end: how many records were given by then, its name, its instant. */
    private static List<String> boundaries(List<TransactionPart> parts) {
        List<String> boundaries = new ArrayList<>();
        int records = 0;
        for (TransactionPart part : parts) {
            records += part.records().size();
            if (part.last()) {
                boundaries.add(records + " " + part.id() + " " + part.committedAt());
            }
        }
        return boundaries;
    }

    static void assertRefusedOrContinues(SourceFixture fixture, Position position, List<TransactionPart> expected) {
        try (ChangeSource source = fixture.source()) {
            source.open(position);
        } catch (SluiceException e) {
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(ErrorKind.REFUSED);
            return;
        }
        assertContinues(fixture, position, expected);
    }

    static void assertRefused(SourceFixture fixture, Position position) {
        try (ChangeSource source = fixture.source()) {
            assertThatThrownBy(() -> source.open(position))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED));
        }
    }

    static void assertWholeTable(SourceFixture fixture, Table table, List<List<String>> chunks) throws Exception {
        List<Write> rows = new ArrayList<>();
        for (List<Object> row : fixture.rows(table)) {
            rows.add(new Write.Insert(table, row));
        }
        assertThat(chunks.stream().flatMap(List::stream).toList())
                .containsExactlyInAnyOrderElementsOf(RecordText.ofWrites(rows));
        assertThat(chunks).allSatisfy(chunk -> assertThat(chunk).hasSizeLessThanOrEqualTo(3));
    }

    static void assertSnapshotContinues(SourceFixture fixture, Table table, byte[] from, List<List<String>> expected) {
        try (ChangeSource source = fixture.source()) {
            source.open(null);
            List<String> rows = new ArrayList<>();
            byte[] cursor = from;
            do {
                SnapshotChunk chunk = source.snapshot(table.id(), cursor, 2);
                rows.addAll(texts(chunk.records()));
                cursor = chunk.cursor();
            } while (cursor != null);
            assertThat(rows).isEqualTo(expected.stream().flatMap(List::stream).toList());
        }
    }

    /** That a row's values are the same in the source's notation, and others are not. */
    static void assertStored(Notation notation, SourceRecord.Row row) {
        Object[] stored = row.stored();
        if (stored == null) {
            return;
        }
        assertThat(stored).hasSameSizeAs(row.after());
        for (int i = 0; i < stored.length; i++) {
            Object value = row.after()[i];
            Object other = value instanceof Long number ? (Object) (number + 1) : value + "x";
            assertThat(notation.compare(i, stored[i], value))
                    .as("%s of %s", value, row.tableId())
                    .isEqualTo(Answer.SAME);
            assertThat(notation.compare(i, stored[i], other))
                    .as("%s instead of %s", other, value)
                    .isEqualTo(Answer.OTHER);
            assertThat(notation.compare(i, stored[i], value == null ? "" : null))
                    .as("NULL or not, of %s", value)
                    .isEqualTo(Answer.OTHER);
        }
    }
}
