package dev.sluice.producers.api;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The records of the next Kafka transaction, kept until it is durable. */
final class Outbox {
    private final int maxRecords;
    private final long maxBytes;
    private List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    private long bytes;

    Outbox(int maxRecords, long maxBytes) {
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
    }

    void add(RecordEncoder.Encoded encoded) {
        records.add(encoded.record());
        bytes += encoded.bytes();
    }

    boolean isEmpty() {
        return records.isEmpty();
    }

    long bytes() {
        return bytes;
    }

    boolean isFull() {
        return records.size() >= maxRecords || bytes >= maxBytes;
    }

    /** All records and the one that says how far they lead. */
    List<ProducerRecord<byte[], byte[]>> with(ProducerRecord<byte[], byte[]> progress) {
        List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>(records);
        all.add(progress);
        return all;
    }

    void clear() {
        records = new ArrayList<>();
        bytes = 0;
    }
}
