package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class StandstillTest {
    private Instant now = Instant.EPOCH;

    @Test
    void onlyTimeWithoutAnyChangeCounts() {
        Standstill standstill = new Standstill(Duration.ofSeconds(10), () -> now);
        assertThat(standstill.isReached(1)).isFalse();
        now = now.plusSeconds(10);
        assertThat(standstill.isReached(1)).isFalse();
        assertThat(standstill.isReached(2)).isFalse();
        now = now.plusSeconds(10);
        assertThat(standstill.isReached(2)).as("not longer than that").isFalse();
        now = now.plusSeconds(1);
        assertThat(standstill.isReached(2)).isTrue();
        assertThat(standstill.isReached(3)).isFalse();
    }
}
