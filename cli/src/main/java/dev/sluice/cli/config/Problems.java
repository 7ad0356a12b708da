package dev.sluice.cli.config;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Everything that is wrong with one configuration file; reported together so that it is corrected in one go. */
final class Problems {
    private record Problem(int line, String message) {}

    private final String file;
    private final List<Problem> problems = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void add(int line, String message) {
        problems.add(new Problem(line, message));
    }

    boolean any() {
        return !problems.isEmpty();
    }

    /**
     * Does nothing when there is no problem.
     *
     * @throws SluiceException kind {@code CONFIGURATION}, one line per problem in the order of the file
     */
    void throwIfAny() {
        if (problems.isEmpty()) {
            return;
        }
        String lines = problems.stream()
                .sorted(Comparator.comparingInt(Problem::line))
                .map(p -> "\n  " + file + ":" + p.line() + ": " + p.message())
                .collect(Collectors.joining());
        String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
        throw SluiceException.of(ErrorKind.CONFIGURATION, "the configuration has " + count + ":" + lines);
    }
}
