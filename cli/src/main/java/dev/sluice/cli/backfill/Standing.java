package dev.sluice.cli.backfill;

import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.producers.api.ProgressStore;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.SnapshotProgress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A backfill that a producer was asked for.
 *
 * @param attached whether somebody else had asked for the very same, or an earlier run of the command
 * @param offset of its signal; unknown where attached
 * @param earlier signals of backfills that were over by then
 */
record Standing(String signal, boolean attached, long offset, Set<String> earlier) {
    Standing {
        earlier = Set.copyOf(earlier);
    }

    /**
     * Attaches to the same backfill where it is under way, and asks for it elsewhere.
     *
     * @throws SluiceException of kind REFUSED when another backfill, or the first snapshot, of one of the tables is under way
     */
    static Standing of(Request request, String pipeline, SignalTopic signals, Map<String, Object> kafka) {
        List<SnapshotProgress> snapshots = ProgressStore.read(kafka, pipeline)
                .map(ProducerProgress::snapshots)
                .orElse(List.of());
        for (SnapshotProgress table : snapshots) {
            if (!table.done() && request.ids().contains(table.table())) {
                return attached(request, table, snapshots);
            }
        }
        String id = SignalTopic.newId("backfill");
        Set<String> earlier = snapshots.stream()
                .map(SnapshotProgress::backfill)
                .filter(Objects::nonNull)
                .map(Backfill::signal)
                .collect(Collectors.toSet());
        return new Standing(id, false, signals.send(request.signal(id, signals.by())), earlier);
    }

    /** The very same backfill, by a signal that stood in front of this one, if there is one: under way, or over in the meantime. */
    Optional<Standing> another(Request request, String pipeline, Map<String, Object> kafka) {
        List<SnapshotProgress> snapshots = ProgressStore.read(kafka, pipeline)
                .map(ProducerProgress::snapshots)
                .orElse(List.of());
        return snapshots.stream()
                .filter(table -> request.ids().contains(table.table()))
                .map(SnapshotProgress::backfill)
                .filter(Objects::nonNull)
                .filter(other -> !other.signal().equals(signal) && !earlier.contains(other.signal()))
                .filter(other -> request.isSameAs(other, of(other, snapshots)))
                .findFirst()
                .map(Standing::attachedTo);
    }

    static Standing attachedTo(Backfill backfill) {
        return new Standing(backfill.signal(), true, -1, Set.of());
    }

    private static List<SnapshotProgress> of(Backfill backfill, List<SnapshotProgress> snapshots) {
        return snapshots.stream()
                .filter(table -> Optional.ofNullable(table.backfill())
                        .filter(other -> other.signal().equals(backfill.signal()))
                        .isPresent())
                .toList();
    }

    private static Standing attached(Request request, SnapshotProgress table, List<SnapshotProgress> snapshots) {
        Backfill backfill = table.backfill();
        if (backfill == null) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "table " + table.table()
                            + " is still being read for the first time; wait until sluice status calls it live, then backfill it");
        }
        List<SnapshotProgress> its = of(backfill, snapshots);
        if (!request.isSameAs(backfill, its)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "table " + table.table() + " is being read again already, by a backfill of "
                            + its.stream()
                                    .map(other -> other.table().toString())
                                    .toList()
                            + (backfill.truncate() ? " with --truncate" : "")
                            + (backfill.where() == null ? "" : " with a --where")
                            + " (signal " + backfill.signal()
                            + "); wait until sluice status calls its tables live, or ask for the very same to wait here");
        }
        return attachedTo(backfill);
    }
}
