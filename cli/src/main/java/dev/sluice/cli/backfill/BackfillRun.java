package dev.sluice.cli.backfill;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.cli.signals.TableLanes;
import dev.sluice.cli.stations.RunningLog;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replays;
import dev.sluice.sinks.postgresql.control.WaitingList;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** A backfill from its asking to the end: read again, applied, and what the source has no more let go. */
final class BackfillRun {
    private static final String ADOPTED =
            "the table is adopted: it may hold rows of its own, and without column _sluice_seq nobody can tell them apart";

    private final String pipeline;
    private final Map<String, Object> kafka;
    private final boolean ownBroker;
    private final TargetDatabase target;
    private final ChangeSource source;
    private final BackfillView view;
    private final InstantSource clock;
    private final Configuration configuration;
    private final Path dataDirectory;

    /** @param source opened, of this command's own */
    BackfillRun(
            Configuration configuration,
            Path dataDirectory,
            TargetDatabase target,
            ChangeSource source,
            BackfillView view,
            InstantSource clock) {
        this.configuration = configuration;
        this.dataDirectory = dataDirectory;
        this.pipeline = configuration.pipeline();
        this.kafka = RunningLog.kafka(configuration, dataDirectory);
        this.ownBroker = configuration.kafka().embedded();
        this.target = target;
        this.source = source;
        this.view = view;
        this.clock = clock;
    }

    /**
     * @param noWait whether it is over when it was asked for
     * @param asked told then
     * @param report takes the result and gives the exit code
     */
    int run(Request request, boolean noWait, Consumer<Standing> asked, ToIntFunction<BackfillReport> report) {
        Map<TableId, String> laneOf = TableLanes.read(target, pipeline, request.ids());
        Set<String> lanes = new TreeSet<>(laneOf.values());
        try (SignalTopic signals = SignalTopic.of(pipeline, kafka);
                ControlEvents events = ControlEvents.fromNow(
                        pipeline, lanes, RunningLog.registry(configuration, dataDirectory), kafka)) {
            Standing standing = Standing.of(request, pipeline, signals, kafka);
            view.say(
                    standing.attached()
                            ? "the same backfill is under way already, by signal " + standing.signal()
                            : "asked the publisher to read " + request.ids() + " again, by signal "
                                    + standing.signal());
            if (noWait) {
                asked.accept(standing);
                return 0;
            }
            Following following = new Following(target, pipeline, kafka, ownBroker, events, clock, view::say);
            following.expect(standing, lanes, refused -> refused.another(request, pipeline, kafka));
            ReadAgain again = new ReadAgain(request.tables(), standing.attached(), source::estimateRows);
            following.await(
                    (lane, control) -> again.hear(control),
                    status -> view.reading(again.look(status, laneOf), clock.instant()));
            Standing followed = following.standing(standing);
            ExtraRows extra = new ExtraRows(source, target, signals, following, laneOf, view, clock);
            awaitTruncates(request, following);
            Map<TableId, ExtraRows.Outcome> outcomes = remove(extra, request);
            return report.applyAsInt(new BackfillReport(pipeline, followed, tables(request), outcomes));
        }
    }

    /** A table that others refer to is emptied row by row, which may go on behind what was read of it. */
    private void awaitTruncates(Request request, Following following) {
        WaitingList waiting = new WaitingList(target, pipeline);
        if (request.truncate()) {
            following.awaitThat(() -> !waiting.isTruncating(request.ids()));
        }
    }

    /** Children first, so that none keeps its parent. */
    private Map<TableId, ExtraRows.Outcome> remove(ExtraRows extra, Request request) {
        Set<TableId> unguarded = new Replays(target, pipeline).unguarded();
        List<CapturedTable> childrenFirst = new ArrayList<>(request.searched());
        Collections.reverse(childrenFirst);
        Map<TableId, ExtraRows.Outcome> outcomes = new HashMap<>();
        for (CapturedTable table : childrenFirst) {
            TableId id = table.target().id();
            boolean adopted = request.adopted().contains(id);
            outcomes.put(
                    id,
                    adopted && unguarded.contains(id)
                            ? ExtraRows.Outcome.notLookedFor(ADOPTED)
                            : extra.remove(table, adopted));
        }
        return outcomes;
    }

    private List<PipelineStatus.TableStatus> tables(Request request) {
        return PipelineStatus.read(target, pipeline).tables().stream()
                .filter(table -> request.ids().contains(table.table()))
                .toList();
    }
}
