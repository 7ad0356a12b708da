package dev.sluice.cli;

import dev.sluice.runtime.ErrorKind;
import java.util.Arrays;

/** The {@code sluice} command. */
public final class Main {
    /** Read by log4j2.xml, which is read once, when the first logger is made. */
    private static final String LOG_LEVEL = "sluice.log.level";

    private Main() {}

    public static void main(String[] args) {
        int exitCode = ErrorKind.BUG.exitCode();
        try {
            exitCode = run(args);
        } catch (Throwable e) {
            System.err.println("sluice: this is a bug in Sluice; please report it with what follows: " + e);
            e.printStackTrace();
        }
        Termination.ended(exitCode);
        System.exit(exitCode);
    }

    /** Runs a command in this process and returns its exit code. */
    public static int run(String... args) {
        if (Arrays.asList(args).contains("--debug") && System.getProperty(LOG_LEVEL) == null) {
            System.setProperty(LOG_LEVEL, "DEBUG");
        }
        return SluiceCommand.commandLine().execute(args);
    }
}
