package dev.sluice.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PercentilesTest {
    @Test
    void halfAndTheWorstHundredthAreExactForFewValues() {
        Percentiles percentiles = new Percentiles();
        for (int i = 100; i >= 1; i--) {
            percentiles.add(Duration.ofMillis(i));
        }

        assertThat(percentiles.at(50)).contains(Duration.ofMillis(50));
        assertThat(percentiles.at(99)).contains(Duration.ofMillis(99));
        assertThat(percentiles.at(100)).contains(Duration.ofMillis(100));
    }

    @Test
    void withoutValuesThereIsNoPercentile() {
        assertThat(new Percentiles().at(50)).isEmpty();
    }

    @Test
    void thinningOutKeepsTheShape() {
        Percentiles percentiles = new Percentiles();
        for (int i = 1; i <= 1_000_000; i++) {
            percentiles.add(Duration.ofNanos(i));
        }

        assertThat(percentiles.seen()).isEqualTo(1_000_000);
        assertThat(percentiles.at(50).orElseThrow().toNanos()).isBetween(499_000L, 501_000L);
        assertThat(percentiles.at(99).orElseThrow().toNanos()).isBetween(989_000L, 991_000L);
    }
}
