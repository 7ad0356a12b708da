package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.Capabilities.Transactions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/** The suite is a proof only if a source with a mistake fails it. */
class ChangeSourceContractTest {
    static Stream<Arguments> flaws() {
        return Arrays.stream(FlawedSource.Flaw.values())
                .flatMap(flaw -> Stream.of(Transactions.EXACT, Transactions.CUT)
                        .map(transactions -> Arguments.of(flaw, transactions)));
    }

    @ParameterizedTest(name = "{0} with transactions {1}")
    @MethodSource("flaws")
    void aSourceWithAMistakeFails(FlawedSource.Flaw flaw, Transactions transactions) throws Exception {
        assertThat(failures(transactions, source -> new FlawedSource(source, flaw)))
                .as("cases that notice")
                .isNotEmpty();
    }

    @Test
    void aSourceWithoutAMistakePasses() throws Exception {
        assertThat(failures(Transactions.EXACT, UnaryOperator.identity())).isEmpty();
        assertThat(failures(Transactions.CUT, UnaryOperator.identity())).isEmpty();
    }

    /** The suite's cases that fail with an assertion; any other end is a failure of this test. */
    private static Set<String> failures(Transactions transactions, UnaryOperator<ChangeSource> wrap) throws Exception {
        ChangeSourceContract suite = new ChangeSourceContract() {
            @Override
            protected SourceFixture fixture(List<Write.Insert> rows) {
                return new ListFixture(transactions, rows, wrap);
            }
        };
        Set<String> failures = new TreeSet<>();
        for (Method method : ChangeSourceContract.class.getDeclaredMethods()) {
            for (Object[] arguments : arguments(method)) {
                try {
                    method.invoke(suite, arguments);
                } catch (InvocationTargetException e) {
                    if (e.getCause() instanceof AssertionError) {
                        failures.add(method.getName());
                    } else if (!(e.getCause() instanceof TestAbortedException)) {
                        throw e;
                    }
                }
            }
        }
        return failures;
    }

    private static List<Object[]> arguments(Method method) {
        if (method.isAnnotationPresent(Test.class)) {
            return List.<Object[]>of(new Object[0]);
        }
        ValueSource values = method.getAnnotation(ValueSource.class);
        if (values == null) {
            return List.of();
        }
        return Stream.concat(
                        Arrays.stream(values.longs()).mapToObj(value -> new Object[] {value}),
                        Arrays.stream(values.ints()).mapToObj(value -> new Object[] {value}))
                .toList();
    }
}
