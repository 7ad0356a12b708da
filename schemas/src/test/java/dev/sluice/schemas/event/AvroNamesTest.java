package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AvroNamesTest {
    @Test
    void whatAvroRefusesIsEscapedByteByByte() {
        assertThat(AvroNames.escape("name_1")).isEqualTo("name_1");
        assertThat(AvroNames.escape("1st")).isEqualTo("_x31st");
        assertThat(AvroNames.escape("a-b c")).isEqualTo("a_x2Db_x20c");
        assertThat(AvroNames.escape("ü")).isEqualTo("_xC3_xBC");
    }
}
