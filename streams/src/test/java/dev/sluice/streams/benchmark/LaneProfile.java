package dev.sluice.streams.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/** Samples of the lane's thread by Java Flight Recorder, by what it was busy with. Waiting is left out. */
final class LaneProfile implements AutoCloseable {
    /** The innermost frame that belongs to one of these decides. */
    enum Part {
        ROCKSDB("RocksDB", "org.rocksdb."),
        CHANGELOG("writing the changelog", "org.apache.kafka.streams.state.internals.ChangeLogging"),
        ORDERED("writing `ordered`", "org.apache.kafka.streams.processor.internals.SinkNode"),
        STATE("state in memory", "dev.sluice.streams.state.LaneStore"),
        DECODING("decoding events", "dev.sluice.schemas.event.EventReader"),
        SEQUENCER("sequencer", "dev.sluice.streams.sequence."),
        GATE("foreign-key gate", "dev.sluice.streams.gate."),
        PROCESSORS("processors", "dev.sluice.streams."),
        COMMIT("committing, without the state", "org.apache.kafka.streams.processor.internals.TaskExecutor.commit"),
        POLL("consumer", "org.apache.kafka.clients.consumer."),
        STREAMS("Kafka Streams itself", "");

        private final String title;
        private final String prefix;

        Part(String title, String prefix) {
            this.title = title;
            this.prefix = prefix;
        }

        String title() {
            return title;
        }
    }

    private static final String[] WAITING = {
        "sun.nio.ch.EPoll",
        "sun.nio.ch.Net",
        "jdk.internal.misc.Unsafe.park",
        "sun.nio.ch.IOUtil",
        "java.lang.Object.wait"
    };

    private final Recording recording = new Recording();

    private LaneProfile() {
        Duration period = Duration.ofMillis(10);
        recording.enable("jdk.ExecutionSample").withPeriod(period);
        recording.enable("jdk.NativeMethodSample").withPeriod(period);
        recording.start();
    }

    static LaneProfile start() {
        return new LaneProfile();
    }

    /** Parts of one. */
    Map<Part, Double> stop() throws IOException {
        recording.stop();
        Path file = Files.createTempFile("lane", ".jfr");
        try {
            recording.dump(file);
            return parts(file);
        } finally {
            Files.delete(file);
        }
    }

    private static Map<Part, Double> parts(Path file) throws IOException {
        Map<Part, Integer> samples = new EnumMap<>(Part.class);
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            RecordedThread thread = event.hasField("sampledThread") ? event.getThread("sampledThread") : null;
            if (thread != null && isLanes(thread.getJavaName()) && event.getStackTrace() != null && !isWaiting(event)) {
                samples.merge(part(event), 1, Integer::sum);
            }
        }
        double all = samples.values().stream().mapToInt(Integer::intValue).sum();
        Map<Part, Double> parts = new EnumMap<>(Part.class);
        samples.forEach((part, count) -> parts.put(part, count / all));
        return parts;
    }

    static boolean isLanes(String thread) {
        return thread != null && thread.endsWith("-StreamThread-1");
    }

    private static boolean isWaiting(RecordedEvent event) {
        String innermost = name(event.getStackTrace().getFrames().get(0));
        for (String waiting : WAITING) {
            if (innermost.startsWith(waiting)) {
                return true;
            }
        }
        return false;
    }

    private static Part part(RecordedEvent event) {
        for (RecordedFrame frame : event.getStackTrace().getFrames()) {
            String name = name(frame);
            for (Part part : Part.values()) {
                if (part != Part.STREAMS && name.startsWith(part.prefix)) {
                    return part;
                }
            }
        }
        return Part.STREAMS;
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    @Override
    public void close() {
        recording.close();
    }
}
