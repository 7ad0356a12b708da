package dev.sluice.cli.demo;

import dev.sluice.cli.run.Snapshot;
import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.time.Instant;
import java.util.Optional;

/** Views of a running pipeline. */
final class LiveViews {
    private LiveViews() {}

    static LiveView of(Snapshot snapshot, Instant at) {
        PipelineStatus target = snapshot.target();
        return new LiveView(
                at,
                Optional.ofNullable(snapshot.publisher()).stream()
                        .flatMap(publisher -> publisher.tables().stream())
                        .flatMap(read -> target.tables().stream()
                                .filter(arrived -> arrived.table().equals(read.table()))
                                .map(arrived -> table(read, arrived)))
                        .toList(),
                snapshot.appliedEvents(),
                snapshot.sourceTime(),
                target.waiting(),
                target.openDeadLetters());
    }

    private static LiveView.TableView table(PublisherStatus.TableStatus read, PipelineStatus.TableStatus arrived) {
        return new LiveView.TableView(
                read.table().name(),
                arrived.snapshotRows(),
                read.done() ? read.rowsRead() : Math.max(read.rowsEstimated(), read.rowsRead()),
                arrived.phase().equals("live"));
    }
}
