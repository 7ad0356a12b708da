package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.LINES;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecordEncoderTest {
    private static final int MAX = 10_000;
    private static final Source SOURCE =
            new Source("id-1", "list", "memory", 7, ListStore.position(1, 0), 1_767_323_045_000L, false);
    private static final Transaction TRANSACTION = new Transaction("t", 1, 1, true);

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final RecordEncoder encoder =
            new RecordEncoder("shop.changes.main", new EventWriter("shop", "shop.changes.main", registry), MAX);

    @Test
    void aRecordCarriesTheCommitTimeAndGoesToTheOnePartition() {
        RecordEncoder.Encoded encoded = encoder.encode(note("a", "body"));
        assertThat(encoded.record().topic()).isEqualTo("shop.changes.main");
        assertThat(encoded.record().partition()).isZero();
        assertThat(encoded.record().timestamp()).isEqualTo(SOURCE.commitMillis());
        assertThat(encoded.rejectedTable()).isNull();
        assertThat(encoded.bytes())
                .isEqualTo(encoded.record().key().length + encoded.record().value().length);
    }

    @Test
    void aRowThatIsTooLargeIsRejectedInItsPlaceAndKeepsEveryShortColumn() {
        RecordEncoder.Encoded encoded = encoder.encode(note("a", "x".repeat(MAX)));
        assertThat(encoded.rejectedTable()).isEqualTo(NOTES.id());
        assertThat(encoded.bytes()).isLessThanOrEqualTo(MAX);
        Rejected rejected = rejected(encoded);
        assertThat(rejected.source()).isEqualTo(SOURCE);
        assertThat(rejected.transaction()).isEqualTo(TRANSACTION);
        assertThat(rejected.reason()).isEqualTo("record-too-large");
        assertThat(rejected.key()).isEqualTo("[\"a\"]");
        assertThat(rejected.column()).isEqualTo("body");
        assertThat(rejected.message()).contains("max-record-bytes", "10000").doesNotContain("xxx");
        assertThat(rejected.rawFormat()).isEqualTo("sluice-row/1");
        assertThat(new String(rejected.raw(), StandardCharsets.UTF_8))
                .startsWith("{\"id\":\"a\",\"body\":{\"cut\":\"xxx")
                .endsWith("xxx\",\"length\":10000}}");
    }

    @Test
    void controlCharactersAndSurrogatesDoNotOutgrowTheLimit() {
        for (String text : List.of("\u0001", "😀", "€", "\\")) {
            RecordEncoder.Encoded encoded = encoder.encode(note("a", text.repeat(MAX)));
            assertThat(encoded.bytes()).isLessThanOrEqualTo(MAX);
            assertThat(new String(rejected(encoded).raw(), StandardCharsets.UTF_8))
                    .doesNotContain("?");
        }
    }

    @Test
    void aLargeBinaryValueKeepsItsBeginningInHexadecimal() {
        Table files = new Table(
                new TableId("public", "files"),
                List.of(
                        new Column("id", LogicalType.INT64, "bigint", false, false),
                        new Column("content", LogicalType.BYTES, "bytea", true, false)),
                List.of("id"),
                List.of(),
                List.of());
        Rejected rejected = rejected(encoder.encode(change(files, 1L, new byte[MAX])));
        assertThat(new String(rejected.raw(), StandardCharsets.UTF_8))
                .startsWith("{\"id\":1,\"content\":{\"cut\":\"\\\\x0000")
                .endsWith("\"length\":10000}}");
    }

    @Test
    void differentKeysThatAreTooLongStayDifferent() {
        String first =
                rejected(encoder.encode(note("k".repeat(MAX) + "1", null))).key();
        String second =
                rejected(encoder.encode(note("k".repeat(MAX) + "2", null))).key();
        assertThat(first).isNotEqualTo(second).hasSizeLessThan(1_100);
    }

    @Test
    void aRefusedRecordThatIsTooLargeIsCut() {
        Rejected large = new Rejected(
                NOTES.id(), Op.UPDATE, "[1]", null, "bad-text", "why", new byte[MAX], "list/1", SOURCE, TRANSACTION, 1);
        RecordEncoder.Encoded encoded = encoder.encode(large);
        assertThat(encoded.bytes()).isLessThanOrEqualTo(MAX);
        Rejected rejected = rejected(encoded);
        assertThat(rejected.reason()).isEqualTo("bad-text");
        assertThat(rejected.raw()).hasSize(MAX / 2);
        assertThat(rejected.rawFormat()).isEqualTo("list/1+cut");
        assertThat(rejected.message()).startsWith("why; ").contains("first 5000 bytes of 10000");
    }

    @Test
    void aValueOfTheWrongTypeIsADefectThatNamesTableAndSequenceButNoValue() {
        assertThatThrownBy(() -> encoder.encode(change(LINES, "secret", 1L, "note")))
                .isInstanceOfSatisfying(SluiceException.class, e -> {
                    assertThat(e.kind()).isEqualTo(ErrorKind.BUG);
                    assertThat(e.getMessage())
                            .contains("public.lines", "sequence 7")
                            .doesNotContain("secret");
                });
    }

    private Rejected rejected(RecordEncoder.Encoded encoded) {
        Event event = EventReader.of(registry).read(encoded.record().value());
        assertThat(event).isInstanceOf(Rejected.class);
        return (Rejected) event;
    }

    private static Change note(String id, String body) {
        return change(NOTES, id, body);
    }

    private static Change change(Table table, Object... row) {
        return new Change(table, Op.CREATE, null, row, Set.of(), SOURCE, TRANSACTION, 1);
    }
}
