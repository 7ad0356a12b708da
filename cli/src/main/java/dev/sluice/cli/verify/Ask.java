package dev.sluice.cli.verify;

import dev.sluice.cli.config.VerifySettings;
import dev.sluice.verification.Mode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What somebody wants to have compared, and how it is told.
 *
 * @param tables names of target tables, with or without schema; empty for all
 * @param samplePercent of the keys, in mode {@code SAMPLE}; otherwise 100
 * @param fresh whether a comparison that was killed is not gone on with
 * @param what compared, or only what differed; or repaired after that
 * @param settings as configured, but for what the command line says
 * @param json whether JSON takes the place of the text on the standard output
 * @param jsonFile where it goes, too
 * @param strict whether what the pipeline accounts for counts as different
 * @param continuous whether it is one of many
 */
record Ask(
        List<String> tables,
        Mode mode,
        double samplePercent,
        boolean fresh,
        What what,
        VerifySettings settings,
        boolean showValues,
        boolean json,
        Optional<Path> jsonFile,
        Optional<Path> htmlFile,
        boolean strict,
        boolean continuous) {
    /** Which of the three ways, in which order. */
    enum What {
        COMPARE,
        COMPARE_AND_REPAIR,
        RECHECK,
        RECHECK_AND_REPAIR,
        /** Nothing is compared, and nothing sent. */
        LIST_REPAIRS;

        boolean repairs() {
            return this == COMPARE_AND_REPAIR || this == RECHECK_AND_REPAIR;
        }

        boolean compares() {
            return this == COMPARE || this == COMPARE_AND_REPAIR;
        }
    }

    /** Whether checks by SQL are run: they are about everything, and no matter of counting. */
    boolean checks() {
        return tables.isEmpty() && mode != Mode.COUNTS;
    }

    Ask {
        tables = List.copyOf(tables);
    }
}
