package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

final class BrakeTest {
    private long now = 1_000_000;
    private final InstantSource clock = () -> Instant.ofEpochMilli(now);

    private Brake brake(int rowsPerSecond, Duration maxLag) {
        return new Brake(clock, new VerificationSettings(2_000, 2, rowsPerSecond, maxLag, false));
    }

    @Test
    void nothingIsHeldBackWithoutAReason() {
        Brake brake = brake(0, Duration.ofSeconds(30));
        brake.read(1_000_000);
        brake.lagIs(Duration.ofSeconds(30));
        assertThat(brake.hold().isNone()).isTrue();
        assertThat(brake.atMost(2_000)).isEqualTo(2_000);
    }

    @Test
    void tablesTogetherReadSoManyRowsInASecond() {
        Brake brake = brake(1_000, Duration.ZERO);
        assertThat(brake.atMost(2_000)).isEqualTo(1_000);
        brake.read(500);
        brake.read(500);
        assertThat(brake.hold()).isEqualTo(new Brake.Hold(Duration.ofSeconds(1), null));
        now += 400;
        assertThat(brake.hold().time()).isEqualTo(Duration.ofMillis(600));
        now += 600;
        assertThat(brake.hold().isNone()).isTrue();
    }

    @Test
    void aLargeLagIsWaitedForAndNamed() {
        Brake brake = brake(0, Duration.ofSeconds(30));
        brake.lagIs(Duration.ofSeconds(31));
        assertThat(brake.hold().why()).isEqualTo("the lag is 31 s, more than verify.max-lag of 30 s");
        brake.lagIs(Duration.ofSeconds(3));
        assertThat(brake.hold().isNone()).isTrue();
        Brake never = brake(0, Duration.ZERO);
        never.lagIs(Duration.ofHours(5));
        assertThat(never.hold().isNone()).isTrue();
    }

    @Test
    void aSourceThatAnswersSlowlySeveralTimesIsLeftAloneForAsLongAsItTook() {
        Brake.SourceLoad load = new Brake.SourceLoad();
        assertThat(load.read(1_000, Duration.ofMillis(10)).isNone()).isTrue();
        assertThat(load.read(1_000, Duration.ofMillis(50)).isNone()).isTrue();
        assertThat(load.read(1_000, Duration.ofMillis(50)).isNone()).isTrue();
        assertThat(load.read(1_000, Duration.ofMillis(50)).time()).isEqualTo(Duration.ofMillis(50));
        assertThat(load.read(1_000, Duration.ofMinutes(1)).time()).as("at most").isEqualTo(Duration.ofSeconds(5));
        assertThat(load.read(1_000, Duration.ofMillis(12)).isNone()).isTrue();
        assertThat(load.read(1_000, Duration.ofMillis(50)).isNone())
                .as("counts anew")
                .isTrue();
        assertThat(load.read(3, Duration.ofSeconds(50)).isNone())
                .as("a few rows say nothing")
                .isTrue();
    }
}
