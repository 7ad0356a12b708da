package dev.sluice.cli.verify;

import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.cli.signals.Liveness;
import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.Passage;
import java.sql.PreparedStatement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Asks a running pipeline by its signals. Thread-safe. */
final class RunningPassage implements Passage, AutoCloseable {
    private static final String PURPOSE = "verify";

    private final String pipeline;
    private final TargetDatabase target;
    private final SignalTopic signals;
    private final Map<TableId, String> laneOf;
    private final InstantSource clock;
    private final Answers answers;
    private final Presents presents;

    /**
     * @param signals closed here, as the events are
     * @param laneOf the lane of each table that is asked about
     * @param notices told when an answer does not come nearer
     */
    RunningPassage(
            String pipeline,
            TargetDatabase target,
            SignalTopic signals,
            ControlEvents events,
            Map<TableId, String> laneOf,
            Liveness liveness,
            InstantSource clock,
            Consumer<String> notices) {
        this.pipeline = pipeline;
        this.target = target;
        this.signals = signals;
        this.laneOf = Map.copyOf(laneOf);
        this.clock = clock;
        this.answers = new Answers(target, pipeline, events, liveness, clock, this::present, notices);
        this.presents = new Presents(this::send);
        answers.start();
    }

    private void send(String drain) {
        signals.send(Signal.drain(drain, signals.by()));
    }

    /** @throws SluiceException when the pipeline cannot answer any more: going on as if it had never run would call different what is only under way */
    @Override
    public boolean isOpen() {
        return answers.areHeard();
    }

    @Override
    public void awaitPresent(TableId table) {
        List<Control> unused = present(lane(table)).await();
    }

    /** Asked of everything that the source holds from now on; shared with others that ask meanwhile. */
    private Asked present(String lane) {
        return presents.ask(lane, id -> expected(id, lane, false));
    }

    /** Of a signal that is about to be sent. */
    Asked expected(String signal, String lane, boolean inParts) {
        Asked asked = new Asked(signal, lane, inParts, clock.millis());
        answers.expect(asked);
        return asked;
    }

    private String lane(TableId table) {
        String lane = laneOf.get(table);
        if (lane == null) {
            throw new IllegalArgumentException("table " + table + " is in no lane");
        }
        return lane;
    }

    @Override
    public List<Moment> compare(TableId table, List<String> keys) {
        List<Asked> asked = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += SignalTopic.KEYS_PER_SIGNAL) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + SignalTopic.KEYS_PER_SIGNAL));
            Asked one = expected(SignalTopic.newId(PURPOSE + "-compare"), lane(table), true);
            asked.add(one);
            signals.send(Signal.compare(one.signal(), table, some, signals.by()));
        }
        return asked.stream()
                .map(one -> new Moment(one.signal(), together(one.await())))
                .toList();
    }

    private static Compared together(List<Control> parts) {
        Map<String, Optional<String>> rows = new LinkedHashMap<>();
        Map<String, String> refused = new LinkedHashMap<>();
        for (Control part : parts) {
            Compared some = Compared.of(part);
            rows.putAll(some.rows());
            refused.putAll(some.refused());
        }
        return new Compared(rows, refused);
    }

    @Override
    public void forget(String signal) {
        target.inTransactionDo(connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM sluice.compared WHERE pipeline = ? AND signal = ?")) {
                delete.setString(1, pipeline);
                delete.setString(2, signal);
                delete.executeUpdate();
            }
        });
    }

    /** @throws SluiceException of kind REFUSED when the producer refuses */
    @Override
    public void refresh(TableId table, List<String> keys) {
        if (keys.isEmpty()) {
            return;
        }
        Asked last = expected(SignalTopic.newId(PURPOSE + "-repair"), lane(table), false);
        signals.refresh(PURPOSE + "-repair", table, keys, last.signal());
        List<Control> unused = last.await();
    }

    /** In an interrupted thread too, where Kafka's clients would refuse to be closed. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            answers.close();
        } finally {
            try {
                signals.close();
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
