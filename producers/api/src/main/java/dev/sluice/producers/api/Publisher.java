package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.registry.SchemaRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The single producer of a lane: publishes a source's tables and then its changes, each exactly once, under gap-free sequences.
 *
 * <p>Events and the progress that covers them are in one Kafka transaction, so wherever a publisher ends, the next one goes on right behind. It opens, uses
 * and closes its source in the thread that calls {@link #run}; {@link #stop}, {@link #status} and {@link #close} are for any thread.
 *
 * <table>
 * <caption>Phases</caption>
 * <tr><td>starting</td><td>takes the lane over and finds out where to go on, or refuses</td></tr>
 * <tr><td>snapshot</td><td>some table is not yet read to its end; the tail is published up to each chunk</td></tr>
 * <tr><td>following</td><td>the tail only</td></tr>
 * <tr><td>stopped</td><td>{@code run} has ended, whatever the reason</td></tr>
 * </table>
 */
public final class Publisher implements AutoCloseable {
    private static final Duration CLOSE = Duration.ofSeconds(60);
    private static final Logger log = LoggerFactory.getLogger(Publisher.class);

    private final PublisherSettings settings;
    private final ChangeSource source;
    private final SchemaRegistry registry;
    private final Map<String, Object> kafkaProperties;
    private final InstantSource clock;
    private final FaultPoint faults;
    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile PublisherStatus status;

    private Publisher(
            PublisherSettings settings,
            ChangeSource source,
            SchemaRegistry registry,
            Map<String, Object> kafkaProperties,
            InstantSource clock,
            FaultPoint faults) {
        this.settings = settings;
        this.source = source;
        this.registry = registry;
        this.kafkaProperties = Map.copyOf(kafkaProperties);
        this.clock = clock;
        this.faults = faults;
        this.status = PublisherStatus.starting(settings.firstSequence());
    }

    /**
     * Connects to nothing yet.
     *
     * @param source not yet opened; it belongs to the publisher from here on
     * @param kafkaProperties of a Kafka client, at least {@code bootstrap.servers}
     */
    public static Publisher create(
            PublisherSettings settings,
            ChangeSource source,
            SchemaRegistry registry,
            Map<String, Object> kafkaProperties,
            InstantSource clock) {
        return create(settings, source, registry, kafkaProperties, clock, FaultPoint.NONE);
    }

    static Publisher create(
            PublisherSettings settings,
            ChangeSource source,
            SchemaRegistry registry,
            Map<String, Object> kafkaProperties,
            InstantSource clock,
            FaultPoint faults) {
        return new Publisher(settings, source, registry, kafkaProperties, clock, faults);
    }

    /**
     * Publishes until {@link #stop}; what was read by then is committed. Once only.
     *
     * @throws SluiceException kind {@code REFUSED} when the lane belongs to another incarnation, has lost records, or another producer took it over;
     *     {@code KAFKA} when the broker or the registry fails for longer than retries last; {@code SOURCE} when the source fails
     */
    public void run() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("a publisher runs once");
        }
        try {
            publish();
        } finally {
            status = status.stopped();
            closeSource();
        }
    }

    private void publish() {
        String topic = new Topics(settings.pipeline()).changes(settings.lane());
        try (LaneProducer lane = LaneProducer.connect(settings, topic, kafkaProperties, faults)) {
            ProducerProgress progress = takeOver(lane);
            EventWriter writer = new EventWriter(settings.pipeline(), topic, registry);
            RecordEncoder encoder = new RecordEncoder(topic, writer, settings.maxRecordBytes());
            source.tables().forEach(table -> encoder.register(table.target()));
            source.open(progress.position());
            Publication publication =
                    new Publication(settings, source, lane, encoder, progress, clock, faults, now -> status = now);
            log.info(
                    "{} goes on at sequence {}, {} at {}",
                    topic,
                    status.nextSequence(),
                    source.database(),
                    status.position());
            loop(publication);
        }
    }

    private ProducerProgress takeOver(LaneProducer lane) {
        LaneStart start = new LaneStart(settings);
        try (TopicEnd end = TopicEnd.connect(kafkaProperties)) {
            start.requireOurs(end, registry);
            lane.takeOver();
            return start.read(end, registry);
        }
    }

    private void loop(Publication publication) {
        while (!isStopping()) {
            pause(publication.step(this::isStopping));
        }
        publication.finish();
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Asks {@link #run} to end; returns at once. */
    public void stop() {
        stopping.countDown();
    }

    /** As of the last commit. */
    public PublisherStatus status() {
        return status;
    }

    /** Stops, waits until {@link #run} has ended, and closes the source. */
    @Override
    public void close() {
        stop();
        if (started.compareAndSet(false, true)) {
            closeSource();
        }
        try {
            if (!ended.await(CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw SluiceException.of(
                        ErrorKind.BUG, "the publisher of lane " + settings.lane() + " did not stop within " + CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeSource() {
        try {
            source.close();
        } finally {
            ended.countDown();
        }
    }

    /** An interrupt is a wish to stop. */
    private void pause(Duration time) {
        if (time.isZero()) {
            return;
        }
        try {
            boolean unused = stopping.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        }
    }
}
