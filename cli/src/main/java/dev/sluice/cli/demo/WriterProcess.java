package dev.sluice.cli.demo;

import dev.sluice.cli.Main;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The demo's application in a process of its own. It ends when its standard input does, so it never outlives this process. */
final class WriterProcess implements AutoCloseable {
    private static final long SECONDS_TO_STOP = 30;

    private final Process process;
    private final BufferedReader output;
    private final Path log;

    private WriterProcess(Process process, Path log) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.log = log;
    }

    /** Starts it and waits until its first transaction is committed. */
    static WriterProcess start(Path database, double writesPerSecond, boolean probes, Path log) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dfile.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "demo-writer",
                database.toString(),
                "--writes-per-second=" + writesPerSecond));
        if (probes) {
            command.add("--probes");
        }
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(log.toFile()).start();
            WriterProcess writer = new WriterProcess(process, log);
            if (!DemoWriter.WRITING.equals(writer.output.readLine())) {
                process.destroyForcibly();
                throw writer.failed();
            }
            return writer;
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's writing process cannot be started", e);
        }
    }

    /** @throws SluiceException when the process has ended by itself */
    void checkAlive() {
        if (!process.isAlive()) {
            throw failed();
        }
    }

    /** Tells it to stop and waits until its last transaction is committed. */
    WriterTotals stop() {
        try {
            process.getOutputStream().close();
            String last = output.readLine();
            boolean ended = process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS);
            if (!ended || process.exitValue() != 0 || last == null) {
                throw failed();
            }
            return WriterTotals.parse(last).orElseThrow(this::failed);
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's writing process cannot be heard", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed();
        }
    }

    /** Ends it at once when it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }

    private SluiceException failed() {
        String message = "";
        try {
            message = Files.readString(log).strip();
        } catch (IOException e) {
            message = "(its messages in " + log + " cannot be read: " + e + ")";
        }
        return SluiceException.of(
                ErrorKind.BUG,
                "the demo's writing process ended by itself, expected it to write until it is told to stop; it said: "
                        + message);
    }
}
