package dev.sluice.cli.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.producers.api.Selection;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.Finding.Severity;
import dev.sluice.runtime.SluiceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Findings of all parts, each with who has to act on it. */
final class FindingsReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Entry(ErrorKind kind, Finding finding) {}

    private final List<Entry> entries = new ArrayList<>();

    void add(ErrorKind kind, List<Finding> findings) {
        findings.forEach(f -> entries.add(new Entry(kind, f)));
    }

    /** What the source's connector found; some of it concerns what the configuration says in the source's own SQL. */
    void addOfSource(List<Finding> findings) {
        findings.forEach(finding -> entries.add(new Entry(
                finding.code().equals(Selection.REFUSED) ? ErrorKind.CONFIGURATION : ErrorKind.SOURCE, finding)));
    }

    /** Runs a part of the check; that it cannot be done is a finding too. */
    void attempt(String subject, Runnable part) {
        try {
            part.run();
        } catch (SluiceException e) {
            String code = e.kind().name().toLowerCase(Locale.ROOT) + "-failed";
            add(e.kind(), List.of(Finding.error(code, subject, String.valueOf(e.getMessage()), "see the message")));
        }
    }

    /** Kind of the first error. */
    Optional<ErrorKind> firstError() {
        return entries.stream()
                .filter(e -> e.finding().severity() == Severity.ERROR)
                .map(Entry::kind)
                .findFirst();
    }

    /** @throws SluiceException of the first error's kind with all errors */
    void throwIfErrors() {
        Optional<ErrorKind> first = firstError();
        if (first.isPresent()) {
            String lines = entries.stream()
                    .filter(e -> e.finding().severity() == Severity.ERROR)
                    .map(e -> "\n  " + line(e.finding()))
                    .collect(Collectors.joining());
            throw SluiceException.of(first.get(), "the pipeline cannot run:" + lines);
        }
    }

    /** One line each, warnings and notes only. */
    List<String> remarks() {
        return lines(entries.stream()
                .map(Entry::finding)
                .filter(f -> f.severity() != Severity.ERROR)
                .toList());
    }

    List<String> lines() {
        return lines(entries.stream().map(Entry::finding).toList());
    }

    private static List<String> lines(List<Finding> findings) {
        return findings.stream()
                .map(f -> f.severity().name().toLowerCase(Locale.ROOT) + ": " + line(f))
                .toList();
    }

    String json() {
        List<Map<String, String>> list = new ArrayList<>();
        for (Entry entry : entries) {
            Finding finding = entry.finding();
            Map<String, String> map = new LinkedHashMap<>();
            map.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
            map.put("code", finding.code());
            map.put("subject", finding.subject());
            map.put("message", finding.message());
            map.put("action", finding.action());
            list.add(map);
        }
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(Map.of("findings", list));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String line(Finding finding) {
        return finding.subject() + ": " + ended(finding.message()) + " " + ended(finding.action()) + " ["
                + finding.code() + "]";
    }

    private static String ended(String sentence) {
        return sentence.endsWith(".") ? sentence : sentence + ".";
    }
}
