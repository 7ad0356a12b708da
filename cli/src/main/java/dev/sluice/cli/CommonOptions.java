package dev.sluice.cli;

import picocli.CommandLine.Option;

/** What every command understands; read in {@link Main} and {@link FailureReport}, here for the help. */
@SuppressWarnings("UnusedVariable") // picocli asks for them
public final class CommonOptions {
    @Option(names = "--debug", description = "Show the libraries' log and a failure's stack trace.")
    private boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;
}
