package dev.sluice.streams;

import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import dev.sluice.streams.gate.Decision;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.gate.OrderedRecord;
import dev.sluice.streams.gate.Refresh;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Gives what was decided to the lane's sinks, all in the lane's own Kafka transaction. */
final class LaneOutputs {
    /** A record's value on its way to one of the sinks. */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    record Output(String topic, byte[] value) {}

    private final ProcessorContext<byte[], Output> context;
    private final LaneSettings settings;
    private final String orderedTopic;
    private final String signalsTopic;
    private final TableCopies copies;

    LaneOutputs(
            ProcessorContext<byte[], Output> context,
            LaneSettings settings,
            SchemaRegistry registry,
            StreamedRowEvents rows) {
        this.context = context;
        this.settings = settings;
        this.orderedTopic = settings.orderedTopic();
        this.signalsTopic = settings.signalsTopic();
        this.copies = new TableCopies(settings.pipeline(), registry, rows);
    }

    /** @param sequence under which it was decided */
    void forward(Decision decision, long sequence) {
        decision.records().forEach(this::forward);
        if (!decision.refreshes().isEmpty()) {
            ask(decision.refreshes(), sequence);
        }
    }

    private void forward(OrderedRecord ordered) {
        LaneRecord bytes = ordered.record();
        byte[] header = ordered.header().encode();
        send(bytes, new Output(orderedTopic, bytes.value()), header, LaneTopology.ORDERED);
        if (settings.publishPerTable() && TableCopies.isCopied(ordered)) {
            send(bytes, copies.of(ordered), header, LaneTopology.TABLES);
        }
    }

    private void send(LaneRecord bytes, Output output, byte[] header, String sink) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(OrderedHeader.NAME, header);
        // Kafka refuses times before 1970.
        long time = Math.max(0, bytes.commitMillis());
        context.forward(new Record<>(bytes.key(), output, time, headers), sink);
    }

    private void ask(List<Refresh> refreshes, long sequence) {
        Map<TableId, List<String>> keys = new LinkedHashMap<>();
        refreshes.forEach(
                r -> keys.computeIfAbsent(r.table(), t -> new ArrayList<>()).add(r.key()));
        keys.forEach((table, ofTable) -> {
            Signal signal = Signal.refresh(id(sequence, table, ofTable), table, ofTable, "lane " + settings.lane());
            Output output = new Output(signalsTopic, SignalCodec.encode(signal));
            context.forward(new Record<>(null, output, context.currentSystemTimeMs()), LaneTopology.SIGNALS);
        });
    }

    /** The same request has the same name whoever decides it again. */
    private String id(long sequence, TableId table, List<String> keys) {
        byte[] request = (table + " " + keys).getBytes(StandardCharsets.UTF_8);
        return settings.lane() + "-" + sequence + "-" + UUID.nameUUIDFromBytes(request);
    }
}
