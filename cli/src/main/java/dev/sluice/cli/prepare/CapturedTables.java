package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
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
        FindingsReport report = new FindingsReport();
        report.add(ErrorKind.CONFIGURATION, binding.findings());
        report.throwIfErrors();
        return binding.tables();
    }
}
