package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class TargetWatchTest {
    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final PipelineStatus OTHER = new PipelineStatus(
            Optional.empty(),
            List.of(new PipelineStatus.Lane("main", 7, 7, 1, null, null, null, null)),
            List.of(),
            List.of(),
            null);

    private final BlockingQueue<Supplier<PipelineStatus>> answers = new LinkedBlockingQueue<>();
    private final BlockingQueue<RuntimeException> failures = new LinkedBlockingQueue<>();

    private PipelineStatus next() {
        try {
            return answers.take().get();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Supplier<PipelineStatus> failing(ErrorKind kind) {
        return () -> {
            throw SluiceException.of(kind, "gone");
        };
    }

    private static void await(Supplier<Boolean> condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.get()) {
            assertThat(System.nanoTime()).as("time left").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Test
    void aTargetThatIsAwayIsReportedBesideItsLastAccountAndEndsNothing() throws Exception {
        answers.add(() -> PipelineStatus.EMPTY);
        try (TargetWatch watch = TargetWatch.start(this::next, AT_ONCE, failures::add)) {
            assertThat(watch.latest()).isEqualTo(new TargetWatch.Reading(PipelineStatus.EMPTY, null));
            answers.add(failing(ErrorKind.TARGET));
            await(() -> watch.latest().problem() != null);
            assertThat(watch.latest()).isEqualTo(new TargetWatch.Reading(PipelineStatus.EMPTY, "gone"));
            answers.add(() -> OTHER);
            await(() -> watch.latest().problem() == null);
            assertThat(watch.latest().account()).isEqualTo(OTHER);
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void anyOtherFailureIsThePipelines() throws Exception {
        answers.add(() -> PipelineStatus.EMPTY);
        try (TargetWatch watch = TargetWatch.start(this::next, AT_ONCE, failures::add)) {
            answers.add(failing(ErrorKind.BUG));
            assertThat(failures.poll(20, TimeUnit.SECONDS)).hasMessage("gone");
            assertThat(watch.latest().problem()).isNull();
        }
    }

    @Test
    void aTargetThatCannotBeReadAtFirstIsAFailureOfTheStart() {
        answers.add(failing(ErrorKind.TARGET));
        assertThatThrownBy(() -> TargetWatch.start(this::next, AT_ONCE, failures::add))
                .isInstanceOf(SluiceException.class);
    }
}
