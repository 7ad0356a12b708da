package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import java.util.HashMap;
import java.util.Map;

/**
 * How much is known of the rows of tables that are loaded. Thread-safe.
 *
 * <table>
 * <caption>Modes of a table</caption>
 * <tr><td>trusting</td><td>its keys are not in the target: it was empty when its snapshot began. A key that is there after all makes it checking</td></tr>
 * <tr><td>checking</td><td>keys are looked up first: changes brought some of them, or another sink began the load. When none has been there for a while it is trusting
 * again; when most are there it is off</td></tr>
 * <tr><td>off</td><td>its rows are not loaded by COPY: most are there, or PostgreSQL refuses again and again</td></tr>
 * </table>
 */
final class LoadModes {
    /** So many parts without a row that was there say that the changes of the past are behind. */
    private static final int PARTS_TO_TRUST = 8;

    private static final int MOST_REFUSALS = 3;

    /** After a crash the parts of one batch are there already; more than that say that the whole table is. */
    private final int mostCrowded;

    private final Map<TableId, Mode> modes = new HashMap<>();

    enum Kind {
        TRUSTING,
        CHECKING,
        OFF
    }

    private static final class Mode {
        private Kind kind;
        private int clean;
        private int crowded;
        private int refusals;

        private Mode(Kind kind) {
            this.kind = kind;
        }
    }

    LoadModes(int parallelism) {
        this.mostCrowded = 2 * parallelism + 2;
    }

    synchronized void begin(TableId table, boolean empty) {
        modes.put(table, new Mode(empty ? Kind.TRUSTING : Kind.CHECKING));
    }

    synchronized void end(TableId table) {
        modes.remove(table);
    }

    /** Of a table whose snapshot began before anybody looked, checking. */
    synchronized Kind of(TableId table) {
        return mode(table).kind;
    }

    private Mode mode(TableId table) {
        return modes.computeIfAbsent(table, id -> new Mode(Kind.CHECKING));
    }

    /** A part was appended; {@code there} of its {@code rows} had been there before. */
    synchronized void appended(TableId table, int rows, int there) {
        Mode mode = mode(table);
        mode.refusals = 0;
        if (mode.kind == Kind.OFF) {
            return;
        }
        mode.clean = there == 0 ? mode.clean + 1 : 0;
        mode.crowded = there * 2 > rows ? mode.crowded + 1 : 0;
        if (mode.crowded > mostCrowded) {
            mode.kind = Kind.OFF;
        } else if (mode.clean >= PARTS_TO_TRUST) {
            mode.kind = Kind.TRUSTING;
        }
    }

    /** A key was there although nobody expected it. */
    synchronized void surprised(TableId table) {
        Mode mode = mode(table);
        if (mode.kind == Kind.TRUSTING) {
            mode.kind = Kind.CHECKING;
            mode.clean = 0;
        }
    }

    /** A part was refused for another reason than rows that were there. */
    synchronized void refused(TableId table) {
        Mode mode = mode(table);
        mode.refusals++;
        if (mode.refusals >= MOST_REFUSALS) {
            mode.kind = Kind.OFF;
        }
    }

    synchronized void off(TableId table) {
        mode(table).kind = Kind.OFF;
    }
}
