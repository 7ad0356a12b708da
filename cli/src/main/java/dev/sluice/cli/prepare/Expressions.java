package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.ExpressionBinder;
import dev.sluice.cli.config.Configuration;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.ExpressionChecks;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.Map;

/** What the configuration has PostgreSQL compute, and whether it can. */
final class Expressions {
    private Expressions() {}

    static Map<TableId, Map<String, String>> of(Configuration configuration, Catalog captured) {
        return ExpressionBinder.of(
                configuration.tables(), captured, configuration.target().schema());
    }

    /** @param database where the captured tables are, perhaps a throw-away one */
    static void check(Configuration configuration, Catalog captured, TargetDatabase database, FindingsReport report) {
        report.add(ErrorKind.CONFIGURATION, ExpressionChecks.of(database, captured, of(configuration, captured)));
    }

    static void remark(Configuration configuration, Catalog captured, FindingsReport report) {
        report.add(ErrorKind.CONFIGURATION, ExpressionChecks.remarks(captured, of(configuration, captured)));
    }
}
