package dev.sluice.integration;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What somebody does to the target behind Sluice's back, to rows that the application leaves alone, and what has to be said about each of them. */
final class Corruptions {
    private static final int FIRST_STRANGER = 9_000_000;

    private final String target;
    private final List<Integer> victims = new ArrayList<>();
    private final Map<String, String> expected = new TreeMap<>();

    private Corruptions(String target, Random random) {
        this.target = target;
        IntStream.rangeClosed(1, LedgerApplication.COLD).forEach(victims::add);
        Collections.shuffle(victims, random);
    }

    /** By {@code table key}: the verdict, and the columns that differ. */
    static Map<String, String> make(String target, int count, long seed) throws SQLException {
        Random random = new Random(seed);
        Corruptions corruptions = new Corruptions(target, random);
        for (int i = 0; i < count; i++) {
            corruptions.corrupt(
                    i < Kind.values().length ? Kind.values()[i] : Kind.values()[random.nextInt(Kind.values().length)]);
        }
        return corruptions.expected;
    }

    private enum Kind {
        VALUE,
        REMOVED,
        REMOVED_WITH_ITS_PARENT,
        ADDED,
        SWAPPED,
        FOUR_HOURS,
        JSON_KEY,
        TRAILING_SPACE,
        SCALE,
        TO_NULL,
        PARENT
    }

    private void corrupt(Kind kind) throws SQLException {
        int row = victims.remove(victims.size() - 1);
        switch (kind) {
            case VALUE -> entry(row, "note = 'another'", "note");
            case REMOVED -> {
                execute("DELETE FROM entries WHERE id = " + row);
                expected.put("public.entries [" + row + "]", "missing");
            }
            case REMOVED_WITH_ITS_PARENT -> {
                execute("DELETE FROM entries WHERE id = " + row);
                execute("DELETE FROM accounts WHERE id = '" + LedgerApplication.account(row) + "'");
                expected.put("public.entries [" + row + "]", "missing");
                expected.put("public.accounts [\"" + LedgerApplication.account(row) + "\"]", "missing");
            }
            case ADDED -> {
                int stranger = FIRST_STRANGER + row;
                execute("INSERT INTO entries (id, account_id, note) SELECT " + stranger
                        + ", account_id, note FROM entries WHERE id = " + victims.get(0));
                expected.put("public.entries [" + stranger + "]", "extra");
            }
            case SWAPPED -> swap(row, victims.remove(victims.size() - 1));
            case FOUR_HOURS -> entry(row, "booked = booked + interval '4 hours'", "booked");
            case JSON_KEY -> entry(row, "details = (details::jsonb - 'kind')", "details");
            case TRAILING_SPACE -> entry(row, "note = note || ' '", "note");
            case SCALE -> entry(row, "amount = amount * 1.00", "amount");
            case TO_NULL -> entry(row, "details = NULL, amount = NULL", "amount,details");
            case PARENT -> {
                execute("UPDATE accounts SET name = name || ' & Sons' WHERE id = '" + LedgerApplication.account(row)
                        + "'");
                expected.put("public.accounts [\"" + LedgerApplication.account(row) + "\"]", "different name");
            }
        }
    }

    private void entry(int row, String set, String columns) throws SQLException {
        execute("UPDATE entries SET " + set + " WHERE id = " + row);
        expected.put("public.entries [" + row + "]", "different " + columns);
    }

    private void swap(int one, int other) throws SQLException {
        execute("UPDATE entries SET note = CASE WHEN id = " + one + " THEN 'entry " + other + "' ELSE 'entry " + one
                + "' END WHERE id IN (" + one + ", " + other + ")");
        expected.put("public.entries [" + one + "]", "different note");
        expected.put("public.entries [" + other + "]", "different note");
    }

    private void execute(String sql) throws SQLException {
        Workspace.execute(target, sql);
    }
}
