package dev.sluice.sinks.postgresql.replay;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import dev.sluice.sinks.postgresql.SinkSettings;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.Dependencies;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Applies what an index holds, step by step: upserts, parents first, in rounds where rows wait for others of their table or of a circle; then deletes. Not thread-safe. */
final class Applying {
    /** Rows in a circle are applied together up to so many batches. */
    private static final int MOST_BATCHES = 4;

    private final SinkSettings settings;
    private final BatchApplier applier;
    private final FaultPoints faults;
    private final EventReader events;

    private ReplayIndex.Place place = ReplayIndex.Place.BEGIN;
    private int round;
    /** Whether a row of the round was applied; also when it is not known. */
    private boolean progress = true;
    /** What is still put off refers to nothing that is to come, or in a circle. */
    private boolean settling;

    Applying(SinkSettings settings, BatchApplier applier, SchemaRegistry registry, FaultPoints faults) {
        this.settings = settings;
        this.applier = applier;
        this.faults = faults;
        this.events = EventReader.of(registry);
    }

    /** Applying begins with the first row that is left. */
    void begin() {
        place = ReplayIndex.Place.BEGIN;
        round = 0;
        progress = true;
        settling = false;
    }

    void step(Connection connection, ReplayRow row, ReplayIndex index) throws SQLException {
        ReplayIndex.Heads heads = index.heads(connection, place, settings.batchRows(), settings.batchBytes());
        if (heads.rows().isEmpty()) {
            end(connection, row, index);
            return;
        }
        enter(Ranks.round(heads.begin().rank()));
        List<Pending> pending = pending(index.records(connection, heads.rows()));
        @Nullable Dependencies dependencies = null;
        Set<ReplayIndex.Row> putOff = Set.of();
        if (round >= 0 && applier.hasCycles()) {
            pending = settling ? withParents(connection, index, pending) : pending;
            dependencies = applier.dependencies(connection, incoming(pending));
            putOff = settling || !Ranks.hasNext(round) ? Set.of() : orphans(pending, dependencies);
        }
        List<Pending> applied = without(pending, putOff);
        faults.before("replay apply");
        BatchApplier.Outcomes outcomes = applier.replay(connection, incoming(applied), dependencies);
        faults.before("replay applied");
        index.putOff(connection, putOff);
        long gone = index.remove(connection, applied.stream().map(Pending::row).collect(Collectors.toSet()));
        row.applied(connection, gone, outcomes.deadLettered());
        progress |= !applied.isEmpty();
        place = heads.end();
    }

    private static List<Pending> without(List<Pending> pending, Set<ReplayIndex.Row> putOff) {
        return pending.stream().filter(one -> !putOff.contains(one.row())).toList();
    }

    private static List<OrderedRecord> incoming(List<Pending> pending) {
        return pending.stream().map(Pending::incoming).toList();
    }

    /** With rows that they refer to and that are still to come, as many as there is room for: rows that refer to each other in a circle are applied together. */
    private List<Pending> withParents(Connection connection, ReplayIndex index, List<Pending> pending)
            throws SQLException {
        List<Pending> all = new ArrayList<>(pending);
        Set<ReplayIndex.Row> known = pending.stream().map(Pending::row).collect(Collectors.toCollection(HashSet::new));
        int most = MOST_BATCHES * settings.batchRows();
        boolean more = true;
        while (more && all.size() < most && bytes(all) < MOST_BATCHES * settings.batchBytes()) {
            List<ReplayIndex.Row> missing = applier.dependencies(connection, incoming(all)).missing().stream()
                    .map(row -> new ReplayIndex.Row(row.table().toString(), row.key()))
                    .filter(known::add)
                    .limit(settings.batchRows())
                    .toList();
            more = all.addAll(pending(index.records(connection, missing)));
        }
        return all;
    }

    private static long bytes(List<Pending> pending) {
        return pending.stream().mapToLong(one -> one.incoming().bytes()).sum();
    }

    private record Pending(ReplayIndex.Row row, OrderedRecord incoming) {}

    private List<Pending> pending(List<ReplayIndex.Stored> stored) {
        return stored.stream().map(one -> new Pending(one.row(), decode(one))).toList();
    }

    List<OrderedRecord> decode(List<ReplayIndex.Stored> stored) {
        return stored.stream().map(this::decode).toList();
    }

    private OrderedRecord decode(ReplayIndex.Stored one) {
        return new OrderedRecord(OrderedHeader.decode(one.header()), decode(one.value()), -1, one.value().length);
    }

    private Event decode(byte[] value) {
        try {
            return events.read(value);
        } catch (EventFormatException | SchemaRegistryException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA, "a record of topic " + settings.topic() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void enter(int next) {
        if (next >= 0 && next != round) {
            settling = !progress;
            progress = false;
            round = next;
        }
    }

    /** Rows that refer to rows which are still to come: where tables refer to themselves or each other, no order of tables has all parents first. */
    private Set<ReplayIndex.Row> orphans(List<Pending> pending, Dependencies dependencies) {
        Set<OrderedRecord> orphans = applier.orphans(incoming(pending), dependencies);
        return pending.stream()
                .filter(one -> orphans.contains(one.incoming()))
                .map(Pending::row)
                .collect(Collectors.toSet());
    }

    private void end(Connection connection, ReplayRow row, ReplayIndex index) throws SQLException {
        if (place.equals(ReplayIndex.Place.BEGIN)) {
            faults.before("replay end");
            index.clear(connection);
            row.done(connection);
        } else {
            // Once more from the beginning: nothing may be left anywhere.
            begin();
        }
    }
}
