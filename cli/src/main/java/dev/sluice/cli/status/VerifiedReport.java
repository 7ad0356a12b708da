package dev.sluice.cli.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import dev.sluice.sinks.postgresql.control.Verified;
import dev.sluice.sinks.postgresql.control.VerifiedTable;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the newest comparisons say of the captured tables: a rolling verdict while {@code sluice verify --continuous} runs. */
final class VerifiedReport {
    private final List<TableId> tables;
    private final Verified verified;
    private final @Nullable Instant now;
    private final boolean oneLane;

    VerifiedReport(PipelineStatus status, Verified verified) {
        this.tables = status.tables().stream().map(TableStatus::table).toList();
        this.verified = verified;
        this.now = status.readAt();
        this.oneLane = status.lanes().size() == 1;
    }

    /** A line for all tables where they are clean, and one for each that is not; nothing where nothing was ever compared in full. */
    List<String> lines() {
        if (verified.newest().isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        clean().ifPresent(clean -> lines.add("verified: last clean verification of every table"
                + clean.sequence().map(n -> " at sequence " + n).orElse("") + ", " + ago(clean.at())
                + (clean.explained() == 0
                        ? ""
                        : "; " + keys(clean.explained())
                                + (clean.explained() == 1
                                        ? " waits or is a dead letter"
                                        : " wait or are dead letters"))));
        for (TableId table : tables) {
            verified.newest(table)
                    .ifPresentOrElse(
                            newest -> line(newest).ifPresent(lines::add),
                            () -> lines.add("not verified: " + table + " was never compared in full"));
        }
        if (!verified.failedChecks().isEmpty()) {
            lines.add("not verified: checks in SQL that did not hold: " + String.join(", ", verified.failedChecks()));
        }
        return lines;
    }

    private Optional<String> line(VerifiedTable table) {
        if (table.clean()) {
            return Optional.empty();
        }
        List<String> found = new ArrayList<>();
        if (table.unequal() > 0) {
            found.add(keys(table.unequal()) + (table.unequal() == 1 ? " differs" : " differ"));
        }
        if (table.unsettled() > 0) {
            found.add(keys(table.unsettled()) + " could not be told");
        }
        String clean = verified.lastClean(table.table())
                .map(last -> "last clean at sequence " + last.sequence() + ", " + ago(last.endedAt()))
                .orElse("never clean so far");
        return Optional.of("not verified: " + table.table() + ": " + String.join(", ", found) + ", found "
                + ago(table.endedAt()) + " (comparison " + table.verification() + "); " + clean);
    }

    private static String keys(long count) {
        return count + (count == 1 ? " key" : " keys");
    }

    /**
     * Of all tables, when each of them was clean once.
     *
     * @param at when that ended of which it is longest ago
     * @param sequence up to which every table was compared; empty where sequences of several lanes do not compare
     */
    private record Clean(Instant at, Optional<Long> sequence, long explained) {}

    private Optional<Clean> clean() {
        List<VerifiedTable> clean = tables.stream()
                .map(verified::lastClean)
                .flatMap(Optional::stream)
                .toList();
        if (clean.isEmpty() || clean.size() < tables.size()) {
            return Optional.empty();
        }
        Instant oldest = clean.stream()
                .map(VerifiedTable::endedAt)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        long sequence = clean.stream().mapToLong(VerifiedTable::sequence).min().orElseThrow();
        long explained = clean.stream().mapToLong(VerifiedTable::explained).sum();
        return Optional.of(new Clean(oldest, oneLane ? Optional.of(sequence) : Optional.empty(), explained));
    }

    private String ago(Instant at) {
        Duration since = now == null || now.isBefore(at) ? Duration.ZERO : Duration.between(at, now);
        if (since.toDays() > 1) {
            return since.toDays() + " days ago";
        }
        if (since.toHours() > 1) {
            return since.toHours() + " hours ago";
        }
        return since.toMinutes() > 1 ? since.toMinutes() + " minutes ago" : since.toSeconds() + " s ago";
    }

    /** Under {@code verified}: whether each table was clean at its newest full comparison, and when it was the last time. */
    void json(ObjectNode root) {
        ObjectNode node = root.putObject("verified");
        boolean clean = !tables.isEmpty()
                && tables.stream()
                        .allMatch(table -> verified.newest(table)
                                .filter(VerifiedTable::clean)
                                .isPresent());
        node.put("clean", clean && verified.failedChecks().isEmpty());
        clean().ifPresent(last -> {
            last.sequence().ifPresent(sequence -> node.put("lastCleanSequence", sequence));
            node.put("lastCleanAt", text(last.at()));
        });
        ArrayNode failed = node.putArray("failedChecks");
        verified.failedChecks().forEach(failed::add);
        ArrayNode all = node.putArray("tables");
        for (TableId table : tables) {
            ObjectNode entry = all.addObject().put("table", table.toString());
            verified.newest(table)
                    .ifPresent(newest -> entry.put("verification", newest.verification())
                            .put("clean", newest.clean())
                            .put("unequal", newest.unequal())
                            .put("unsettled", newest.unsettled())
                            .put("explained", newest.explained())
                            .put("sequence", newest.sequence())
                            .put("endedAt", text(newest.endedAt())));
            verified.lastClean(table)
                    .ifPresent(last ->
                            entry.put("lastCleanSequence", last.sequence()).put("lastCleanAt", text(last.endedAt())));
        }
    }

    private static String text(Instant at) {
        return at.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
