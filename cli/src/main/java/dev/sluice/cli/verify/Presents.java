package dev.sluice.cli.verify;

import dev.sluice.cli.signals.SignalTopic;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Drains, shared: while one is being sent, whoever comes waits for the next. One that has been sent already may have been answered before the question was there, so nobody joins it. Thread-safe.
 */
final class Presents {
    private final Consumer<String> send;
    private final Object sending = new Object();
    private @Nullable Round next;

    /** @param send takes the id of a drain signal, and returns when the broker has it */
    Presents(Consumer<String> send) {
        this.send = send;
    }

    private static final class Round {
        private final String id = SignalTopic.newId("verify-drain");
        private boolean sent;
    }

    /** @param expected of an id; called before that is sent */
    Asked ask(String lane, Function<String, Asked> expected) {
        Round round;
        Asked asked;
        synchronized (this) {
            round = next == null ? new Round() : next;
            next = round;
            asked = expected.apply(round.id);
        }
        sendOnce(round);
        return asked;
    }

    private void sendOnce(Round round) {
        synchronized (sending) {
            if (!round.sent) {
                synchronized (this) {
                    next = null;
                }
                send.accept(round.id);
                // Where it failed, another one of the round tries again.
                round.sent = true;
            }
        }
    }
}
