package dev.sluice.cli.prepare;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import dev.sluice.streams.ChangelogReader;
import dev.sluice.streams.LaneSettings;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.gate.GateTransfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Under which foreign keys, and rules for them, the lanes were written. A topology refuses its state under any others, but only when the publisher runs already: what it
 * has published by then cannot be taken back. So it is asked before.
 */
public final class LanePlans {
    private final String pipeline;
    private final Map<String, Object> kafka;

    /** @param kafka properties for any Kafka client */
    public LanePlans(String pipeline, Map<String, Object> kafka) {
        this.pipeline = pipeline;
        this.kafka = Map.copyOf(kafka);
    }

    /** A lane whose foreign keys are others now; one line each. */
    public record Change(String before, String now) {}

    /**
     * The lanes that both layouts have and that were written under other foreign keys than they would run under.
     *
     * @param catalog of the wanted layout
     * @throws SluiceException of kind KAFKA when Kafka does not answer
     */
    public SortedMap<String, Change> changed(
            StoredLayout stored, LaneLayout wanted, Catalog catalog, ForeignKeyRules rules) {
        SortedMap<String, Change> changed = new TreeMap<>();
        try (ChangelogReader changelogs = ChangelogReader.connect(kafka)) {
            for (String lane : wanted.lanes()) {
                if (stored.lane(lane).isPresent()) {
                    String now =
                            GatePlan.of(wanted.catalogOf(lane, catalog), rules).fingerprint();
                    written(lane, changelogs)
                            .filter(before -> !before.equals(now))
                            .ifPresent(before -> changed.put(lane, new Change(before, now)));
                }
            }
        } catch (KafkaException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "the changelogs of the lanes of pipeline " + pipeline + " cannot be read: " + e.getMessage()
                            + "; check kafka.bootstrap-servers and that the brokers run",
                    e);
        }
        return changed;
    }

    /** What {@link #changed} finds, as findings of kind REFUSED. */
    List<Finding> findings(StoredLayout stored, LaneLayout wanted, Catalog catalog, ForeignKeyRules rules) {
        List<Finding> findings = new ArrayList<>();
        changed(stored, wanted, catalog, rules).forEach((lane, change) -> {
            Set<TableId> before = stored.lane(lane).orElseThrow().tables();
            Set<TableId> now = wanted.members().getOrDefault(lane, new TreeSet<>());
            findings.add(Finding.error(
                    "foreign-keys-changed",
                    "lanes",
                    message(lane, change),
                    remedy(without(before, now), before.equals(now))));
        });
        return findings;
    }

    /** @throws SluiceException of kind REFUSED when lanes were written under other foreign keys than those of their recorded tables */
    public void requireUnchanged(StoredLayout stored, Catalog recorded, ForeignKeyRules rules) {
        changed(stored, stored.layout(), recorded, rules).forEach((lane, change) -> {
            throw SluiceException.of(ErrorKind.REFUSED, message(lane, change) + ". " + remedy(Set.of(), true));
        });
    }

    private static String message(String lane, Change change) {
        return "lane " + lane + " was written under other foreign keys, or other rules for them: expected "
                + GatePlan.firstOnlyIn(change.before(), change.now()) + ", found "
                + GatePlan.firstOnlyIn(change.now(), change.before());
    }

    private static String remedy(Set<TableId> left, boolean sameTables) {
        if (!left.isEmpty()) {
            return "Capture " + left.stream().map(TableId::toString).collect(Collectors.joining(", "))
                    + " again: a lane cannot forget a table that foreign keys connect with others. Or remove the pipeline and create it anew";
        }
        return sameTables
                ? "Restore the target's keys and the section foreign-keys as they were, or remove the pipeline and create it anew"
                : "Bring the lane under the tables it has now with: sluice lanes migrate -c …, or capture only those that were captured before";
    }

    private static Set<TableId> without(Set<TableId> some, Set<TableId> others) {
        Set<TableId> rest = new TreeSet<>(some);
        rest.removeAll(others);
        return rest;
    }

    /** It is in the first commit of a lane's changelog and never written again. Empty where the lane has decided nothing yet. */
    private Optional<String> written(String lane, ChangelogReader changelogs) {
        AtomicReference<@Nullable String> found = new AtomicReference<>();
        changelogs.read(LaneSettings.changelog(pipeline, lane), record -> {
            Optional<String> fingerprint = GateTransfer.fingerprint(record.key(), record.value());
            fingerprint.ifPresent(found::set);
            return fingerprint.isEmpty();
        });
        return Optional.ofNullable(found.get());
    }
}
