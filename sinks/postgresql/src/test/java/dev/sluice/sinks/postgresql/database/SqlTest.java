package dev.sluice.sinks.postgresql.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "a ? 'b' ~ a ?? 'b'",
                "'?' || \"?\" ~ '?' || \"?\"",
                "'it''s ?' ? 'x' ~ 'it''s ?' ?? 'x'",
                "E'it\\'s ?' ? 'x' ~ E'it\\'s ?' ?? 'x'",
                "$$?$$ ? $t$ $$?$$ $t$ ~ $$?$$ ?? $t$ $$?$$ $t$",
                "/* ? /* ? */ ? */ ? -- ? ~ /* ? /* ? */ ? */ ?? -- ?",
                "a - ? / ? ~ a - ?? / ??",
                "'open ? ~ 'open ?"
            })
    void questionMarksOutsideOfQuotesAreNoParameters(String expression, String literally) {
        assertThat(Sql.literally(expression)).isEqualTo(literally);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "$1, true",
                "a+$12, true",
                "a$1, false",
                "'$1', false",
                "$$ $1 $$, false",
                "$x$ $1 $x$, false",
                "\"$1\", false",
                "$, false"
            })
    void parametersAreSeen(String expression, boolean parameter) {
        assertThat(Sql.hasParameter(expression)).isEqualTo(parameter);
    }
}
