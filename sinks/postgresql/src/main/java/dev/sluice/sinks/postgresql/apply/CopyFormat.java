package dev.sluice.sinks.postgresql.apply;

import java.sql.SQLException;

/** One of COPY's formats. Not thread-safe. */
interface CopyFormat {
    /** As COPY names it. */
    String name();

    /** What is ready to be sent. */
    BinaryBuffer out();

    /** In front of the first row. */
    void begin();

    /**
     * One row, behind those before.
     *
     * @throws SQLException as PostgreSQL would refuse it, for what the format cannot say
     */
    void add(BoundTable table, Step.Row row) throws SQLException;

    /** Behind the last row. */
    void end();
}
