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
import java.util.Optional;

/**
 * A backfill that a producer was asked for.
 *
 * @param attached whether somebody else had asked for the very same, or an earlier run of the command
 * @param offset of its signal; unknown where attached
 */
record Standing(String signal, boolean attached, long offset) {
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
        return new Standing(id, false, signals.send(request.signal(id, signals.by())));
    }

    private static Standing attached(Request request, SnapshotProgress table, List<SnapshotProgress> snapshots) {
        Backfill backfill = table.backfill();
        if (backfill == null) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "table " + table.table()
                            + " is still being read for the first time; wait until sluice status calls it live, then backfill it");
        }
        List<SnapshotProgress> its = snapshots.stream()
                .filter(other -> Optional.ofNullable(other.backfill())
                        .filter(b -> b.signal().equals(backfill.signal()))
                        .isPresent())
                .toList();
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
        return new Standing(backfill.signal(), true, -1);
    }
}
