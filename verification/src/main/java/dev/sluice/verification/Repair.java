package dev.sluice.verification;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Has the producer read keys of one table again that differ, and compares them once more. Writes nothing to the target itself. */
final class Repair {
    private static final int KEYS_AT_ONCE = 1_000;

    private final RunContext run;
    private final TableTask task;
    private final SourceReader source;

    /** @param run of the comparison that found the keys */
    Repair(RunContext run, TableTask task, SourceReader source) {
        this.run = run;
        this.task = task;
        this.source = source;
    }

    /** Keys with one of these verdicts. */
    void repair(Set<Verdict> verdicts) {
        boolean extra = verdicts.contains(Verdict.EXTRA);
        if (extra && !ExtraKeys.areSpeltAlike(Keys.columns(task.captured().target()))) {
            if (!page(verdicts, "").isEmpty()) {
                // Asked for by the target's spelling, a row would go that the source has under another one.
                run.listener()
                        .say(
                                "extra rows of table " + task.id()
                                        + " are not repaired: the target may spell its keys in another way than the source. Look at them, and delete them by hand");
            }
            return;
        }
        TableRun table = new TableRun(run, task, source);
        long asked = 0;
        List<String> page = page(verdicts, "");
        while (!page.isEmpty()) {
            run.pause(task.id());
            List<String> keys = extra ? ours(page) : page;
            if (!keys.isEmpty()) {
                run.passage().refresh(task.id(), keys);
                run.sessions().inTransaction(connection -> {
                    run.ledger().found().asked(connection, run.id(), task.id(), keys);
                    return true;
                });
                table.again(keys);
                asked += keys.size();
                run.listener().compared(task.id(), "repair", asked, asked);
            }
            page = page(verdicts, page.get(page.size() - 1));
        }
    }

    private List<String> page(Set<Verdict> verdicts, String after) {
        return run.sessions()
                .inTransaction(connection ->
                        run.ledger().found().unequal(connection, run.id(), task.id(), verdicts, after, KEYS_AT_ONCE));
    }

    /** An adopted table may hold rows of its own, which nobody but its owner takes away. */
    private List<String> ours(List<String> keys) {
        if (!task.adopted()) {
            return keys;
        }
        Map<String, Long> sequences = run.sessions().inTransaction(connection -> {
            Snapshots.begin(connection);
            TargetTable target = new TargetTable(task.captured().target(), task.guarded());
            Map<String, Long> found = new HashMap<>();
            target.lookUp(
                    connection,
                    Keys.parse(task.captured().target(), keys),
                    (ordinal, row) -> found.put(keys.get(ordinal), row.sequence()));
            return found;
        });
        List<String> ours = new ArrayList<>(keys);
        ours.removeIf(key -> sequences.getOrDefault(key, TargetSql.NO_SEQUENCE) == TargetSql.NO_SEQUENCE);
        if (ours.size() < keys.size()) {
            run.listener()
                    .say("table " + task.id() + " is adopted: " + (keys.size() - ours.size())
                            + " extra rows that Sluice never wrote stay");
        }
        return ours;
    }
}
