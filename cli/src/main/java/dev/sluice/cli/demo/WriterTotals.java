package dev.sluice.cli.demo;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the demo's application wrote; printed as its last line. */
record WriterTotals(long transactions, long rows) {
    private static final Pattern LINE = Pattern.compile("(\\d+) transactions, (\\d+) rows");

    static Optional<WriterTotals> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new WriterTotals(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return transactions + " transactions, " + rows + " rows";
    }
}
