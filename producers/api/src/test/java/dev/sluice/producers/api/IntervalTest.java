package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class IntervalTest {
    private Instant now = Instant.ofEpochSecond(1_000);
    private final Interval interval = new Interval(() -> now, Duration.ofMillis(50));

    @Test
    void itIsDueAtFirstAndThenWhenItsTimeIsOver() {
        assertThat(interval.isDue()).isTrue();
        interval.restart();
        assertThat(interval.left()).isEqualTo(Duration.ofMillis(50));
        now = now.plusMillis(49);
        assertThat(interval.isDue()).isFalse();
        assertThat(interval.left()).isEqualTo(Duration.ofMillis(1));
        now = now.plusMillis(1);
        assertThat(interval.isDue()).isTrue();
    }

    @Test
    void aClockThatWasSetBackMakesItDue() {
        interval.restart();
        now = now.minusSeconds(3_600);
        assertThat(interval.isDue()).isTrue();
    }
}
