package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Transformed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small histories of one table, told as the gate tells them, against the simplest account of what becomes of each row that was read. */
class RandomOutcomesTest {
    private static final int KEYS = 12;

    private static final String COUNTS = """
            SELECT t.snapshot_rows, t.snapshot_came, t.snapshot_transformed + coalesce(w.nulled, 0), coalesce(w.waiting, 0), coalesce(d.dead, 0), t.snapshot_gone,
              t.live_upserts, t.live_deletes, t.live_transformed
            FROM sluice.tables t
            LEFT JOIN (SELECT w.table_name, count(*) FILTER (WHERE nulled) AS nulled, count(*) FILTER (WHERE NOT nulled) AS waiting FROM sluice.waiting w
              WHERE w.snapshot AND NOT EXISTS (SELECT 1 FROM sluice.dead_letters d WHERE d.table_name = w.table_name AND d.key = w.key AND d.state = 'open' AND d.snapshot)
              GROUP BY 1) w USING (table_name)
            LEFT JOIN (SELECT table_name, count(*) AS dead FROM sluice.dead_letters WHERE snapshot AND state = 'open' GROUP BY 1) d USING (table_name)
            WHERE t.table_name = 'public.t'""";

    /** What is known of one row. */
    private static final class Row {
        private boolean unsettled;
        private boolean waits;
        private boolean nulled;
        /** It has an open dead letter, opened while it was unsettled. */
        private boolean dead;
        /** Sequence of the event that its open dead letter is about. */
        private long deadAt;

        private @Nullable Version newest;
    }

    private record Version(long origin, boolean read, boolean good, boolean marked) {}

    private final Map<Long, Row> rows = new HashMap<>();
    private final Set<Long> unread = new HashSet<>();
    private long came;
    private long loaded;
    private long transformed;
    private long gone;
    private long upserts;
    private long deletes;
    private long upsertsTransformed;
    private boolean loading;
    /** What happened since the last comparison. */
    private final List<String> log = new ArrayList<>();
    /** PostgreSQL refuses a version. What a newer one of its batch replaces is never tried, so it ends the batch. */
    private boolean refused;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 4})
    void everyRowThatWasReadHasOneOutcome(long seed) {
        history(new Random(seed), 120);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30})
    @Tag("exhaustive")
    void everyRowThatWasReadHasOneOutcomeInMoreHistories(long seed) {
        history(new Random(seed), 600);
    }

    private void history(Random random, int steps) {
        try (TestLane lane = TestLane.with(
                        "CREATE TABLE t (id bigint PRIMARY KEY, ref bigint, v text CHECK (v <> 'bad'))")
                .capture("t")) {
            begin(lane);
            for (int i = 0; i < steps; i++) {
                step(lane, random);
                if (refused || random.nextInt(25) == 0) {
                    refused = false;
                    compare(lane, random);
                }
            }
            while (!unread.isEmpty()) {
                read(lane, random);
            }
            end(lane);
            compare(lane, random);
            assertThat(came)
                    .as("rows read")
                    .isEqualTo(loaded
                            + transformed
                            + gone
                            + rows.values().stream()
                                    .filter(row -> row.unsettled)
                                    .count());
        }
    }

    private void compare(TestLane lane, Random random) {
        lane.applyAll(lane.settings(1 + random.nextInt(20)));
        long nulled = rows.values().stream()
                .filter(row -> row.unsettled && !row.dead && row.nulled)
                .count();
        long waiting = rows.values().stream()
                .filter(row -> row.unsettled && !row.dead && !row.nulled)
                .count();
        long dead =
                rows.values().stream().filter(row -> row.unsettled && row.dead).count();
        List<Long> expected =
                List.of(came, came, transformed + nulled, waiting, dead, gone, upserts, deletes, upsertsTransformed);
        assertThat(lane.one(COUNTS))
                .as("behind sequence " + lane.sequence() + "\n" + String.join("\n", log))
                .isEqualTo(
                        String.join("|", expected.stream().map(String::valueOf).toList()));
        log.clear();
    }

    private void begin(TestLane lane) {
        log.add("begin");
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.t", Map.of()));
        came = 0;
        loaded = 0;
        transformed = 0;
        gone = 0;
        loading = true;
        for (long key = 1; key <= KEYS; key++) {
            unread.add(key);
        }
        rows.values().forEach(row -> {
            row.unsettled = false;
            row.dead = false;
        });
    }

    private void end(TestLane lane) {
        if (loading) {
            lane.transaction(
                    lane.control(Control.Kind.SNAPSHOT_END, "public.t", Map.of(Control.ROWS, String.valueOf(came))));
            loading = false;
        }
    }

    private void step(TestLane lane, Random random) {
        int what = random.nextInt(100);
        long key = 1L + random.nextInt(KEYS);
        Row row = rows.computeIfAbsent(key, k -> new Row());
        if (what < 30 && !unread.isEmpty()) {
            read(lane, random);
        } else if (what < 60) {
            follow(lane, random, key, row);
        } else if (what < 85) {
            release(lane, random, key, row);
        } else if (what < 94) {
            delete(lane, key, row);
        } else if (what < 96) {
            truncate(lane);
        } else if (unread.isEmpty() && loading) {
            end(lane);
        } else if (!loading && what > 97) {
            begin(lane);
        }
    }

    private void read(TestLane lane, Random random) {
        long key = unread.iterator().next();
        unread.remove(key);
        came++;
        Row row = rows.computeIfAbsent(key, k -> new Row());
        // What was unsettled of it is the same row: it was written since under its key, and is read only once.
        row.unsettled = true;
        row.dead = false;
        if (random.nextInt(8) == 0) {
            log.add("rejected " + key);
            lane.transaction(TestLane.inSnapshot(lane.rejected("public.t", "[" + key + "]", "nul-character")));
            row.dead = true;
            row.deadAt = lane.sequence();
            return;
        }
        own(lane, random, key, row, version(lane, random, true));
    }

    private static Version version(TestLane lane, Random random, boolean read) {
        return new Version(lane.sequence() + 1, read, random.nextInt(6) != 0, random.nextInt(3) == 0);
    }

    private void follow(TestLane lane, Random random, long key, Row row) {
        own(lane, random, key, row, version(lane, random, false));
    }

    private void own(TestLane lane, Random random, long key, Row row, Version version) {
        Outcome[] outcomes = {Outcome.APPLY, Outcome.APPLY, Outcome.WAIT, Outcome.SET_NULL, Outcome.QUARANTINE};
        Outcome outcome = outcomes[random.nextInt(outcomes.length)];
        boolean settles = row.waits && (outcome == Outcome.APPLY || outcome == Outcome.QUARANTINE);
        boolean closes = outcome == Outcome.WAIT && random.nextBoolean();
        log.add("own " + outcome + " of " + key + ", settles " + settles + ", " + version);
        lane.append(outcome, true, closes, settles, "r", draft(lane, key, version, outcome));
        happened(row, version, outcome);
        if (closes) {
            released(lane, random, key, row, version);
        }
    }

    private void release(TestLane lane, Random random, long key, Row row) {
        Version newest = row.newest;
        if (!row.waits || newest == null) {
            return;
        }
        lane.transaction(lane.control(Control.Kind.HEARTBEAT, null, Map.of()));
        released(lane, random, key, row, newest);
    }

    /** Under the newest sequence, which may be the one of the version's own event. */
    private void released(TestLane lane, Random random, long key, Row row, Version newest) {
        Outcome[] outcomes = {Outcome.APPLY, Outcome.APPLY, Outcome.WAIT, Outcome.SET_NULL, Outcome.QUARANTINE};
        Outcome outcome = outcomes[random.nextInt(outcomes.length)];
        boolean settles = outcome == Outcome.APPLY || outcome == Outcome.QUARANTINE;
        log.add("release " + outcome + " of " + key + ", " + newest);
        TestLane.Draft draft = draft(lane, key, newest, outcome);
        lane.send(
                new OrderedHeader(outcome, true, false, settles, lane.sequence(), newest.origin, "r", true, false),
                draft.at(lane.source(newest.origin, TestLane.PIPELINE_ID), TestLane.place(true)));
        happened(row, newest, outcome);
    }

    private TestLane.Draft draft(TestLane lane, long key, Version version, Outcome outcome) {
        List<Transformed> marks = new ArrayList<>();
        if (version.marked) {
            marks.add(new Transformed("truncate", "v"));
        }
        boolean nulls = outcome == Outcome.SET_NULL;
        if (nulls) {
            marks.add(new Transformed(Transformed.SET_NULL, "ref"));
        }
        // A row that is written without its reference is accepted here.
        String value = version.good || nulls ? "good" + version.origin : "bad";
        TestLane.Draft draft = (source, transaction) -> new Change(
                lane.table("t"),
                version.read ? Op.READ : Op.UPDATE,
                null,
                new @Nullable Object[] {key, nulls ? null : 7L, value},
                Set.of(),
                source,
                transaction,
                0,
                marks);
        return version.read ? TestLane.inSnapshot(draft) : draft;
    }

    private void happened(Row row, Version version, Outcome outcome) {
        switch (outcome) {
            case WAIT -> {
                row.waits = true;
                row.nulled = false;
                row.newest = version;
            }
            case SET_NULL -> {
                applied(version, true);
                if (row.dead && version.origin > row.deadAt) {
                    settled(row, version, true);
                }
                row.waits = true;
                row.nulled = true;
                row.newest = version;
            }
            case QUARANTINE -> dead(row, version);
            default -> {
                if (version.good) {
                    applied(version, version.marked);
                    settled(row, version, version.marked);
                } else {
                    dead(row, version);
                    refused = true;
                }
            }
        }
    }

    private void applied(Version version, boolean marked) {
        if (!version.read) {
            upserts++;
            upsertsTransformed += marked ? 1 : 0;
        }
    }

    private void settled(Row row, Version version, boolean marked) {
        row.waits = false;
        row.nulled = false;
        if (row.dead && version.origin < row.deadAt) {
            return;
        }
        if (row.unsettled) {
            loaded += marked ? 0 : 1;
            transformed += marked ? 1 : 0;
        }
        row.unsettled = false;
        row.dead = false;
    }

    private static void dead(Row row, Version version) {
        row.dead = row.unsettled;
        row.deadAt = Math.max(row.deadAt, version.origin);
        row.waits = false;
        row.nulled = false;
    }

    private void delete(TestLane lane, long key, Row row) {
        log.add("delete of " + key + ", waits " + row.waits + " nulled " + row.nulled);
        if (row.waits && !row.nulled) {
            lane.append(Outcome.FORGET, true, false, true, null, lane.delete("t", key));
        } else {
            lane.append(Outcome.APPLY, true, false, row.waits, null, lane.delete("t", key));
            deletes++;
        }
        left(row);
    }

    private void truncate(TestLane lane) {
        log.add("truncate");
        lane.transaction(lane.truncate("t"));
        deletes++;
        rows.values().forEach(this::left);
    }

    private void left(Row row) {
        if (row.unsettled) {
            boolean written = row.nulled && !row.dead;
            gone += written ? 0 : 1;
            transformed += written ? 1 : 0;
        }
        row.unsettled = false;
        row.dead = false;
        row.waits = false;
        row.nulled = false;
    }
}
