package dev.sluice.sinks.postgresql.sequences;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.TableId;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequenceStateTest {
    private static SequenceState state(long increment, long last, boolean called) {
        TableId id = new TableId("public", "s");
        return new SequenceState(id, increment, Long.MIN_VALUE, Long.MAX_VALUE, 1, false, last, called, true, "o");
    }

    @ParameterizedTest(name = "by {0} from {1} (called: {2}) beyond {3} is {4}")
    @CsvSource({
        "1, 1, false, 0, 1",
        "1, 1, false, 1, 2",
        "1, 1, true, 1, 2",
        "1, 7, true, 3, 8",
        "1, 1, false, 4.5, 5",
        "1, 1, false, 99999999999999999999, 100000000000000000000",
        "2, 1, false, 1, 3",
        "2, 1, false, 2, 3",
        "2, 2, true, 7, 8",
        "2, 2, true, 8, 10",
        "10, 1, true, 11, 21",
        "-1, -1, false, 5, -1",
        "-1, -1, false, -1, -2",
        "-3, -1, true, -7, -10",
        "-3, -1, true, -6.5, -7",
        "1, -5, true, -9, -4",
        "1, -5, true, -4, -3",
        "1, 9223372036854775807, true, 1, 9223372036854775808"
    })
    void theFirstValueBeyondKeepsTheStep(
            long increment, long last, boolean called, BigDecimal value, BigInteger expected) {
        assertThat(state(increment, last, called).nextBeyond(value)).isEqualTo(expected);
    }

    @Test
    void namesAreQuoted() {
        SequenceState state =
                new SequenceState(new TableId("My schema", "Se\"q"), 1, 1, 9, 20, false, 1, false, true, "o");
        assertThat(state.lockSql()).isEqualTo("ALTER SEQUENCE \"My schema\".\"Se\"\"q\" CACHE 20");
        assertThat(state.restartSql(BigInteger.TEN))
                .isEqualTo("ALTER SEQUENCE \"My schema\".\"Se\"\"q\" RESTART WITH 10");
    }
}
