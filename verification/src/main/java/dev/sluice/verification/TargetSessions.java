package dev.sluice.verification;

import java.sql.Connection;
import java.sql.SQLException;

/** Sessions of the target, lent for one transaction each. Used by several threads. */
public interface TargetSessions {
    /** Work inside one transaction. */
    @FunctionalInterface
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Runs the work in one READ COMMITTED transaction of its own, committed when it returns and rolled back when it throws. It is repeated after transient failures, also when a failed commit leaves open whether it
     * happened.
     *
     * @throws dev.sluice.runtime.SluiceException of kind TARGET
     */
    <T> T inTransaction(Work<T> work);
}
