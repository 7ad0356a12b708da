package dev.sluice.cli;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistryException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The one place where a failure becomes a message and an exit code. */
final class FailureReport implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        boolean debug = parsed.originalArgs().contains("--debug");
        int exitCode = report(failure, err, debug);
        err.flush();
        return exitCode;
    }

    private static int report(Exception failure, PrintWriter err, boolean debug) {
        ErrorKind kind = kind(failure);
        if (kind == ErrorKind.BUG) {
            err.println("sluice: this is a bug in Sluice; please report it with what follows: " + failure.getMessage());
            failure.printStackTrace(err);
        } else {
            err.println("sluice: " + failure.getMessage());
            if (debug) {
                failure.printStackTrace(err);
            }
        }
        return kind.exitCode();
    }

    private static ErrorKind kind(Exception failure) {
        if (failure instanceof SluiceException known) {
            return known.kind();
        }
        return failure instanceof SchemaRegistryException ? ErrorKind.KAFKA : ErrorKind.BUG;
    }

    static int usage(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("sluice: " + failure.getMessage());
        if (!UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
        }
        err.flush();
        return ErrorKind.CONFIGURATION.exitCode();
    }
}
