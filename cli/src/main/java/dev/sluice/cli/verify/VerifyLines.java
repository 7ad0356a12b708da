package dev.sluice.cli.verify;

import dev.sluice.cli.run.LoadLine;
import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** For a file or a pipe: now and then a line, of the way through the source and then of what follows. */
final class VerifyLines implements VerifyView {
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final PrintWriter out;
    private final InstantSource clock;
    private final Map<TableId, Progress> tables = new LinkedHashMap<>();
    private Instant next = Instant.MIN;
    private @Nullable Instant began;
    private long atTheBeginning;
    private final Held held = new Held();

    VerifyLines(PrintWriter out, InstantSource clock) {
        this.out = out;
        this.clock = clock;
    }

    private record Progress(String step, long keys, long expected) {
        private boolean moves() {
            return keys > 0 && keys < expected;
        }
    }

    @Override
    public synchronized void compared(TableId table, String step, long keys, long expected) {
        Progress before = tables.put(table, new Progress(step, keys, Math.max(keys, expected)));
        Instant now = clock.instant();
        // Keys that are looked at once more begin to count anew.
        if (began == null || (before != null && keys < before.keys())) {
            began = now;
            atTheBeginning = keys();
        }
        if (!now.isBefore(next)) {
            next = now.plus(EVERY);
            line(now);
        }
    }

    private long keys() {
        return tables.values().stream().mapToLong(Progress::keys).sum();
    }

    private void line(Instant now) {
        long keys = keys();
        double seconds = began == null ? 0 : Duration.between(began, now).toMillis() / 1e3;
        say(LoadLine.of(
                "verify",
                keys,
                tables.values().stream().mapToLong(Progress::expected).sum(),
                seconds <= 0 ? 0 : (keys - atTheBeginning) / seconds,
                tables.entrySet().stream()
                        .filter(table -> table.getValue().moves())
                        .map(table -> table.getKey() + " " + table.getValue().step())
                        .toList()));
    }

    @Override
    public synchronized void held(String why) {
        held.line(why, clock.instant()).ifPresent(line -> say("verify  " + line));
    }

    @Override
    public synchronized void say(String line) {
        out.println(line);
        out.flush();
    }

    @Override
    public synchronized void close() {
        out.flush();
    }
}
