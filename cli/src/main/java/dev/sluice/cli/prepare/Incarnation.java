package dev.sluice.cli.prepare;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What each place knows about a pipeline, as far as one of its lanes is concerned. {@code prepare} writes the pipeline's id into the data directory, the target, the source and (with the first
 * event) Kafka, in this order, and {@code remove} takes it out in the opposite one. So a pipeline that was left half-way is known to the first places of
 * that order and to no later one; anything else means that a place was lost, replaced or belongs to somebody else, and nothing is written.
 *
 * @param dataDirectory id in the data directory; another machine may have none
 * @param target id in {@code sluice.pipelines}
 * @param source id in the source's own meta data
 * @param kafka id in {@code producer-progress}
 * @param cursor newest sequence of the lane that the target has applied, 0 for none
 * @param published newest sequence of the lane that Kafka's progress knows, 0 for none
 * @param events whether {@code changes} has any committed event
 */
record Incarnation(
        Optional<String> dataDirectory,
        Optional<String> target,
        Optional<String> source,
        Optional<String> kafka,
        long cursor,
        long published,
        boolean events) {
    private static final String RESTART = " To begin again from the source: sluice remove -c … --yes, then run;"
            + " rows that are in the target already stay unless remove is given --truncate-target.";

    /**
     * The pipeline's id; empty when it has none yet.
     *
     * @throws SluiceException kind {@code REFUSED} when the places do not belong together
     */
    Optional<String> id() {
        Set<String> ids = found().values().stream().collect(Collectors.toSet());
        if (ids.size() > 1) {
            throw refused("the parts of this pipeline belong to different incarnations of it: " + places()
                    + ". Use the data directory, source, Kafka and target that belong together.");
        }
        if (kafka.isEmpty()) {
            refuseLostKafka();
            refuseForeignPlaces();
        } else {
            refuseLostTarget();
            refuseOtherSource();
            refuseShortKafka();
        }
        return ids.stream().findFirst();
    }

    private void refuseLostKafka() {
        if (cursor > 0) {
            throw refused("Kafka has lost this pipeline: the target has applied everything up to sequence " + cursor
                    + ", but "
                    + (events ? "the topic producer-progress is empty" : "the topics are empty or gone")
                    + ". Found " + places()
                    + ". Nothing was written. If kafka.bootstrap-servers or --data-dir is wrong, correct it."
                    + RESTART);
        }
        if (events) {
            throw refused(
                    "the topic changes holds events, but the topic producer-progress, which says how far the source was read, is empty. Found "
                            + places()
                            + ". Restore it." + RESTART);
        }
    }

    private void refuseForeignPlaces() {
        if (source.isPresent() && target.isEmpty()) {
            throw refused("the source is already captured by another pipeline of this name: found " + places()
                    + ". Its changes may be read only once. Use the data directory and the target of that pipeline;"
                    + " if it is no more, take its capture out with: sluice remove -c … --yes");
        }
        if (target.isPresent() && source.isEmpty() && dataDirectory.isEmpty()) {
            throw refused("the target already belongs to another pipeline of this name: found " + places()
                    + ". Use its source and data directory, or give this pipeline another name." + RESTART);
        }
    }

    private void refuseLostTarget() {
        if (target.isEmpty()) {
            throw refused("the target has lost this pipeline: Kafka holds events up to sequence " + published
                    + ", but the target has no row for it in sluice.pipelines. Found " + places()
                    + ". Nothing was written. If target.url is wrong, correct it; if the target was restored from a backup,"
                    + " restore one that holds schema sluice." + RESTART);
        }
    }

    private void refuseOtherSource() {
        if (source.isEmpty()) {
            throw refused(
                    "the source is not the one that was captured: Kafka holds its events up to sequence " + published
                            + ", but the source has no capture of this pipeline. Found " + places()
                            + ". Was the file replaced or restored? Put the captured file back." + RESTART);
        }
    }

    private void refuseShortKafka() {
        if (cursor > published) {
            throw refused("Kafka has lost events: the target has applied everything up to sequence " + cursor
                    + ", but Kafka holds events only up to " + published + ". Nothing was written." + RESTART);
        }
        if (published > 0 && !events) {
            throw refused("Kafka has lost events: the producer has published up to sequence " + published
                    + ", but the topic changes is empty. Nothing was written." + RESTART);
        }
    }

    private Map<String, String> found() {
        Map<String, String> found = new LinkedHashMap<>();
        dataDirectory.ifPresent(id -> found.put("data directory", id));
        target.ifPresent(id -> found.put("target", id));
        source.ifPresent(id -> found.put("source", id));
        kafka.ifPresent(id -> found.put("Kafka", id));
        return found;
    }

    private String places() {
        Map<String, Optional<String>> all = new LinkedHashMap<>();
        all.put("data directory", dataDirectory);
        all.put("target", target);
        all.put("source", source);
        all.put("Kafka", kafka);
        return all.entrySet().stream()
                .map(e -> e.getKey() + ": " + e.getValue().orElse("none"))
                .collect(Collectors.joining(", "));
    }

    private static SluiceException refused(String message) {
        return SluiceException.of(ErrorKind.REFUSED, message);
    }
}
