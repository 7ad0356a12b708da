package dev.sluice.sinks.postgresql.ordered;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;

/**
 * Checks that nothing of a lane is missing: own records count up by one, releases stand under the sequence of the newest own record, and every record is of
 * one incarnation.
 */
final class Density {
    private final String topic;
    private final String pipelineId;
    private long next;

    /** @param next the sequence that the next own record must have */
    Density(String topic, String pipelineId, long next) {
        this.topic = topic;
        this.pipelineId = pipelineId;
        this.next = next;
    }

    /** @throws SluiceException when the record cannot follow the ones before */
    void check(OrderedHeader header, Event event, long offset) {
        checkIncarnation(event, offset);
        long sequence = header.sequence();
        boolean dense = header.isRelease() ? sequence == next - 1 : sequence == next;
        if (!dense) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "topic " + topic + " holds at offset " + offset + " sequence " + sequence
                            + (header.isRelease() ? " (a release)" : "") + ", expected " + next
                            + ": records are missing or doubled. The lane is stopped; restore the topic, or remove the pipeline and backfill again.");
        }
        next = header.isRelease() ? next : next + 1;
    }

    private void checkIncarnation(Event event, long offset) {
        String found = event.source().pipelineId();
        if (!found.equals(pipelineId)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "topic " + topic + " holds at offset " + offset + " an event of pipeline id " + found
                            + ", but the target was prepared for " + pipelineId
                            + ": Kafka and the target belong to different incarnations. Point both to the same one, or remove one and prepare it again.");
        }
    }
}
