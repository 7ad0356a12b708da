package dev.sluice.cli.verify;

import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.TargetSessions;

/** Sessions of the target's pool. */
record TargetTransactions(TargetDatabase database) implements TargetSessions {
    static TargetSessions of(TargetDatabase database) {
        return new TargetTransactions(database);
    }

    @Override
    public <T> T inTransaction(Work<T> work) {
        return database.inTransaction(work::run);
    }
}
