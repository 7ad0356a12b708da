package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadSizeTest {
    private final ReadSize size = new ReadSize(1_000_000);

    @Test
    void itBeginsWithFewAndGrowsToWhatIsAsked() {
        assertThat(size.atMost(2_000)).isEqualTo(100);
        size.read(100, 5_000);
        assertThat(size.atMost(2_000)).isEqualTo(400);
        size.read(1, 50);
        size.read(0, 0);
        assertThat(size.atMost(2_000)).isEqualTo(1_600);
        size.read(1_600, 80_000);
        assertThat(size.atMost(2_000)).isEqualTo(2_000);
        for (int i = 0; i < 50; i++) {
            size.read(1, 1);
        }
        assertThat(size.atMost(2_000)).isEqualTo(2_000);
    }

    @Test
    void largeRecordsAreReadFewAtATimeAndSmallOnesManyAgain() {
        size.read(100, 10_000_000);
        assertThat(size.atMost(2_000)).isEqualTo(10);
        size.read(1, 5_000_000);
        assertThat(size.atMost(2_000)).isEqualTo(1);
        size.read(1, 100);
        assertThat(size.atMost(2_000)).isEqualTo(4);
    }
}
