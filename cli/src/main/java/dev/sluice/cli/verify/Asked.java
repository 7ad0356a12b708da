package dev.sluice.cli.verify;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Control;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** One signal that somebody waits for, in one lane. The thread that hears the answers fills it, the one that asked waits. */
final class Asked {
    /** The last part of an answer that comes in several. */
    private final String signal;

    private final String lane;
    private final boolean inParts;
    private final long since;
    private final List<Control> heard = new ArrayList<>();
    private final CompletableFuture<List<Control>> applied = new CompletableFuture<>();
    private long answeredAt = -1;
    /** A later signal: when that is answered and this is not, it never will be. */
    private @Nullable Asked behind;

    /**
     * @param inParts whether the answer is over with the part that says so, or with the first
     * @param since when, by the clock of whoever waits
     */
    Asked(String signal, String lane, boolean inParts, long since) {
        this.signal = signal;
        this.lane = lane;
        this.inParts = inParts;
        this.since = since;
    }

    String signal() {
        return signal;
    }

    String lane() {
        return lane;
    }

    synchronized boolean isAnswered() {
        return answeredAt >= 0;
    }

    /** The sequence with which the answer is over; below 0 before. */
    synchronized long answeredAt() {
        return answeredAt;
    }

    boolean isOlderThan(long now, long millis) {
        return now - since >= millis;
    }

    boolean isOver() {
        return applied.isDone();
    }

    /** Whether it may be one that the publisher does not understand; only of those that are new. */
    synchronized boolean isDoubtful(long now, long patienceMillis) {
        return inParts && behind == null && heard.isEmpty() && now - since >= patienceMillis;
    }

    synchronized void doubt(Asked later) {
        behind = later;
    }

    synchronized boolean isPassedBy() {
        return heard.isEmpty() && behind != null && behind.isAnswered();
    }

    synchronized void hear(Control control) {
        String refused = control.attributes().get(Control.REFUSED);
        if (refused != null) {
            fail(SluiceException.of(ErrorKind.REFUSED, "the publisher refuses signal " + signal + ": " + refused));
            return;
        }
        heard.add(control);
        if (!inParts || control.attributes().containsKey(Control.LAST)) {
            answeredAt = control.source().sequence();
        }
    }

    /** @param sequence the newest applied one of its lane */
    synchronized void applied(long sequence) {
        if (answeredAt >= 0 && sequence >= answeredAt) {
            applied.complete(List.copyOf(heard));
        }
    }

    void fail(RuntimeException failure) {
        applied.completeExceptionally(failure);
    }

    /**
     * Returns when the target has applied the answer.
     *
     * @return what was heard
     */
    List<Control> await() {
        try {
            return applied.get();
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(
                    ErrorKind.REFUSED, "interrupted; sluice verify goes on where it was when it is run again", e);
        }
    }

    /** With the trace of the thread that waited, too. */
    static RuntimeException failure(@Nullable Throwable cause) {
        return cause instanceof SluiceException known
                ? SluiceException.of(known.kind(), String.valueOf(known.getMessage()), known)
                : new IllegalStateException("the answers of the pipeline cannot be heard", cause);
    }
}
