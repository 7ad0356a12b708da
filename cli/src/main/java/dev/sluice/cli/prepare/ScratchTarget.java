package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.InstantSource;

/** A throw-away database, so that tables that are not there yet are checked like any others. It goes with the process. */
final class ScratchTarget {
    private ScratchTarget() {}

    static TargetDatabase empty(Configuration configuration, InstantSource clock) {
        TargetSettings settings = TargetSettings.of(LocalPostgres.temporary().createDatabase());
        return TargetDatabase.open(settings, configuration.pipeline(), clock);
    }

    static TargetDatabase with(DdlScript script, Configuration configuration, InstantSource clock) {
        TargetDatabase scratch = empty(configuration, clock);
        try {
            script.run(scratch, configuration.target().schema());
            return scratch;
        } catch (RuntimeException e) {
            scratch.close();
            throw e;
        }
    }
}
