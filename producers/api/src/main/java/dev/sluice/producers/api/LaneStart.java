package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a publisher goes on, or why it must not: the progress, the last record of the lane and the target have to tell the same story. Whatever was lost
 * or mixed up is refused before anything is written.
 */
final class LaneStart {
    private final PublisherSettings settings;
    private final Topics topics;
    private final String changes;

    LaneStart(PublisherSettings settings) {
        this.settings = settings;
        this.topics = new Topics(settings.pipeline());
        this.changes = topics.changes(settings.lane());
    }

    /**
     * Refuses another incarnation's topics. To be asked before the lane is taken over, so that no producer of theirs is fenced by mistake; more cannot be
     * said by then, because the lane's present producer may still be writing.
     */
    void requireOurs(TopicEnd end, SchemaRegistry registry) {
        ProgressStore.read(end, settings.pipeline()).ifPresent(this::requireOurs);
        last(end, registry).ifPresent(this::requireOurs);
    }

    /** Reads both topics and decides. To be asked when the lane is taken over, so that nobody writes between the two. */
    ProducerProgress read(TopicEnd end, SchemaRegistry registry) {
        ProducerProgress start = decide(ProgressStore.read(end, settings.pipeline()), last(end, registry));
        for (String topic : List.of(changes, topics.producerProgress())) {
            if (!end.exists(topic)) {
                throw SluiceException.of(
                        ErrorKind.KAFKA, "topic " + topic + " does not exist; `sluice prepare` creates it");
            }
        }
        return start;
    }

    private Optional<Source> last(TopicEnd end, SchemaRegistry registry) {
        return end.last(changes, found -> true).map(found -> source(found.value(), registry));
    }

    private Source source(byte[] value, SchemaRegistry registry) {
        try {
            return EventReader.of(registry).read(value).source();
        } catch (SchemaRegistryException | EventFormatException e) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the last record of topic " + changes + " cannot be read, so it is not known where to go on: "
                            + e.getMessage(),
                    e);
        }
    }

    /** @param last the source block of the lane's last committed event */
    ProducerProgress decide(Optional<ProducerProgress> progress, Optional<Source> last) {
        last.ifPresent(this::requireOurs);
        if (progress.isEmpty()) {
            return begin(last);
        }
        requireOurs(progress.get());
        long next = progress.get().nextSequence().getOrDefault(settings.lane(), settings.firstSequence());
        long found = last.map(Source::sequence).orElse(0L);
        boolean complete = last.isPresent() ? found == next - 1 : next == settings.firstSequence();
        if (!complete) {
            throw refused("topic %s should end with sequence %d, where the producer's progress stands, but %s"
                    .formatted(changes, next - 1, last.isEmpty() ? "is empty" : "ends with " + found));
        }
        if (settings.firstSequence() > next) {
            throw refused("the target knows sequence %d, but topic %s ends with %d"
                    .formatted(settings.firstSequence() - 1, changes, next - 1));
        }
        return progress.get();
    }

    private ProducerProgress begin(Optional<Source> last) {
        last.ifPresent(source -> {
            throw refused("topic %s has events up to sequence %d, but topic %s has no progress of the producer"
                    .formatted(changes, source.sequence(), topics.producerProgress()));
        });
        return new ProducerProgress(
                settings.pipelineId(), null, 0, Map.of(settings.lane(), settings.firstSequence()), List.of(), 0);
    }

    private void requireOurs(ProducerProgress progress) {
        requireOurs(progress.pipelineId(), "topic " + topics.producerProgress());
    }

    private void requireOurs(Source last) {
        requireOurs(last.pipelineId(), "topic " + changes);
    }

    private void requireOurs(String pipelineId, String where) {
        if (!pipelineId.equals(settings.pipelineId())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "%s belongs to incarnation %s of pipeline %s, this is incarnation %s; use the data of this one, or `sluice remove` the other"
                            .formatted(where, pipelineId, settings.pipeline(), settings.pipelineId()));
        }
    }

    private static SluiceException refused(String what) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                what
                        + ": records were lost; `sluice remove` and `sluice prepare` make a new incarnation that loads everything again");
    }
}
