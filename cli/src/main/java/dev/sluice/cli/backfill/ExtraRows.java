package dev.sluice.cli.backfill;

import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.ExtraKeys;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets rows leave the target that the source has no more, although no change said so. They are found by their keys; then the producer is asked for these keys, and its own
 * reading, in order with the changes, settles it: a row that came back meanwhile stays.
 */
final class ExtraRows {
    /** Bounds what is held of a table that is full of them. */
    private static final int KEYS_AT_ONCE = ChangeSource.MAX_KEYS;

    private final ChangeSource source;
    private final TargetDatabase target;
    private final SignalTopic signals;
    private final Following following;
    private final Map<TableId, String> laneOf;
    private final BackfillView view;
    private final InstantSource clock;

    ExtraRows(
            ChangeSource source,
            TargetDatabase target,
            SignalTopic signals,
            Following following,
            Map<TableId, String> laneOf,
            BackfillView view,
            InstantSource clock) {
        this.source = source;
        this.target = target;
        this.signals = signals;
        this.following = following;
        this.laneOf = laneOf;
        this.view = view;
        this.clock = clock;
    }

    /**
     * What became of a table's extra rows.
     *
     * @param left how many are gone
     * @param kept how many the target still has: they are held, because rows refer to them, or they came back
     * @param obstacle why none were looked for; null when they were
     */
    record Outcome(long left, long kept, @Nullable String obstacle) {
        static Outcome notLookedFor(String why) {
            return new Outcome(0, 0, why);
        }
    }

    /**
     * Returns when the target has applied what was asked for.
     *
     * @param onlyWritten whether rows that Sluice never wrote stay
     */
    Outcome remove(CapturedTable captured, boolean onlyWritten) {
        Table table = captured.target();
        Optional<String> obstacle = ExtraKeys.obstacle(source, table);
        if (obstacle.isPresent()) {
            return Outcome.notLookedFor(obstacle.get());
        }
        ExtraKeys extra = onlyWritten ? ExtraKeys.ofRowsWritten(source, table) : ExtraKeys.of(source, table);
        List<@Nullable Object[]> found = new ArrayList<>();
        long all = 0;
        long kept = 0;
        while (!extra.isAtEnd()) {
            found.addAll(target.withConnection(extra::next));
            view.searching(table.id(), extra.seen(), clock.instant());
            if (found.size() >= KEYS_AT_ONCE || (extra.isAtEnd() && !found.isEmpty())) {
                all += found.size();
                kept += settle(table.id(), extra, found);
                found.clear();
            }
        }
        return new Outcome(all - kept, kept, null);
    }

    /** How many of the keys the target still has. */
    private long settle(TableId table, ExtraKeys extra, List<@Nullable Object[]> keys) {
        String last = SignalTopic.newId("backfill-extra");
        following.expect(last, Set.of(laneOf.getOrDefault(table, "")));
        signals.refresh("backfill-extra", table, keys.stream().map(KeyText::of).toList(), last);
        following.await((lane, control) -> {}, status -> {});
        return target.withConnection(connection -> extra.count(connection, keys));
    }
}
