package dev.sluice.streams.sequence;

/** Where a record stands in Kafka; as text for people. */
public record Place(String topic, int partition, long offset) {
    @Override
    public String toString() {
        return topic + " partition " + partition + " offset " + offset;
    }
}
