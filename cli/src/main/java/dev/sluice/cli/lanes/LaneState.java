package dev.sluice.cli.lanes;

import dev.sluice.cli.Sources;
import dev.sluice.cli.binding.RuleBinder;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.run.PartSettings;
import dev.sluice.cli.stations.Stations;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.LaneTransfer;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.gate.GateTransfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the old lanes' topologies know of rows and keys, for the new ones. */
final class LaneState {
    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline before;
    private final Catalog wanted;

    /**
     * @param recorded as the target knows the pipeline
     * @param wanted the tables that the new lanes have
     */
    LaneState(Configuration configuration, Stations stations, PreparedPipeline recorded, Catalog wanted) {
        this.configuration = configuration;
        this.stations = stations;
        this.wanted = wanted;
        this.before = new PreparedPipeline(
                recorded.pipelineId(),
                recorded.layout(),
                recorded.firstSequences(),
                recorded.tables(),
                union(recorded.catalog(), wanted),
                rules(configuration, union(wanted, recorded.catalog())),
                recorded.actions(),
                recorded.remarks());
    }

    /** A lane may hold tables that an earlier migration brought in and that no run has recorded since. */
    private static Catalog union(Catalog first, Catalog more) {
        List<Table> tables = new ArrayList<>(first.tables());
        more.tables().stream().filter(t -> first.table(t.id()).isEmpty()).forEach(tables::add);
        return Catalog.of(tables);
    }

    /** Of tables that come and of tables that go. */
    private static ForeignKeyRules rules(Configuration configuration, Catalog all) {
        return RuleBinder.bind(
                        configuration.foreignKeys(),
                        all,
                        configuration.target().schema(),
                        Sources.enforcesForeignKeys(Sources.SQLITE),
                        new ArrayList<>())
                .rules();
    }

    /** The pipeline in its old lanes. */
    PreparedPipeline before() {
        return before;
    }

    /** @throws SluiceException of kind REFUSED when new lanes would have to know what the old ones do not */
    void requireCarriable(LaneLayout next) {
        Set<TableId> staying = next.tables();
        Set<TableId> leaving = before.layout().tables();
        leaving.removeAll(staying);
        for (TableId id : leaving) {
            before.catalog().table(id).stream()
                    .flatMap(table -> table.foreignKeys().stream())
                    .filter(key -> staying.contains(key.parent()))
                    .findFirst()
                    .ifPresent(key -> {
                        throw left(id, key);
                    });
        }
        List<LaneTransfer.Lane> after = after(next);
        for (LaneTransfer.Lane from : old(next)) {
            for (LaneTransfer.Lane to : after) {
                GateTransfer unused = GateTransfer.between(
                        GatePlan.of(from.catalog(), before.rules()),
                        from.catalog(),
                        GatePlan.of(to.catalog(), before.rules()),
                        to.catalog());
            }
        }
    }

    private static SluiceException left(TableId table, ForeignKey key) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "the lanes are not migrated: table " + table
                        + " is not captured any more, and its rows are counted as referring to " + key.parent()
                        + " by foreign key " + key.name()
                        + ", whose rows could never be deleted again. Capture it again, or `sluice remove` the pipeline and create it anew");
    }

    void carry(LaneLayout next) {
        LaneTransfer.run(old(next), after(next), before.rules(), stations.kafka());
    }

    /** Lanes that both layouts have go on as they are. */
    private List<LaneTransfer.Lane> old(LaneLayout next) {
        return lanes(before.layout(), before.catalog(), next.lanes());
    }

    private List<LaneTransfer.Lane> after(LaneLayout next) {
        return lanes(next, wanted, before.layout().lanes());
    }

    private List<LaneTransfer.Lane> lanes(LaneLayout layout, Catalog catalog, Set<String> others) {
        PartSettings settings = new PartSettings(configuration, stations, before);
        return layout.lanes().stream()
                .filter(lane -> !others.contains(lane))
                .map(lane -> new LaneTransfer.Lane(settings.topology(lane), layout.catalogOf(lane, catalog)))
                .toList();
    }
}
