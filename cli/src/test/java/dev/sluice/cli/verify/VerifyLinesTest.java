package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class VerifyLinesTest {
    @Test
    void nowAndThenALineSaysHowFarItIsAndWhenItWillBeDone() {
        AtomicLong millis = new AtomicLong();
        StringWriter out = new StringWriter();
        VerifyLines lines = new VerifyLines(new PrintWriter(out), () -> Instant.ofEpochMilli(millis.get()));
        TableId orders = TableId.parse("orders");
        lines.compared(orders, "pending", 0, 10_000);
        millis.set(1_000);
        lines.compared(orders, "forward", 1_000, 10_000);
        millis.set(2_000);
        lines.compared(orders, "forward", 2_000, 10_000);
        lines.held("lane main is 40 s behind");
        lines.held("lane main is 41 s behind");
        lines.held("");
        lines.held("lane main is 42 s behind");
        lines.held("");
        lines.say("the pipeline is paused");
        millis.set(3_000);
        lines.compared(orders, "repair", 0, 500);
        millis.set(5_000);
        lines.compared(orders, "repair", 500, 500);
        assertThat(out.toString().lines())
                .containsExactly(
                        "verify  0 of about 10,000 rows  0 rows/s  ETA ?  now: ",
                        "verify  2,000 of about 10,000 rows  1,000 rows/s  ETA 0:08  now: public.orders forward",
                        "verify  held back: lane main is 40 s behind",
                        "verify  goes on",
                        "the pipeline is paused",
                        "verify  500 of about 500 rows  250 rows/s  ETA 0:00  now: ");
    }

    @Test
    void oneReasonIsSaidEveryTenSecondsWhateverItsNumbersAreAndAnotherAtOnce() {
        AtomicLong millis = new AtomicLong();
        StringWriter out = new StringWriter();
        VerifyLines lines = new VerifyLines(new PrintWriter(out), () -> Instant.ofEpochMilli(millis.get()));
        for (int i = 40; i < 55; i++) {
            lines.held("lane main is " + i + " s behind");
            lines.held("lane other is " + (i + 60) + " s behind");
            millis.addAndGet(1_000);
        }
        lines.held("");
        lines.held("");
        assertThat(out.toString().lines())
                .containsExactly(
                        "verify  held back: lane main is 40 s behind",
                        "verify  held back: lane other is 100 s behind",
                        "verify  held back: lane main is 50 s behind",
                        "verify  held back: lane other is 110 s behind",
                        "verify  goes on");
    }
}
