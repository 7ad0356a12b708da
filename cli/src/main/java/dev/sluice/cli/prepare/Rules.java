package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.streams.gate.GatePlan;
import java.util.List;

/** Whether the topology and the source can do what the rules for foreign keys ask of them. */
final class Rules {
    private Rules() {}

    static void check(Binding binding, SourceConnector source, FindingsReport report) {
        report.attempt("foreign keys", () -> plan(binding));
        if (!binding.rules().evicting().isEmpty() && !readsKeys(binding, source)) {
            report.add(
                    ErrorKind.CONFIGURATION,
                    List.of(Finding.error(
                            "impossible-on-orphan",
                            "foreign-keys",
                            "on-orphan: evict for "
                                    + String.join(", ", binding.rules().evicting())
                                    + " cannot be kept: a source of kind " + source.kind()
                                    + " cannot read the rows again when their parent returns",
                            "choose wait, set-null or quarantine")));
        }
    }

    private static void plan(Binding binding) {
        // The topology makes the same plan when it starts.
        GatePlan unused = GatePlan.of(binding.catalog(), binding.rules().rules());
    }

    private static boolean readsKeys(Binding binding, SourceConnector source) {
        try (ChangeSource unopened = source.source(binding.tables(), "check", "check")) {
            return unopened.capabilities().keyedRead();
        }
    }
}
