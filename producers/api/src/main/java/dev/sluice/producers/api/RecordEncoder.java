package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.registry.SchemaRegistryException;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.io.UncheckedIOException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Events as records of the lane's topic, none larger than allowed: a larger one becomes a rejected record in its place. */
final class RecordEncoder {
    private static final int PARTITION = 0;

    private final String topic;
    private final EventWriter writer;
    private final int maxRecordBytes;

    RecordEncoder(String topic, EventWriter writer, int maxRecordBytes) {
        this.topic = topic;
        this.writer = writer;
        this.maxRecordBytes = maxRecordBytes;
    }

    /** Registers a table's schemas. */
    void register(Table table) {
        try {
            writer.register(table);
        } catch (SchemaRegistryException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "the schema of table " + table.id() + " cannot be registered: " + e.getMessage(),
                    e);
        }
    }

    /** What is to be sent; {@link Encoded#event} is the given one or the rejected record in its place. */
    Encoded encode(Event event) {
        try {
            byte[] key = writer.key(event);
            byte[] value = writer.value(event);
            int bytes = value.length + (key == null ? 0 : key.length);
            if (bytes > maxRecordBytes) {
                return encode(rejected(event, bytes));
            }
            // The instant of the source's commit, so that lag can be read from the log alone.
            long timestamp = Math.max(0, event.source().commitMillis());
            return new Encoded(event, new ProducerRecord<>(topic, PARTITION, timestamp, key, value), bytes);
        } catch (SchemaRegistryException e) {
            throw SluiceException.of(ErrorKind.KAFKA, event + " cannot be encoded: " + e.getMessage(), e);
        } catch (IllegalArgumentException | ClassCastException | NullPointerException | UncheckedIOException e) {
            throw SluiceException.of(
                    ErrorKind.BUG, event + " does not fit its table: a value is not of its column's Java type", e);
        }
    }

    private Rejected rejected(Event event, int bytes) {
        if (event instanceof Change change) {
            return Rejections.tooLarge(change, bytes, maxRecordBytes);
        }
        Rejected rejected = (Rejected) event;
        if (rejected.rawFormat().endsWith(Rejections.CUT_FORMAT)) {
            throw SluiceException.of(
                    ErrorKind.BUG, event + " has " + bytes + " bytes after it was cut for " + maxRecordBytes);
        }
        return Rejections.tooLarge(rejected, bytes, maxRecordBytes);
    }

    /** An event and its record. */
    record Encoded(Event event, ProducerRecord<byte[], byte[]> record, int bytes) {
        /** The table that a rejected record is about; null for every other. */
        @Nullable
        TableId rejectedTable() {
            return event instanceof Rejected rejected ? rejected.table() : null;
        }
    }
}
