package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PaceTest {
    private Instant now = Instant.ofEpochSecond(1_000);

    @Test
    void soManyRowsTakeTheirTime() {
        Pace pace = new Pace(() -> now, 200);
        assertThat(pace.left()).isZero();
        assertThat(pace.atMost(2_000)).isEqualTo(200);
        assertThat(pace.atMost(50)).isEqualTo(50);
        pace.read(50);
        assertThat(pace.left()).isEqualTo(Duration.ofMillis(250));
        now = now.plusMillis(249);
        assertThat(pace.left()).isEqualTo(Duration.ofMillis(1));
        now = now.plusMillis(1);
        assertThat(pace.left()).isZero();
    }

    @Test
    void withoutABoundNothingIsHeldBack() {
        Pace pace = new Pace(() -> now, 0);
        pace.read(1_000_000);
        assertThat(pace.left()).isZero();
        assertThat(pace.atMost(2_000)).isEqualTo(2_000);
    }

    @Test
    void aClockThatWasSetBackHoldsNothingForHours() {
        Pace pace = new Pace(() -> now, 10);
        pace.read(10);
        assertThat(pace.left()).isEqualTo(Duration.ofSeconds(1));
        now = now.minusSeconds(3_600);
        assertThat(pace.left()).isZero();
    }
}
