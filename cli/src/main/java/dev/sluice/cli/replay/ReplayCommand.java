package dev.sluice.cli.replay;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.run.Terminal;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replay;
import dev.sluice.sinks.postgresql.control.Replays;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice replay}. The lane's sink does the work; the command asks for it and looks on. May be repeated: it attaches to what is under way. */
@Command(
        name = "replay",
        description = {
            "Apply what a lane has brought once more, of each row the newest version: lost rows come back, none is moved to an older state.",
            "The running sink does it between two batches; new events wait meanwhile. Exit code 7 when rows are refused."
        })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ReplayCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LOOK_AGAIN_MILLIS = 250;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--from",
            paramLabel = "START",
            description =
                    "beginning, a sequence of the lane, or a time as 2026-01-31T12:00:00Z: the first transaction that the source committed then or later.")
    private @Nullable String from;

    @Option(
            names = "--tables",
            paramLabel = "TABLE",
            split = ",",
            description = "Tables of the target, schema.table (default: all).")
    private List<String> tables = List.of();

    @Option(names = "--lane", paramLabel = "LANE", description = "A lane (default: all that have such tables).")
    private @Nullable String lane;

    @Option(
            names = "--truncate",
            description = "Empty the tables first, then fill them from the beginning; the topic must hold everything.")
    private boolean truncate;

    @Option(names = "--no-wait", description = "Do not wait for the end; sluice status shows it.")
    private boolean noWait;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Start start = start();
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            Replays replays = new Replays(target.database(), configuration.pipeline());
            replays.requirePrepared();
            List<Long> ids = replays.ask(requests(configuration, target.database(), start, replays));
            // An embedded target that is open for this command only keeps sluice run out.
            boolean reached = !configuration.target().embedded()
                    || DataDirectory.readAddresses(options.dataDirectory()).isPresent();
            List<Replay> found = noWait || !reached
                    ? replays.read(ids)
                    : await(replays, ids, target.database(), configuration.pipeline());
            report(configuration.pipeline(), found, reached);
            return exitCode(found);
        }
    }

    private Start start() {
        if (from == null && !truncate) {
            throw new ParameterException(
                    spec.commandLine(), "say where to begin: --from beginning, --from SEQUENCE or --from TIME");
        }
        try {
            Start start = from == null ? Start.BEGINNING : Start.parse(from);
            if (truncate && start != Start.BEGINNING) {
                throw new ParameterException(
                        spec.commandLine(), "--truncate fills the tables from the beginning; found --from " + from);
            }
            return start;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--from: " + e.getMessage());
        }
    }

    private List<Replays.Request> requests(
            Configuration configuration, TargetDatabase database, Start start, Replays replays) {
        StoredLayout layout =
                new LaneRegistry(database, configuration.pipeline()).read().orElseThrow();
        Scope scope = Scope.of(layout, tables, lane);
        if (start.isOfOneLane() && scope.lanes().size() > 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "a sequence means another event in every lane; name one of "
                            + String.join(", ", scope.lanes().keySet()) + " with --lane");
        }
        if (truncate) {
            scope.requireComplete(layout);
            replays.requireTruncatable(scope.tables());
            scope.requireNoOtherReferring(TargetCatalog.readWithReferring(
                    database, scope.tables().stream().map(TableId::schema).collect(Collectors.toSet())));
        } else {
            requireGuarded(scope, replays.unguarded());
        }
        Logs logs = new Logs(configuration, options.dataDirectory());
        PipelineStatus status = PipelineStatus.read(database, configuration.pipeline());
        scope.lanes().keySet().forEach(name -> requireNotStopped(name, status));
        List<Replays.Request> requests = new ArrayList<>();
        scope.lanes().forEach((name, members) -> {
            long first = start.in(layout.lane(name).orElseThrow(), () -> time -> logs.sequenceAt(name, time));
            requireApplied(name, first, status.appliedSequence(name));
            logs.requireHolds(name, first);
            requests.add(new Replays.Request(name, first, members, truncate));
        });
        return requests;
    }

    private static void requireApplied(String lane, long first, long applied) {
        if (first > applied) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "lane " + lane + " is applied up to sequence " + applied + ": there is nothing to replay from "
                            + first + " on");
        }
    }

    /** A lane that has stopped by itself works nothing off. */
    private static void requireNotStopped(String lane, PipelineStatus status) {
        PipelineStatus.Lane found = status.lane(lane).orElse(null);
        if (found != null && "stopped".equals(found.state())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "lane " + lane + " has stopped: " + found.message()
                            + ". When it runs again, run this again: a replay that is under way goes on");
        }
    }

    private static void requireGuarded(Scope scope, SortedSet<TableId> unguarded) {
        unguarded.retainAll(scope.tables());
        if (!unguarded.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "rows of tables with guard: none do not say how new they are, so a replay could move them back: "
                            + unguarded + ". Replay them with --truncate, or leave them out with --tables");
        }
    }

    private List<Replay> await(Replays replays, List<Long> ids, TargetDatabase database, String pipeline)
            throws InterruptedException {
        try (Watch watch = watch()) {
            while (true) {
                List<Replay> found = replays.read(ids);
                PipelineStatus status = PipelineStatus.read(database, pipeline);
                watch.show(found, status);
                if (found.stream().noneMatch(Replay::isUnderWay)) {
                    return found;
                }
                found.stream().filter(Replay::isUnderWay).forEach(replay -> requireNotStopped(replay.lane(), status));
                Thread.sleep(LOOK_AGAIN_MILLIS);
            }
        }
    }

    private Watch watch() {
        if (Terminal.isInteractive()) {
            return new Bars(System.err);
        }
        return new Lines(json ? spec.commandLine().getErr() : spec.commandLine().getOut(), InstantSource.system());
    }

    private void report(String pipeline, List<Replay> replays, boolean reached) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode root = JSON.createObjectNode().put("pipeline", pipeline);
            ArrayNode list = root.putArray("replays");
            replays.forEach(replay -> node(list.addObject(), replay));
            out.println(root.toPrettyString());
        } else {
            replays.forEach(replay -> out.println(text(replay, reached)));
        }
        out.flush();
    }

    private static void node(ObjectNode node, Replay replay) {
        node.put("id", replay.id()).put("lane", replay.lane()).put("from", replay.from());
        ArrayNode names = node.putArray("tables");
        replay.tables().forEach(table -> names.add(table.toString()));
        node.put("truncate", replay.truncates())
                .put("state", replay.state())
                .put("done", replay.done())
                .put("total", replay.total())
                .put("refused", replay.refused())
                .put("message", replay.message());
    }

    private static String text(Replay replay, boolean reached) {
        if (replay.isFailed()) {
            return "lane " + replay.lane() + ": the replay has failed: " + replay.message();
        }
        if (replay.isDone()) {
            return String.format(
                    Locale.ROOT,
                    "lane %s: replayed %d rows, %d refused%s",
                    replay.lane(),
                    replay.total(),
                    replay.refused(),
                    replay.refused() > 0 ? "; see: sluice dead-letters list" : "");
        }
        return "lane " + replay.lane() + ": replay " + replay.progress()
                + (reached ? "; see: sluice status" : "; it begins with: sluice run");
    }

    private static int exitCode(List<Replay> replays) {
        ErrorKind failure = replays.stream()
                .filter(Replay::isFailed)
                .map(replay -> replay.failure() == null ? ErrorKind.TARGET : replay.failure())
                .findFirst()
                .orElse(null);
        if (failure != null) {
            return failure.exitCode();
        }
        return replays.stream().anyMatch(replay -> replay.refused() > 0) ? ErrorKind.INCOMPLETE.exitCode() : 0;
    }
}
