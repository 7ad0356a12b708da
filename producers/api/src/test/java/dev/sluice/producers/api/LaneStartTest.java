package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.progress.ProducerProgress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LaneStartTest {
    private static final PublisherSettings SETTINGS = PublisherSettings.of("shop", "id-1");

    @Test
    void aNewLaneBeginsBehindWhatTheTargetKnows() {
        ProducerProgress start =
                new LaneStart(SETTINGS.withFirstSequence(71)).decide(Optional.empty(), Optional.empty());
        assertThat(start.nextSequence()).isEqualTo(Map.of("main", 71L));
        assertThat(start.pipelineId()).isEqualTo("id-1");
        assertThat(start.position()).isNull();
        assertThat(start.snapshots()).isEmpty();
    }

    @Test
    void aLaneGoesOnWhereProgressAndLastEventAgree() {
        ProducerProgress progress = progress("id-1", 12);
        assertThat(decide(SETTINGS, progress, last("id-1", 11))).isEqualTo(progress);
        assertThat(decide(SETTINGS.withFirstSequence(5), progress, last("id-1", 11)))
                .isEqualTo(progress);
        assertThat(decide(SETTINGS.withFirstSequence(12), progress, last("id-1", 11)))
                .isEqualTo(progress);
    }

    @Test
    void aLostProgressIsRefused() {
        assertRefused(SETTINGS, null, last("id-1", 11), "shop.producer-progress", "shop.changes.main", "11");
    }

    @Test
    void lostChangesAreRefused() {
        assertRefused(SETTINGS, progress("id-1", 12), null, "shop.changes.main", "sequence 11", "is empty");
        assertRefused(
                SETTINGS, progress("id-1", 12), last("id-1", 9), "shop.changes.main", "sequence 11", "ends with 9");
    }

    @Test
    void changesThatAreAheadOfTheirProgressAreRefused() {
        assertRefused(SETTINGS, progress("id-1", 12), last("id-1", 14), "sequence 11", "ends with 14");
    }

    @Test
    void aTargetThatKnowsMoreThanKafkaIsRefused() {
        assertRefused(SETTINGS.withFirstSequence(20), progress("id-1", 12), last("id-1", 11), "target", "19", "11");
    }

    @Test
    void anotherIncarnationIsRefusedByNameWhereverItIsFound() {
        assertRefused(SETTINGS, progress("id-0", 12), last("id-0", 11), "id-0", "id-1", "shop");
        assertRefused(SETTINGS, progress("id-0", 12), null, "id-0", "id-1", "shop.producer-progress");
        assertRefused(SETTINGS, null, last("id-0", 11), "id-0", "id-1", "shop.changes.main");
    }

    private static ProducerProgress decide(PublisherSettings settings, ProducerProgress progress, Source last) {
        return new LaneStart(settings).decide(Optional.ofNullable(progress), Optional.ofNullable(last));
    }

    private static void assertRefused(
            PublisherSettings settings, ProducerProgress progress, Source last, String... names) {
        assertThatThrownBy(() -> decide(settings, progress, last)).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(e.getMessage()).contains(names);
        });
    }

    private static ProducerProgress progress(String pipelineId, long next) {
        return new ProducerProgress(pipelineId, ListStore.position(1, 0), 0, Map.of("main", next), List.of(), 0);
    }

    private static Source last(String pipelineId, long sequence) {
        return new Source(pipelineId, "list", "memory", sequence, ListStore.position(1, 0), 1, false);
    }
}
