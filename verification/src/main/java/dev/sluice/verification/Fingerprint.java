package dev.sluice.verification;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ValueRules;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a comparison depends on beside the rows: tables as they are bound, with their rules and filters, and what is kept. One that was begun under something else is not gone on with. */
final class Fingerprint {
    private static final int BYTES = 16;

    private Fingerprint() {}

    static String of(List<TableTask> tasks, VerificationSettings settings) {
        StringBuilder text = new StringBuilder("values=" + settings.showValues());
        for (TableTask task : tasks) {
            CapturedTable captured = task.captured();
            text.append('\n')
                    .append(captured.sourceName())
                    .append(captured.sourceColumns())
                    .append(captured.target())
                    .append(captured.selection())
                    .append(task.guarded())
                    .append(new TreeSet<>(task.masked()));
            new TreeMap<>(captured.rules())
                    .forEach((column, rules) -> text.append(column).append(text(rules)));
        }
        return digest(text.toString());
    }

    /** In an order that does not change from one process to the next. */
    private static String text(ValueRules rules) {
        Map<String, String> choices = new TreeMap<>();
        rules.choices().forEach((kind, choice) -> choices.put(ValueRules.key(kind), choice.name()));
        return choices + new TreeMap<>(rules.map()).toString() + rules.timeZone();
    }

    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
