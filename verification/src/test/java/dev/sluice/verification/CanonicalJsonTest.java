package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CanonicalJsonTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\": 1, \"b\": 2} | {\"b\":2,\"a\":1}",
                "[1.0, 10, 0.0] | [1, 1e1, -0]",
                "\"\\u00e9\" | \"é\"",
                "{\"a\": 1, \"a\": 2} | {\"a\": 2}",
                "12345678901234567890.10 | 12345678901234567890.1",
                "1e400 | 10e399"
            })
    void spellingsOfTheSameValueAreEqual(String one, String other) {
        assertThat(CanonicalJson.of(one)).isEqualTo(CanonicalJson.of(other));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1, 2] | [2, 1]",
                "{\"a\": null} | {}",
                "1 | \"1\"",
                "0.1 | 0.10000000000000001",
                "true | \"true\"",
                "[] | {}",
                "null | \"null\""
            })
    void differentValuesAreDifferent(String one, String other) {
        assertThat(CanonicalJson.of(one)).isNotEqualTo(CanonicalJson.of(other));
    }

    @Test
    void aTextThatIsNoJsonEqualsOnlyItself() {
        assertThat(CanonicalJson.of("{a}"))
                .isEqualTo(CanonicalJson.of("{a}"))
                .isNotEqualTo(CanonicalJson.of("\"{a}\""));
        assertThat(CanonicalJson.of("1 2")).isNotEqualTo(CanonicalJson.of("1"));
    }
}
