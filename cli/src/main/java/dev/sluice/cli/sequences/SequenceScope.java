package dev.sluice.cli.sequences;

import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.CapturedTables;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.SourceCounter;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tables are looked at, and how far the source has counted their keys.
 *
 * @param counters by table and column of the target
 * @param sourceAsked whether the counters are all that there are
 */
record SequenceScope(List<TableId> tables, Map<TableId, Map<String, Long>> counters, boolean sourceAsked) {
    /** What the target knows of the pipeline. */
    static SequenceScope withoutSource(PipelineStatus status) {
        List<TableId> tables =
                status.tables().stream().map(PipelineStatus.TableStatus::table).toList();
        return new SequenceScope(tables, Map.of(), false);
    }

    /** @throws SluiceException of kind SOURCE where it cannot be read, CONFIGURATION where the two sides do not fit together */
    static SequenceScope of(Configuration configuration, TargetDatabase target) {
        SourceConnector source = Sources.of(configuration);
        try {
            List<CapturedTable> captured = CapturedTables.read(configuration, source, target);
            List<TableId> tables =
                    captured.stream().map(table -> table.target().id()).toList();
            return new SequenceScope(tables, counters(captured, source.counters()), true);
        } catch (SluiceException e) {
            if (e.kind() != ErrorKind.SOURCE) {
                throw e;
            }
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    e.getMessage()
                            + "; the source may have given out greater keys than the target's rows have: where that does not matter, give --without-source",
                    e);
        }
    }

    private static Map<TableId, Map<String, Long>> counters(
            List<CapturedTable> captured, List<SourceCounter> counters) {
        Map<TableId, Map<String, Long>> byColumn = new HashMap<>();
        for (CapturedTable table : captured) {
            for (SourceCounter counter : counters) {
                int index = table.sourceColumns().indexOf(counter.column());
                if (counter.table().equals(table.sourceName()) && index >= 0) {
                    byColumn.computeIfAbsent(table.target().id(), id -> new HashMap<>())
                            .put(table.target().columns().get(index).name(), counter.last());
                }
            }
        }
        return byColumn;
    }
}
