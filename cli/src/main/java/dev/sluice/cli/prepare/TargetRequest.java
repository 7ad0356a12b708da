package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.binding.ExpressionBinder;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.GuardMode;
import dev.sluice.cli.config.TriggerMode;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import java.util.Set;
import java.util.stream.Collectors;

/** What the configuration asks of the target. */
final class TargetRequest {
    private TargetRequest() {}

    /** Rows that are there already are {@link TargetShape#unadopted}'s concern, table by table. */
    static PreparationRequest of(
            Configuration configuration, String sourceKind, String pipelineId, Binding binding, LaneLayout layout) {
        Set<TableId> unguarded = binding.tables().stream()
                .filter(table -> configuration.tables().of(table.sourceName()).guard() == GuardMode.NONE)
                .map(table -> table.target().id())
                .collect(Collectors.toSet());
        boolean disableTriggers = configuration.apply().triggers() == TriggerMode.OFF;
        return new PreparationRequest(
                pipelineId,
                sourceKind,
                layout,
                binding.catalog(),
                true,
                disableTriggers,
                unguarded,
                ExpressionBinder.columns(Expressions.of(configuration, binding.catalog())));
    }
}
