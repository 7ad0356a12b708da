package dev.sluice.verification;

import dev.sluice.producers.api.ChangeSource;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * Compares source and target, key by key, while both are written.
 *
 * <p>A key is called unequal only when it is at one moment of the one order of its lane, or, without a running pipeline, each time it was looked at. Every unequal key is kept. What has been compared stays compared: a comparison that was
 * killed is gone on with. Writes nothing but schema {@code sluice}. Memory is bounded by chunks, whatever the number of rows or of unequal keys.
 *
 * <p>One comparison of a pipeline at a time; whoever uses this sees to that.
 */
public final class Verification {
    private final Ledger ledger;
    private final Supplier<ChangeSource> sources;
    private final TargetSessions sessions;
    private final Passage passage;
    private final VerificationSettings settings;
    private final InstantSource clock;
    private final Findings findings;

    private Verification(
            String pipeline,
            Supplier<ChangeSource> sources,
            TargetSessions sessions,
            Passage passage,
            VerificationSettings settings,
            InstantSource clock) {
        this.ledger = new Ledger(pipeline);
        this.sources = sources;
        this.sessions = sessions;
        this.passage = passage;
        this.settings = settings;
        this.clock = clock;
        this.findings = new Findings(sessions, pipeline);
    }

    /** @param sources each call gives an opened source of its own, which is closed here */
    public static Verification of(
            String pipeline,
            Supplier<ChangeSource> sources,
            TargetSessions target,
            Passage passage,
            VerificationSettings settings,
            InstantSource clock) {
        return new Verification(pipeline, sources, target, passage, settings, clock);
    }

    /**
     * Compares tables. Goes on with a comparison of the same tables and mode that was killed, unless {@code fresh}.
     *
     * @param samplePercent of the keys, in mode {@code SAMPLE}
     * @throws SluiceException of kind SOURCE or TARGET when one of them fails for longer than retries last; what was compared by then is not compared again
     */
    public Result run(
            Mode mode, double samplePercent, List<TableTask> tasks, boolean fresh, VerificationListener listener) {
        List<TableTask> tables = BaseTypes.resolved(sessions, tasks);
        double percent = mode == Mode.SAMPLE ? samplePercent : 100;
        boolean live = passage.isOpen();
        long id = begin(mode, percent, tables, live, fresh, listener);
        announce(tables, listener);
        RunContext context = context(id, percent, live, tables, listener);
        forEach(tables, context, (task, source) -> {
            if (mode == Mode.COUNTS) {
                new CountRun(context, task, source).toTheEnd();
            } else {
                new TableRun(context, task, source).toTheEnd();
            }
        });
        sessions.inTransaction(connection -> {
            ledger.end(connection, id);
            return true;
        });
        return findings.read(id).orElseThrow();
    }

    /** How much there is to do, before anything is done. */
    private void announce(List<TableTask> tables, VerificationListener listener) {
        try (SourceReader source = new SourceReader(sources)) {
            for (TableTask task : tables) {
                long rows = source.ask(() -> source.description().estimateRows(task.id()));
                listener.compared(task.id(), "pending", 0, rows);
            }
        }
    }

    private RunContext context(
            long id, double percent, boolean live, List<TableTask> tables, VerificationListener listener) {
        List<String> lanes = tables.stream().map(TableTask::lane).distinct().toList();
        Brake brake = new Brake(clock, settings);
        return new RunContext(
                id,
                percent,
                live,
                lanes,
                sessions,
                ledger,
                passage,
                settings,
                brake,
                listener,
                clock,
                new CountDownLatch(1));
    }

    private void forEach(List<TableTask> tables, RunContext context, Workers.Work work) {
        LagWatch watch = LagWatch.start(context);
        try {
            new Workers(sources, settings.parallelism()).forEach(tables, work, context.stopping()::countDown);
        } finally {
            watch.close();
        }
    }

    private long begin(
            Mode mode,
            double percent,
            List<TableTask> tables,
            boolean live,
            boolean fresh,
            VerificationListener listener) {
        List<String> names = tables.stream().map(task -> task.id().toString()).toList();
        String fingerprint = Fingerprint.of(tables, settings);
        return sessions.inTransaction(connection -> {
            Optional<Ledger.Unfinished> unfinished =
                    fresh ? Optional.empty() : ledger.unfinished(connection, mode, percent, names, fingerprint);
            long id = unfinished.isPresent()
                    ? unfinished.get().id()
                    : ledger.begin(connection, mode, percent, names, fingerprint, live);
            for (long abandoned : ledger.abandonOthers(connection, id)) {
                listener.say("gives up comparison " + abandoned + ", which was stopped before its end");
            }
            if (unfinished.isPresent()) {
                ledger.goOn(connection, id, live);
                listener.say("goes on with comparison " + id + ", which was begun at "
                        + unfinished.get().startedAt().truncatedTo(ChronoUnit.SECONDS) + " and stopped before its end");
            }
            return id;
        });
    }

    /**
     * Compares again only the keys that were not equal in the newest full comparison of each of these tables.
     *
     * @throws SluiceException of kind REFUSED when one of them was never compared to its end
     */
    public Result recheck(List<TableTask> tables, VerificationListener listener) {
        boolean live = passage.isOpen();
        Map<TableTask, Long> newest = newest(BaseTypes.resolved(sessions, tables));
        newest.forEach((task, id) -> {
            RunContext context = context(id, 100, live, List.of(task), listener);
            forEach(List.of(task), context, (t, source) -> again(context, t, source));
        });
        return findings.read(ids(newest)).rechecked(clock.instant(), live);
    }

    private static void again(RunContext context, TableTask task, SourceReader source) {
        TableRun run = new TableRun(context, task, source);
        long looked = 0;
        List<String> page = unequal(context, task, "");
        while (!page.isEmpty()) {
            context.pause(task.id());
            run.again(page);
            looked += page.size();
            context.listener().compared(task.id(), "settling", looked, looked);
            page = unequal(context, task, page.get(page.size() - 1));
        }
    }

    private static List<String> unequal(RunContext context, TableTask task, String after) {
        return context.sessions()
                .inTransaction(connection -> context.ledger()
                        .found()
                        .unequal(connection, context.id(), task.id(), List.of(), after, ChangeSource.MAX_KEYS));
    }

    /**
     * Asks for every key that can be repaired of the newest full comparison of each of these tables, and compares it again. Parents before children, and what is extra the other way round.
     *
     * @param tables parents before children
     * @throws SluiceException of kind REFUSED when one of them was never compared to its end, or the pipeline does not run
     */
    public Result repair(List<TableTask> tables, VerificationListener listener) {
        if (!passage.isOpen()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "nothing can be repaired while the pipeline does not run: its producer reads the keys again. Start it with: sluice run");
        }
        Map<TableTask, Long> newest = newest(BaseTypes.resolved(sessions, tables));
        List<Map.Entry<TableTask, Long>> order = new ArrayList<>(newest.entrySet());
        repair(order, Set.of(Verdict.MISSING, Verdict.DIFFERENT), listener);
        Collections.reverse(order);
        repair(order, Set.of(Verdict.EXTRA), listener);
        return findings.read(ids(newest)).rechecked(clock.instant(), true);
    }

    private void repair(List<Map.Entry<TableTask, Long>> tables, Set<Verdict> verdicts, VerificationListener listener) {
        for (Map.Entry<TableTask, Long> table : tables) {
            RunContext context = context(table.getValue(), 100, true, List.of(table.getKey()), listener);
            forEach(
                    List.of(table.getKey()),
                    context,
                    (task, source) -> new Repair(context, task, source).repair(verdicts));
        }
    }

    private Map<TableTask, Long> newest(List<TableTask> tables) {
        return sessions.inTransaction(connection -> {
            Map<TableTask, Long> newest = new LinkedHashMap<>();
            for (TableTask task : tables) {
                newest.put(
                        task,
                        ledger.newest(connection, task.id())
                                .orElseThrow(
                                        () -> SluiceException.of(
                                                ErrorKind.REFUSED,
                                                "table " + task.id()
                                                        + " was never compared in full to its end; compare it with: sluice verify")));
            }
            return newest;
        });
    }

    private static Map<TableId, Long> ids(Map<TableTask, Long> newest) {
        Map<TableId, Long> ids = new LinkedHashMap<>();
        newest.forEach((task, id) -> ids.put(task.id(), id));
        return ids;
    }
}
