package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.binding.RuleBinder;
import dev.sluice.cli.config.Configuration;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.List;

/** The captured tables of a pipeline for commands that only read. */
public final class CapturedTables {
    private CapturedTables() {}

    /**
     * Parents before children.
     *
     * @throws dev.sluice.runtime.SluiceException when source and target do not fit together
     */
    public static List<CapturedTable> read(Configuration configuration, SourceConnector source, TargetDatabase target) {
        Binding binding =
                TargetShape.read(configuration, source.tables(), target).bind();
        return require(binding).tables();
    }

    /**
     * As above, with the rules for their foreign keys. Rules that name what is not captured are left out: they may be those of tables that were captured before.
     *
     * @throws dev.sluice.runtime.SluiceException when source and target do not fit together
     */
    public static Binding bindLeniently(Configuration configuration, SourceConnector source, TargetDatabase target) {
        Binding binding =
                TargetShape.read(configuration, source.tables(), target).bind();
        return require(new Binding(
                binding.tables(),
                binding.rules(),
                binding.findings().stream()
                        .filter(f -> !f.code().equals(RuleBinder.UNKNOWN))
                        .toList()));
    }

    private static Binding require(Binding binding) {
        FindingsReport report = new FindingsReport();
        report.add(ErrorKind.CONFIGURATION, binding.findings());
        report.throwIfErrors();
        return binding;
    }
}
