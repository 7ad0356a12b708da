package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
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
 * The single producer of a pipeline's lanes: publishes a source's tables and then its changes, each exactly once, under gap-free sequences by lane.
 *
 * <p>Events of all lanes and the progress that covers them are in one Kafka transaction, so wherever a publisher ends, the next one goes on right behind. It opens, uses
 * and closes its source in the thread that calls {@link #run}; {@link #stop}, {@link #status} and {@link #close} are for any thread.
 *
 * <table>
 * <caption>Phases</caption>
 * <tr><td>starting</td><td>takes the lanes over and finds out where to go on, or refuses</td></tr>
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
        this.status = PublisherStatus.starting(settings.lanes().firstSequences());
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
     * @throws SluiceException kind {@code REFUSED} when a lane belongs to another incarnation or has lost records, the layout changed, or another producer took over;
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
        try (LaneProducer producer = LaneProducer.connect(settings, kafkaProperties, faults)) {
            ProducerProgress progress = takeOver(producer);
            Lanes lanes = Lanes.resume(settings, source, registry, clock, progress);
            source.open(progress.position());
            follow(producer, lanes, progress);
        }
    }

    private void follow(LaneProducer producer, Lanes lanes, ProducerProgress progress) {
        String topic = new Topics(settings.pipeline()).signals();
        try (SignalReader signals = SignalReader.connect(kafkaProperties, topic, progress.signalsOffset(), clock)) {
            Publication publication = new Publication(
                    settings, source, producer, lanes, signals, progress, clock, faults, now -> status = now);
            log.info(
                    "pipeline {} goes on at sequence {}, {} at {}",
                    settings.pipeline(),
                    status.nextSequences(),
                    source.database(),
                    status.position());
            loop(publication);
        }
    }

    private ProducerProgress takeOver(LaneProducer producer) {
        LaneStart start = new LaneStart(
                settings,
                source.tables().stream().map(table -> table.target().id()).toList());
        try (TopicEnd end = TopicEnd.connect(kafkaProperties)) {
            start.requireOurs(end, registry);
            producer.takeOver();
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
                        ErrorKind.BUG,
                        "the publisher of pipeline " + settings.pipeline() + " did not stop within " + CLOSE);
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
