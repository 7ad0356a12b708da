package dev.sluice.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

/** What every registry promises, the one for tests and the real client alike. */
abstract class SchemaRegistryContract {
    static final Schema FIRST =
            SchemaBuilder.record("R").namespace("x").fields().requiredInt("a").endRecord();
    static final Schema SECOND = SchemaBuilder.record("R")
            .namespace("x")
            .fields()
            .requiredInt("a")
            .optionalString("b")
            .endRecord();

    abstract SchemaRegistry registry();

    @Test
    void aRegisteredSchemaIsFoundUnderItsId() {
        int id = registry().register("t-x.R", FIRST);
        assertThat(registry().schema(id)).isEqualTo(FIRST);
    }

    @Test
    void registeringAgainGivesTheSameIdAndAnotherSchemaAnotherOne() {
        int id = registry().register("t-x.R", FIRST);
        assertThat(registry().register("t-x.R", FIRST)).isEqualTo(id);
        assertThat(registry().register("other-x.R", FIRST)).isEqualTo(id);
        assertThat(registry().register("t-x.R", SECOND)).isNotEqualTo(id);
    }

    @Test
    void propertiesOfFieldsAreKept() {
        Schema schema = SchemaBuilder.record("P")
                .namespace("x")
                .fields()
                .name("a")
                .prop("sluice.column", "A b")
                .type()
                .intType()
                .noDefault()
                .endRecord();
        int id = registry().register("t-x.P", schema);
        assertThat(registry().schema(id).getField("a").getProp("sluice.column")).isEqualTo("A b");
    }

    @Test
    void anUnknownIdIsRefusedByName() {
        assertThatThrownBy(() -> registry().schema(4711))
                .isInstanceOf(SchemaRegistryException.class)
                .hasMessageContaining("4711");
    }
}
