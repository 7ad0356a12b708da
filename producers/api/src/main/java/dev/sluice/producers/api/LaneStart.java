package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where a publisher goes on, or why it must not: the progress, the last record of each lane and the target have to tell the same story, about the same
 * lanes. Whatever was lost or mixed up is refused before anything is written.
 */
final class LaneStart {
    private final PublisherSettings settings;
    private final Set<TableId> tables;
    private final Topics topics;

    /** @param tables that are captured */
    LaneStart(PublisherSettings settings, Collection<TableId> tables) {
        this.settings = settings;
        this.tables = new TreeSet<>(tables);
        this.topics = new Topics(settings.pipeline());
    }

    /**
     * Refuses another incarnation's topics. To be asked before the lanes are taken over, so that no producer of theirs is fenced by mistake; more cannot be
     * said by then, because the present producer may still be writing.
     */
    void requireOurs(TopicEnd end, SchemaRegistry registry) {
        Optional<ProducerProgress> progress = ProgressStore.read(end, settings.pipeline());
        progress.ifPresent(this::requireOurs);
        if (progress.isEmpty()) {
            last(end, registry, settings.lanes().lanes()).forEach(this::requireOurs);
        }
    }

    /** Reads all topics and decides. To be asked when the lanes are taken over, so that nobody writes between two of them. */
    ProducerProgress read(TopicEnd end, SchemaRegistry registry) {
        ProducerProgress start = decide(
                ProgressStore.read(end, settings.pipeline()),
                last(end, registry, settings.lanes().lanes()));
        settings.lanes().lanes().forEach(lane -> requireTopic(end, topics.changes(lane)));
        requireTopic(end, topics.producerProgress());
        requireTopic(end, topics.signals());
        return start;
    }

    private static void requireTopic(TopicEnd end, String topic) {
        if (!end.exists(topic)) {
            throw SluiceException.of(
                    ErrorKind.KAFKA, "topic " + topic + " does not exist; `sluice prepare` creates it");
        }
    }

    /** By lane: the source block of its last committed event. */
    Map<String, Source> last(TopicEnd end, SchemaRegistry registry, Collection<String> lanes) {
        Map<String, Source> last = new TreeMap<>();
        for (String lane : lanes) {
            String topic = topics.changes(lane);
            end.last(topic, found -> true).ifPresent(found -> last.put(lane, source(topic, found.value(), registry)));
        }
        return last;
    }

    private static Source source(String topic, byte[] value, SchemaRegistry registry) {
        try {
            return EventReader.of(registry).read(value).source();
        } catch (SchemaRegistryException | EventFormatException e) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the last record of topic " + topic + " cannot be read, so it is not known where to go on: "
                            + e.getMessage(),
                    e);
        }
    }

    /** @param last as {@link #last} gives it */
    ProducerProgress decide(Optional<ProducerProgress> progress, Map<String, Source> last) {
        last.forEach(this::requireOurs);
        if (progress.isEmpty()) {
            return begin(last);
        }
        ProducerProgress found = progress.get();
        requireOurs(found);
        requireLayout(found);
        found.lanes().forEach((lane, at) -> {
            requireWhole(lane, at, last);
            requireAhead(lane, at.nextSequence());
        });
        return found;
    }

    private ProducerProgress begin(Map<String, Source> last) {
        last.forEach((lane, source) -> {
            throw refused("topic %s has events up to sequence %d, but topic %s has no progress of the producer"
                    .formatted(topics.changes(lane), source.sequence(), topics.producerProgress()));
        });
        tables.forEach(this::laneOf);
        SortedMap<String, LaneProgress> lanes = new TreeMap<>();
        settings.lanes()
                .firstSequences()
                .forEach((lane, first) -> lanes.put(lane, new LaneProgress(first, 0, new TreeSet<>())));
        return new ProducerProgress(settings.pipelineId(), null, lanes, new TreeMap<>(), List.of(), 0);
    }

    /** The same lanes as before, and every table still in its own; tables may come and go. */
    void requireLayout(ProducerProgress progress) {
        Set<String> wanted = settings.lanes().lanes();
        if (!progress.lanes().keySet().equals(wanted)) {
            throw layoutChanged("the lanes " + progress.lanes().keySet() + " are written, not " + wanted);
        }
        progress.lanes()
                .forEach((lane, at) -> at.tables().stream()
                        .filter(tables::contains)
                        .filter(table -> !laneOf(table).equals(lane))
                        .findFirst()
                        .ifPresent(table -> {
                            throw layoutChanged(
                                    "table " + table + " is written to lane " + lane + ", not to " + laneOf(table));
                        }));
        tables.forEach(this::laneOf);
    }

    private String laneOf(TableId table) {
        return settings.lanes()
                .laneOf(table)
                .orElseThrow(() -> layoutChanged("table " + table + " is in none of the lanes "
                        + settings.lanes().lanes()));
    }

    /** A lane whose topic is empty has not been written yet, or has lost what was. */
    void requireWhole(String lane, LaneProgress at, Map<String, Source> last) {
        Source source = last.get(lane);
        long expected = at.nextSequence() - 1;
        boolean whole = source == null
                ? at.nextSequence() == settings.lanes().firstSequence(lane)
                : source.sequence() == expected;
        if (!whole) {
            throw refused("topic %s should end with sequence %d, where the producer's progress stands, but %s"
                    .formatted(
                            topics.changes(lane),
                            expected,
                            source == null ? "is empty" : "ends with " + source.sequence()));
        }
    }

    private void requireAhead(String lane, long next) {
        long first = settings.lanes().firstSequence(lane);
        if (first > next) {
            throw refused("the target knows sequence %d, but topic %s ends with %d"
                    .formatted(first - 1, topics.changes(lane), next - 1));
        }
    }

    private void requireOurs(ProducerProgress progress) {
        requireOurs(progress.pipelineId(), "topic " + topics.producerProgress());
    }

    private void requireOurs(String lane, Source last) {
        requireOurs(last.pipelineId(), "topic " + topics.changes(lane));
    }

    private void requireOurs(String pipelineId, String where) {
        if (!pipelineId.equals(settings.pipelineId())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "%s belongs to incarnation %s of pipeline %s, this is incarnation %s; use the data of this one, or `sluice remove` the other"
                            .formatted(where, pipelineId, settings.pipeline(), settings.pipelineId()));
        }
    }

    private SluiceException layoutChanged(String what) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "the layout of pipeline " + settings.pipeline() + " changed: " + what
                        + "; run `sluice lanes migrate`, or set lanes as they were");
    }

    private static SluiceException refused(String what) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                what
                        + ": records were lost; `sluice remove` and `sluice prepare` make a new incarnation that loads everything again");
    }
}
