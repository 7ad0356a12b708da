package dev.sluice.cli.run;

import java.io.Console;
import java.lang.reflect.Method;

/** Whether a person looks on. */
public final class Terminal {
    private Terminal() {}

    /** Input and output are a terminal that understands more than lines. */
    @SuppressWarnings("SystemConsoleNull") // answered below
    public static boolean isInteractive() {
        Console console = System.console();
        return console != null && isTerminal(console) && !"dumb".equals(System.getenv("TERM"));
    }

    /** From Java 22 on there is a console even without a terminal, and a method that tells. */
    private static boolean isTerminal(Console console) {
        try {
            Method isTerminal = Console.class.getMethod("isTerminal");
            return Boolean.TRUE.equals(isTerminal.invoke(console));
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
