package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.state.ByteWriter;
import dev.sluice.streams.testing.GateRig;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys are equal where PostgreSQL's equality of the referenced column says so. */
class KeyImageTest {
    @ParameterizedTest(name = "{0}: {2} refers to {1}: {3}")
    @CsvSource({
        "numeric, 1.00, 1.0, true",
        "numeric, 1, 1.000, true",
        "numeric, 0, 0.00, true",
        "numeric, 1200, 1.2E+3, true",
        "numeric, NaN, NaN, true",
        "numeric, 1, 1.01, false",
        "character(5), 'ab   ', ab, true",
        "bpchar, ab, 'ab ', true",
        "bpchar, ab, ' ab', false",
        "character varying(9), 'ab ', ab, false",
        "citext, ABc, aBC, true",
        "public.citext, ABc, aBC, true",
        "text, ABc, aBC, false",
        "text, '', '', true",
    })
    void textsAndDecimalsCompareAsTheReferencedColumnDoes(String type, String parent, String child, boolean equal) {
        LogicalType logical = type.equals("numeric") ? LogicalType.DECIMAL : LogicalType.TEXT;

        assertThat(refers(logical, type, parent, logical, type, child)).isEqualTo(equal);
    }

    @Test
    void integersOfAllWidthsAreEqual() {
        assertThat(refers(LogicalType.INT64, "bigint", 7L, LogicalType.INT16, "smallint", 7))
                .isTrue();
        assertThat(refers(LogicalType.INT32, "integer", -7, LogicalType.INT64, "bigint", -7L))
                .isTrue();
        assertThat(refers(LogicalType.INT16, "smallint", 7, LogicalType.INT32, "integer", 8))
                .isFalse();
    }

    @Test
    void integersReferToDecimalsAndFloats() {
        assertThat(refers(LogicalType.DECIMAL, "numeric", "70.0", LogicalType.INT32, "integer", 70))
                .isTrue();
        assertThat(refers(LogicalType.FLOAT64, "double precision", 70.0, LogicalType.INT32, "integer", 70))
                .isTrue();
    }

    @Test
    void aVaryingTextRefersToABlankPaddedOne() {
        assertThat(refers(LogicalType.TEXT, "character(4)", "ab  ", LogicalType.TEXT, "character varying(9)", "ab"))
                .isTrue();
    }

    @Test
    void zeroHasNoSignAndNaNIsItself() {
        assertThat(refers(LogicalType.FLOAT64, "double precision", 0.0, LogicalType.FLOAT32, "real", -0.0f))
                .isTrue();
        assertThat(refers(
                        LogicalType.FLOAT64,
                        "double precision",
                        Double.NaN,
                        LogicalType.FLOAT64,
                        "double precision",
                        Double.NaN))
                .isTrue();
    }

    @Test
    void aDateRefersToItsMidnight() {
        assertThat(refers(
                        LogicalType.TIMESTAMP,
                        "timestamp without time zone",
                        86_400_000_000L,
                        LogicalType.DATE,
                        "date",
                        1))
                .isTrue();
        assertThat(refers(
                        LogicalType.TIMESTAMP,
                        "timestamp without time zone",
                        Long.MAX_VALUE,
                        LogicalType.DATE,
                        "date",
                        Integer.MAX_VALUE))
                .isTrue();
    }

    @Test
    void bytesAndUuidsAndBooleansCompareByValue() {
        UUID uuid = new UUID(1, 2);
        assertThat(refers(LogicalType.UUID, "uuid", uuid, LogicalType.UUID, "uuid", new UUID(1, 2)))
                .isTrue();
        assertThat(refers(LogicalType.BYTES, "bytea", new byte[] {1, 0}, LogicalType.BYTES, "bytea", new byte[] {1, 0}))
                .isTrue();
        assertThat(refers(LogicalType.BYTES, "bytea", new byte[] {1, 0}, LogicalType.BYTES, "bytea", new byte[] {1}))
                .isFalse();
        assertThat(refers(LogicalType.BOOLEAN, "boolean", true, LogicalType.BOOLEAN, "boolean", false))
                .isFalse();
    }

    @Test
    void columnsOfAKeyDoNotRunIntoEachOther() {
        Table parent = table("parent").text("a").text("b").key("a", "b").build();
        KeySpec spec = new KeySpec(3, parent, 0, List.of("a", "b"));
        int[] indexes = {0, 1};
        KeyImage one = spec.image(new Object[] {"x", "yz"}, indexes, false, new ByteWriter());
        KeyImage other = spec.image(new Object[] {"xy", "z"}, indexes, false, new ByteWriter());

        assertThat(one).isNotEqualTo(other);
        assertThat(spec.values(one.bytes())).containsExactly("x", "yz");
        assertThat(KeySpec.idOf(one.bytes())).isEqualTo(3);
    }

    @Test
    void aForeignKeyOverTypesThatDoNotCompareIsRefusedByName() {
        Table parent =
                table("parent").column("id", LogicalType.UUID, "uuid").key("id").build();
        Table child = table("child")
                .bigint("id")
                .text("p")
                .key("id")
                .refers("p", "parent", "id")
                .build();

        assertThatThrownBy(() -> GatePlan.of(Catalog.of(List.of(parent, child))))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("child_p_fk")
                .hasMessageContaining("column p text")
                .hasMessageContaining("column id uuid");
    }

    @Test
    void aForeignKeyOntoAColumnThatIsNotCapturedIsRefusedByName() {
        Table parent = table("parent").bigint("id").key("id").build();
        Table child = table("child")
                .bigint("id")
                .text("p")
                .key("id")
                .refers("p", "parent", "code")
                .build();

        assertThatThrownBy(() -> GatePlan.of(Catalog.of(List.of(parent, child))))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("child_p_fk")
                .hasMessageContaining("[code]");
    }

    @Test
    void aForeignKeyWhoseColumnIsNotCapturedIsNotGated() {
        Table parent = table("parent").bigint("id").key("id").build();
        Table child = table("child")
                .bigint("id")
                .key("id")
                .refers("p", "parent", "id")
                .build();

        assertThat(GatePlan.of(Catalog.of(List.of(parent, child))).fingerprint())
                .isEmpty();
    }

    private static boolean refers(
            LogicalType parentType,
            String parentNative,
            Object parentValue,
            LogicalType childType,
            String childNative,
            Object childValue) {
        Table parent =
                table("parent").column("id", parentType, parentNative).key("id").build();
        Table child = table("child")
                .bigint("id")
                .column("p", childType, childNative)
                .key("id")
                .refers("p", "parent", "id")
                .build();
        Catalog catalog = Catalog.of(List.of(parent, child));
        GatePlan plan = GatePlan.of(catalog);
        GatedTable gated = plan.table(child.id());
        RowShape children = RowShape.of(gated, child);
        RowShape parents = RowShape.of(plan.table(parent.id()), parent);
        KeyImage reference = children.version(new Object[] {1L, childValue}).references()[0];
        return reference.names(parents.rowKey(new Object[] {parentValue}));
    }

    @Test
    void aReasonNamesTheKeyInItsOwnNotation() {
        Table parent = table("parent").bigint("a").text("b").key("a", "b").build();
        Table child = table("child")
                .bigint("id")
                .bigint("x")
                .text("y")
                .key("id")
                .refers(List.of("x", "y"), "parent", List.of("a", "b"), false)
                .build();
        GateRig rig = new GateRig(parent, child);
        rig.upsert(child, 1L, 3L, "q\"q");

        assertThat(rig.lastReason())
                .isEqualTo("{\"foreign_key\":\"child_x_y_fk\",\"table\":\"public.parent\",\"key\":[3,\"q\\\"q\"]}");
    }
}
