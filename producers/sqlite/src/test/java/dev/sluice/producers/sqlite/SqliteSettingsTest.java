package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

class SqliteSettingsTest {
    private static final Path FILE = Path.of("data", "app.db");

    @Test
    void onlyTheFileMustBeNamed() {
        SqliteSettings settings = SqliteSettings.of(FILE);
        assertThat(settings.file()).isAbsolute().endsWithRaw(FILE);
        assertThat(settings.busyTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.realTimestamps()).isEqualTo(RealTimestamps.REFUSE);
        assertThat(settings.isIgnored("t", "c")).isFalse();
        assertThat(settings.chunkRows()).isEqualTo(2_000);
        assertThat(settings.trimAfterQuiet()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void everythingCanBeSaid() {
        BiPredicate<String, String> ignored = (table, column) -> table.equals("t");
        SqliteSettings settings = SqliteSettings.of(FILE)
                .withBusyTimeout(Duration.ofSeconds(1))
                .withRealTimestamps(RealTimestamps.JULIAN_DAY)
                .withIgnoredColumns(ignored)
                .withTrimAfterQuiet(Duration.ZERO);
        assertThat(settings)
                .isEqualTo(new SqliteSettings(
                        FILE, Duration.ofSeconds(1), RealTimestamps.JULIAN_DAY, ignored, 2_000, Duration.ZERO));
    }

    @Test
    void impossibleValuesAreRefused() {
        assertThatThrownBy(() -> SqliteSettings.of(FILE).withBusyTimeout(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SqliteSettings(
                        FILE, Duration.ZERO, RealTimestamps.REFUSE, (table, column) -> false, 0, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
