package dev.sluice.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class StartTest {
    private static final StoredLayout.Lane LANE = new StoredLayout.Lane("main", new TreeSet<>(), 10, List.of());
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private static Start.Log unneeded() {
        throw new AssertionError("the log is not needed");
    }

    @Test
    void theBeginningIsTheLanesFirstSequence() {
        assertThat(Start.parse("beginning")).isSameAs(Start.BEGINNING);
        assertThat(Start.BEGINNING.in(LANE, StartTest::unneeded)).isEqualTo(10);
    }

    @Test
    void aSequenceIsTakenAsItIsUnlessTheLaneBeginsBehindIt() {
        assertThat(Start.parse("12").in(LANE, StartTest::unneeded)).isEqualTo(12);
        assertThat(Start.parse("sequence:12").in(LANE, StartTest::unneeded)).isEqualTo(12);
        assertThat(Start.parse("12").isOfOneLane()).isTrue();
        assertThatThrownBy(() -> Start.parse("9").in(LANE, StartTest::unneeded))
                .hasMessage("lane main begins at sequence 10, found --from 9");
    }

    @Test
    void aTimeIsLookedUpInTheLog() {
        assertThat(Start.parse("time:2026-01-31T12:00:00Z")
                        .in(LANE, () -> time -> OptionalLong.of(time.equals(NOON) ? 17 : 0)))
                .isEqualTo(17);
        assertThatThrownBy(() -> Start.parse("2026-01-31T12:00:00Z").in(LANE, () -> time -> OptionalLong.empty()))
                .hasMessageContaining("there is nothing to replay");
    }

    @Test
    void anythingElseIsRefused() {
        for (String text : List.of("", "begin", "-1", "sequence:x", "time:12", "2026-01-31", "9999999999999999999")) {
            assertThatThrownBy(() -> Start.parse(text)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
