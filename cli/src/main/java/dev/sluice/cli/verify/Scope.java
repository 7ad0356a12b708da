package dev.sluice.cli.verify;

import dev.sluice.cli.binding.TableSearch;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.cli.prepare.CapturedTables;
import dev.sluice.cli.report.MaskedKeys;
import dev.sluice.cli.signals.TableLanes;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.TableTask;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What is compared.
 *
 * @param captured all tables of the pipeline, which a source is opened with
 */
record Scope(String pipelineId, List<CapturedTable> captured, List<TableTask> tasks, Map<TableId, String> laneOf) {
    /** @throws SluiceException when something that was asked for cannot be compared now */
    static Scope read(
            Configuration configuration,
            SourceConnector connector,
            TargetDatabase target,
            Ask ask,
            InstantSource clock) {
        String pipeline = configuration.pipeline();
        PipelineStatus status = PipelineStatus.read(target, pipeline);
        String pipelineId = status.pipeline()
                .orElseThrow(() -> SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "pipeline " + pipeline + " is not prepared; start it with: sluice run"))
                .pipelineId();
        // An older control schema has no tables for what is found.
        new TargetPreparation(target, pipeline, clock).requireCurrent();
        List<CapturedTable> captured = CapturedTables.read(configuration, connector, target);
        List<TableId> all = captured.stream().map(table -> table.target().id()).toList();
        Set<TableId> wanted = ask.tables().isEmpty() ? Set.copyOf(all) : TableSearch.find(ask.tables(), all);
        requireLive(status, wanted);
        if (ask.what().repairs()) {
            Passages.requireSomePart(pipeline, status);
        }
        Map<TableId, String> laneOf = TableLanes.read(target, pipeline, wanted);
        return new Scope(pipelineId, captured, Tasks.of(configuration, captured, laneOf, target), laneOf);
    }

    private static void requireLive(PipelineStatus status, Set<TableId> wanted) {
        Map<TableId, String> phases = status.tables().stream()
                .collect(Collectors.toMap(PipelineStatus.TableStatus::table, PipelineStatus.TableStatus::phase));
        refuse(
                wanted,
                table -> !phases.containsKey(table),
                " are not part of the pipeline yet. sluice run prepares and loads them; until then name others with --tables");
        refuse(
                wanted,
                table -> !"live".equals(phases.get(table)),
                " are still being read from the source, so that nothing can be told of them yet. Wait until sluice status calls them live (sluice run loads them), or name others with --tables");
    }

    private static void refuse(Set<TableId> wanted, Predicate<TableId> not, String why) {
        List<TableId> found = wanted.stream().filter(not).sorted().toList();
        if (!found.isEmpty()) {
            throw SluiceException.of(ErrorKind.REFUSED, "tables " + found + why);
        }
    }

    List<TableId> notCompared() {
        return captured.stream()
                .map(table -> table.target().id())
                .filter(table -> !laneOf.containsKey(table))
                .toList();
    }

    List<TableId> oneOfEachLane() {
        return List.copyOf(laneOf.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey, (one, other) -> one))
                .values());
    }

    /** Of keys of the compared tables. */
    MaskedKeys keyMasks(Masks masks, TargetDatabase target) {
        return MaskedKeys.read(masks, target, tasks.stream().map(TableTask::id).toList());
    }

    /** Names of masked columns of any table of the pipeline: a check may be about each. */
    Set<String> masked(Masks masks) {
        Set<String> names = new HashSet<>();
        captured.forEach(table -> names.addAll(masks.of(table.target().id())));
        return names;
    }
}
