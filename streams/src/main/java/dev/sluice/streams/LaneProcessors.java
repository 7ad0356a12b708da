package dev.sluice.streams;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import dev.sluice.streams.LaneOutputs.Output;
import dev.sluice.streams.gate.Decision;
import dev.sluice.streams.gate.ForeignKeyGate;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.sequence.Place;
import dev.sluice.streams.sequence.Sequencer;
import dev.sluice.streams.state.LaneState;
import java.time.Duration;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.NullUnmarked;

/** The lane's processors. They translate between Kafka Streams and the decisions, and decide nothing. */
@NullUnmarked // Fields are set by init(), as Kafka Streams' life cycle has it.
final class LaneProcessors {
    /** Releases go on while no records come. */
    private static final Duration CONTINUE_EVERY = Duration.ofMillis(20);

    private static final Duration PATROL_EVERY = Duration.ofSeconds(1);

    private LaneProcessors() {}

    /** An event in order. {@code next} and what the last sequence was are the sequencer's when it was forwarded. */
    record Sequenced(Event event, LaneRecord record) {}

    /** Decodes what the decisions need and asserts the order. */
    static final class Sequencing implements Processor<byte[], byte[], byte[], Sequenced> {
        private final LaneSettings settings;
        private final GatePlan plan;
        private final SchemaRegistry registry;
        private ProcessorContext<byte[], Sequenced> context;
        private EventReader reader;
        private Sequencer sequencer;

        Sequencing(LaneSettings settings, GatePlan plan, SchemaRegistry registry) {
            this.settings = settings;
            this.plan = plan;
            this.registry = registry;
        }

        @Override
        public void init(ProcessorContext<byte[], Sequenced> context) {
            this.context = context;
            this.reader = EventReader.projecting(registry, plan::needs);
            this.sequencer = Sequencer.open(
                    settings.lane(),
                    settings.pipelineId(),
                    settings.firstSequence(),
                    context.getStateStore(LaneTopology.STORE));
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            Event event = decode(record.value());
            boolean last = event.transaction().last();
            if (!sequencer.accepts(event.source(), last, record.key(), record.value(), place())) {
                return;
            }
            long commitMillis = event.source().commitMillis();
            LaneRecord bytes =
                    new LaneRecord(record.key(), record.value(), event.source().sequence(), commitMillis);
            context.forward(record.withValue(new Sequenced(event, bytes)));
        }

        private Event decode(byte[] value) {
            if (value == null) {
                throw undecodable(ErrorKind.REFUSED, "it has no value", null);
            }
            try {
                return reader.read(value);
            } catch (EventFormatException e) {
                throw undecodable(ErrorKind.REFUSED, e.getMessage(), e);
            } catch (SchemaRegistryException e) {
                throw undecodable(ErrorKind.KAFKA, e.getMessage(), e);
            }
        }

        private SluiceException undecodable(ErrorKind kind, String why, Throwable cause) {
            String message = "lane " + settings.lane() + " stopped at sequence " + sequencer.next() + ": " + place()
                    + " should hold an event and cannot be read: " + why
                    + "; if another version of Sluice wrote it, run that one; if it was written by hand, `sluice remove` and prepare anew";
            return cause == null ? SluiceException.of(kind, message) : SluiceException.of(kind, message, cause);
        }

        /** Of the record being processed, which always has one: it comes from a topic. */
        private Place place() {
            RecordMetadata from = context.recordMetadata().orElseThrow();
            return new Place(from.topic(), from.partition(), from.offset());
        }
    }

    /** Decides, and goes on with releases. */
    static final class Gating implements Processor<byte[], Sequenced, byte[], Output> {
        private final LaneSettings settings;
        private final GatePlan plan;
        private final SchemaRegistry registry;
        private final LaneMeter meter;
        private LaneOutputs outputs;
        private ForeignKeyGate gate;
        private long sequence;
        private boolean last;

        Gating(LaneSettings settings, GatePlan plan, SchemaRegistry registry, LaneMeter meter) {
            this.settings = settings;
            this.plan = plan;
            this.registry = registry;
            this.meter = meter;
        }

        @Override
        public void init(ProcessorContext<byte[], Output> context) {
            LaneState state = context.getStateStore(LaneTopology.STORE);
            StreamedRowEvents rows = new StreamedRowEvents(settings.pipeline(), settings.changesTopic(), registry);
            this.gate = ForeignKeyGate.open(plan, state, rows);
            this.outputs = new LaneOutputs(context, settings, registry, rows);
            Sequencer handled = Sequencer.open(settings.lane(), settings.pipelineId(), settings.firstSequence(), state);
            this.sequence = handled.next() - 1;
            this.last = handled.lastEndsTransaction();
            report();
            context.schedule(CONTINUE_EVERY, PunctuationType.WALL_CLOCK_TIME, now -> release());
            context.schedule(PATROL_EVERY, PunctuationType.WALL_CLOCK_TIME, now -> patrol());
        }

        @Override
        public void process(Record<byte[], Sequenced> record) {
            Sequenced next = record.value();
            sequence = next.record().sequence();
            last = next.event().transaction().last();
            forward(gate.handle(next.event(), next.record()));
        }

        private void release() {
            if (gate.hasWork()) {
                forward(gate.release(sequence, last));
            }
        }

        private void patrol() {
            if (!gate.hasWork()) {
                forward(gate.patrol(sequence, last));
            }
        }

        private void forward(Decision decided) {
            outputs.forward(decided, sequence);
            report();
        }

        private void report() {
            meter.decided(sequence + 1, gate.pending(), gate.hasWork());
        }
    }
}
