package dev.sluice.cli.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IncarnationTest {
    /** One letter per place that knows the pipeline: d data directory, t target, s source, k Kafka; a capital one knows another id. */
    private static Incarnation places(String known, long cursor, long published, boolean events) {
        return new Incarnation(
                id(known, 'd'), id(known, 't'), id(known, 's'), id(known, 'k'), cursor, published, events);
    }

    private static Optional<String> id(String known, char place) {
        if (known.indexOf(Character.toUpperCase(place)) >= 0) {
            return Optional.of("other");
        }
        return known.indexOf(place) >= 0 ? Optional.of("this") : Optional.empty();
    }

    private static void refused(Incarnation incarnation, String... words) {
        assertThatThrownBy(incarnation::id)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(words);
    }

    @Test
    void aPipelineThatNobodyKnowsIsNew() {
        assertThat(places("", 0, 0, false).id()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"d", "dt", "dts", "ts"})
    void aPreparationThatWasKilledGoesOn(String known) {
        assertThat(places(known, 0, 0, false).id()).contains("this");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dtsk", "tsk"})
    void aPipelineThatHasRunGoesOnAlsoOnAnotherMachine(String known) {
        assertThat(places(known, 90, 100, true).id()).contains("this");
        assertThat(places(known, 0, 100, true).id()).contains("this");
    }

    @Test
    void lostKafkaDataIsRefusedWhileTheTargetHasProgress() {
        refused(places("dts", 90, 0, false), "Kafka has lost this pipeline", "sequence 90", "sluice remove");
        refused(places("ts", 90, 0, false), "Kafka has lost this pipeline");
    }

    @Test
    void aLostProgressTopicIsRefused() {
        refused(places("dts", 0, 0, true), "producer-progress", "is empty");
    }

    @Test
    void kafkaThatHoldsLessThanTheTargetHasAppliedIsRefused() {
        refused(places("dtsk", 101, 100, true), "Kafka has lost events", "101", "100");
        refused(places("dtsk", 0, 100, false), "Kafka has lost events", "changes is empty");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dsk", "sk", "k"})
    void aTargetWithoutThePipelineIsRefusedWhileKafkaHasIt(String known) {
        refused(places(known, 0, 100, true), "the target has lost this pipeline", "up to sequence 100", "backup");
    }

    @Test
    void aSourceThatIsNotTheCapturedOneIsRefused() {
        refused(places("dtk", 90, 100, true), "the source is not the one that was captured", "source: none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "ds"})
    void aSourceThatAnotherPipelineReadsIsRefused(String known) {
        refused(places(known, 0, 0, false), "the source is already captured by another pipeline", "sluice remove");
    }

    @Test
    void aTargetOfAnotherPipelineIsRefused() {
        refused(places("t", 0, 0, false), "the target already belongs to another pipeline");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Dtsk", "dTsk", "dtSk", "dtsK", "dS", "tK"})
    void placesOfDifferentIncarnationsAreRefusedByName(String known) {
        refused(
                places(known, 0, 0, false),
                "different incarnations",
                "data directory: ",
                "target: ",
                "source: ",
                "Kafka: ",
                "other");
    }
}
