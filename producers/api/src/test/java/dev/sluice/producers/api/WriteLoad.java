package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.LINES;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.ContractTables.SAVINGS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes random transactions that a store with foreign keys accepts; the same seed gives the same ones. Every transaction changes something. */
final class WriteLoad {
    private final Random random;
    private final SourceState state;
    private long nextId = 1_000;

    WriteLoad(long seed, SourceState start) {
        this.random = new Random(seed);
        this.state = start.copy();
    }

    /** A few rows of every table but {@code notes}. */
    static List<Write.Insert> rows(int accounts) {
        List<Write.Insert> rows = new ArrayList<>();
        for (long id = 1; id <= accounts; id++) {
            rows.add(Write.insert(ACCOUNTS, id, id % 5 == 0 ? null : "owner " + id + " é€😀", 100L));
            rows.add(Write.insert(SAVINGS, id, id, 100L));
            rows.add(Write.insert(LINES, id, 1L, "first"));
            rows.add(Write.insert(LINES, id, 2L, null));
        }
        return rows;
    }

    /** The next transaction; it is taken as done. */
    List<Write> next() {
        List<Write> writes = new ArrayList<>();
        int steps = 1 + random.nextInt(3);
        for (int i = 0; i < steps; i++) {
            List<Write> step = step();
            state.apply(step);
            writes.addAll(step);
        }
        return writes;
    }

    private List<Write> step() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> transfer();
            case 2 -> newAccount();
            case 3 -> closeAccount();
            case 4 -> updateLine();
            case 5 -> moveLine();
            case 6 -> renameNote();
            default -> List.of(Write.insert(NOTES, "note " + nextId++, null));
        };
    }

    /** The sum over both tables stays: a reader that sees one half has no consistent cut. */
    private List<Write> transfer() {
        List<Object> savings = any(SAVINGS);
        if (savings == null) {
            return newAccount();
        }
        List<Object> account =
                state.rows(ACCOUNTS).get(RecordText.key(ACCOUNTS, new Object[] {savings.get(1), null, null}));
        long amount = 1L + random.nextInt(50);
        return List.of(
                Write.update(ACCOUNTS, account.get(0), account.get(1), (Long) account.get(2) - amount),
                Write.update(SAVINGS, savings.get(0), savings.get(1), (Long) savings.get(2) + amount));
    }

    private List<Write> newAccount() {
        long id = nextId++;
        return List.of(
                Write.insert(ACCOUNTS, id, "new " + id, 0L),
                Write.insert(SAVINGS, id, id, 0L),
                Write.insert(LINES, id, 1L, "new"));
    }

    /** Children first, as a store with foreign keys demands. */
    private List<Write> closeAccount() {
        List<Object> account = any(ACCOUNTS);
        if (account == null) {
            return newAccount();
        }
        List<Write> writes = new ArrayList<>();
        for (List<Object> line : state.values(LINES)) {
            if (line.get(0).equals(account.get(0))) {
                writes.add(Write.delete(LINES, line.get(0), line.get(1)));
            }
        }
        for (List<Object> savings : state.values(SAVINGS)) {
            if (savings.get(1).equals(account.get(0))) {
                writes.add(Write.delete(SAVINGS, savings.get(0)));
            }
        }
        writes.add(Write.delete(ACCOUNTS, account.get(0)));
        return writes;
    }

    private List<Write> updateLine() {
        List<Object> line = any(LINES);
        return line == null
                ? newAccount()
                : List.of(Write.update(LINES, line.get(0), line.get(1), "changed " + nextId++));
    }

    private List<Write> moveLine() {
        List<Object> line = any(LINES);
        return line == null
                ? newAccount()
                : List.of(Write.changeKey(
                        LINES, Arrays.asList(line.get(0), line.get(1)), line.get(0), nextId++, line.get(2)));
    }

    private List<Write> renameNote() {
        List<Object> note = any(NOTES);
        return note == null
                ? List.of(Write.insert(NOTES, "note " + nextId++, "body"))
                : List.of(Write.changeKey(NOTES, List.of(note.get(0)), "a note " + nextId++, "renamed"));
    }

    private List<Object> any(dev.sluice.schemas.relational.Table table) {
        List<List<Object>> rows = new ArrayList<>(state.values(table));
        return rows.isEmpty() ? null : rows.get(random.nextInt(rows.size()));
    }
}
