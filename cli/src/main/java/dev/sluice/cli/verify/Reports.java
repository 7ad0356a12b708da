package dev.sluice.cli.verify;

import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a comparison is told: the standard output, and files. */
final class Reports {
    private final Ask ask;
    private final PrintWriter out;

    Reports(Ask ask, PrintWriter out) {
        this.ask = ask;
        this.out = out;
    }

    private Optional<OutputFile> json() {
        return ask.jsonFile().map(path -> new OutputFile("--json", path, ask.showValues()));
    }

    private Optional<OutputFile> html() {
        return ask.htmlFile().map(path -> new OutputFile("--html", path, ask.showValues()));
    }

    /** Whether one report would take the other's place. */
    boolean areInOneFile() {
        return json().flatMap(one -> html().map(one::isSameAs)).orElse(false);
    }

    /** To be asked before anything is compared. */
    void requireWritable() {
        json().ifPresent(OutputFile::requireWritable);
        html().ifPresent(OutputFile::requireWritable);
    }

    /**
     * The standard output first: what took hours is told also where a file cannot be written any more.
     *
     * @return how the command ends
     */
    int write(Report report) {
        if (ask.json()) {
            try {
                JsonReport.write(report, out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        } else {
            TextReport.write(report, out::println);
        }
        out.flush();
        return writeFiles(report);
    }

    /** Each that can be, then the failure of the first that cannot. */
    int writeFiles(Report report) {
        Optional<SluiceException> failure = Stream.of(
                        json().flatMap(file -> attempt(file, out -> JsonReport.write(report, out))),
                        html().flatMap(file -> attempt(file, out -> HtmlReport.write(report, out))))
                .flatMap(Optional::stream)
                .findFirst();
        if (failure.isPresent()) {
            throw failure.get();
        }
        return report.exitCode();
    }

    private static Optional<SluiceException> attempt(OutputFile file, OutputFile.Content content) {
        try {
            file.write(content);
            return Optional.empty();
        } catch (SluiceException e) {
            return Optional.of(e);
        }
    }
}
