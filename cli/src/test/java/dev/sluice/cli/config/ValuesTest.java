package dev.sluice.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ValuesTest {
    @ParameterizedTest
    @ValueSource(strings = {"0B", "512B", "64KiB", "16MiB", "3GiB", "1025B"})
    void aSizeReadsBackAsItPrints(String text) {
        assertThat(DataSize.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "16", "16MB", "-1B", "1.5MiB", "999999999999GiB"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataSize.parse(text))
                .withMessageContaining("expected a size");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0ms", "20ms", "5s", "90s", "2m", "1h", "168h"})
    void aDurationReadsBackAsItPrints(String text) {
        assertThat(Durations.text(Durations.parse(text))).isEqualTo(text);
    }

    @Test
    void daysAreUnderstood() {
        assertThat(Durations.parse("7d")).isEqualTo(Duration.ofDays(7));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20", "PT1S", "-5s", "5 weeks"})
    void whatIsNoDurationIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Durations.parse(text))
                .withMessageContaining("expected a duration");
    }

    @Test
    void theNearestNameIsSuggestedUnlessNothingIsNear() {
        List<String> names = List.of("source", "target", "tables");
        assertThat(NearestName.of("taget", names)).contains("target");
        assertThat(NearestName.of("TABLES", names)).contains("tables");
        assertThat(NearestName.of("http", names)).isEmpty();
        assertThat(NearestName.suggestion("sorce", names)).isEqualTo("; did you mean 'source'?");
    }
}
