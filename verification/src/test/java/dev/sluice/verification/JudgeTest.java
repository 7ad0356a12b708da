package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Notation;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class JudgeTest {
    private static final Table TABLE = new Table(
            TableId.parse("t"),
            List.of(
                    new Column("id", LogicalType.INT64, "bigint", false, false),
                    new Column("parent", LogicalType.INT64, "bigint", true, false),
                    new Column("v", LogicalType.TEXT, "text", true, false)),
            List.of("id"),
            List.of(),
            List.of(new ForeignKey(
                    "t_fkey", List.of("parent"), TableId.parse("parents"), List.of("id"), false, false)));
    private static final Explanation WAITS = new Explanation("wait", false, null, 0, false);
    private static final Explanation NULLED = new Explanation("wait", true, null, 0, false);
    private static final Explanation STALE = new Explanation("stale", false, null, 0, false);
    private static final Explanation HELD = new Explanation("hold", false, null, 0, false);
    private static final Explanation DEAD = new Explanation(null, false, "open", 50, false);
    private static final Explanation LET_GO = new Explanation(null, false, "discarded", 50, false);

    private final Judge judge = new Judge(
            new RowComparison(
                    new CapturedTable("t", List.of("id", "parent", "v"), TABLE),
                    // Says that texts are stored in upper case.
                    (column, stored, value) -> column != 2
                                    || value == null
                                    || value.toString()
                                            .toUpperCase(java.util.Locale.ROOT)
                                            .equals(stored)
                            ? Notation.Answer.SAME
                            : Notation.Answer.OTHER),
            TABLE);

    @Test
    void equalIsEqualWhateverThePipelineSays() {
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 2L, "v"), Explanation.NONE))
                .isNull();
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 2L, "v"), STALE)).isNull();
        assertThat(verdict(gone(), null, HELD)).isNull();
    }

    @Test
    void aRowOfOneSideIsMissingOrExtraUnlessSomethingFittingSaysWhy() {
        assertThat(verdict(row(1L, 2L, "v"), null, Explanation.NONE)).isEqualTo(Verdict.MISSING);
        assertThat(verdict(row(1L, 2L, "v"), null, WAITS)).isEqualTo(Verdict.WAITING);
        assertThat(verdict(row(1L, 2L, "v"), null, STALE))
                .as("an older version should be there")
                .isEqualTo(Verdict.MISSING);
        assertThat(verdict(row(1L, 2L, "v"), null, HELD)).isEqualTo(Verdict.MISSING);
        assertThat(verdict(row(1L, 2L, "v"), null, DEAD)).isEqualTo(Verdict.DEAD_LETTER);
        assertThat(verdict(row(1L, 2L, "v"), null, LET_GO)).isEqualTo(Verdict.DISCARDED);
        assertThat(verdict(gone(), there(9, 1L, 2L, "v"), Explanation.NONE)).isEqualTo(Verdict.EXTRA);
        assertThat(verdict(gone(), there(9, 1L, 2L, "v"), HELD)).isEqualTo(Verdict.HELD);
        assertThat(verdict(gone(), there(9, 1L, 2L, "v"), WAITS)).isEqualTo(Verdict.EXTRA);
    }

    @Test
    void differentValuesAreExplainedByAnOlderVersionOrByReferencesThatAreNull() {
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 2L, "w"), Explanation.NONE))
                .isEqualTo(Verdict.DIFFERENT);
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 2L, "w"), STALE)).isEqualTo(Verdict.STALE);
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 2L, "w"), WAITS)).isEqualTo(Verdict.DIFFERENT);
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, null, "v"), NULLED)).isEqualTo(Verdict.WAITING);
        Explanation staleNulled = new Explanation("stale", true, null, 0, false);
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, null, "v"), staleNulled))
                .isEqualTo(Verdict.WAITING);
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 3L, "v"), staleNulled))
                .isEqualTo(Verdict.DIFFERENT);
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, null, "w"), NULLED))
                .as("the rest has to be as it is in the source")
                .isEqualTo(Verdict.DIFFERENT);
    }

    @Test
    void aDeadLetterExplainsOnlyVersionsThatAreOlder() {
        assertThat(verdict(row(1L, 2L, "v"), there(9, 1L, 2L, "w"), DEAD)).isEqualTo(Verdict.DEAD_LETTER);
        assertThat(verdict(row(1L, 2L, "v"), there(51, 1L, 2L, "w"), DEAD)).isEqualTo(Verdict.DIFFERENT);
        assertThat(verdict(row(1L, 2L, "v"), there(51, 1L, 2L, "w"), LET_GO)).isEqualTo(Verdict.DIFFERENT);
    }

    @Test
    void aRowThatTheSourceCannotGiveIsMissingOrDifferentUnlessItIsADeadLetter() {
        SourceRecord refused =
                new SourceRecord.Refused(TABLE.id(), Op.READ, "[1]", "v", "nul", "has a NUL", new byte[0], "x");
        assertThat(verdict(List.of(refused), null, DEAD)).isEqualTo(Verdict.DEAD_LETTER);
        assertThat(verdict(List.of(refused), there(9, 1L, 2L, "w"), DEAD)).isEqualTo(Verdict.DEAD_LETTER);
        assertThat(verdict(List.of(refused), null, Explanation.NONE)).isEqualTo(Verdict.MISSING);
        assertThat(verdict(List.of(refused), there(9, 1L, 2L, "w"), Explanation.NONE))
                .isEqualTo(Verdict.DIFFERENT);
    }

    @Test
    void severalRowsWithOneKeyCollideWhateverStandsThere() {
        List<SourceRecord> two =
                List.of(row(1L, 2L, "v").get(0), row(1L, 2L, "w").get(0));
        assertThat(verdict(two, there(9, 1L, 2L, "v"), Explanation.NONE)).isEqualTo(Verdict.COLLIDING);
        assertThat(judge.of(two, null, Explanation.NONE).sourceRows()).isEqualTo(2);
    }

    @Test
    void aValueThatComesBackAsAnotherOneIsMisconvertedUnlessARuleChangedIt() {
        Object[] after = {1L, 2L, "v"};
        Object[] stored = {1L, 2L, "X"};
        TargetRow there = there(9, 1L, 2L, "v");
        SourceRecord wrong = SourceRecord.Row.upsert(TABLE, Op.READ, after, List.of(), stored);
        assertThat(judge.of(List.of(wrong), there, Explanation.NONE))
                .isEqualTo(new Judgement(Verdict.MISCONVERTED, 1, 1, List.of(2)));
        SourceRecord right = SourceRecord.Row.upsert(TABLE, Op.READ, after, List.of(), new Object[] {1L, 2L, "V"});
        assertThat(verdict(List.of(right), there, Explanation.NONE)).isNull();
        SourceRecord changed =
                SourceRecord.Row.upsert(TABLE, Op.READ, after, List.of(new Transformed("truncate", "v")), stored);
        assertThat(verdict(List.of(changed), there, Explanation.NONE)).isNull();
    }

    private @Nullable Verdict verdict(List<SourceRecord> source, @Nullable TargetRow target, Explanation why) {
        return judge.of(source, target, why).verdict();
    }

    private static List<SourceRecord> row(@Nullable Object... values) {
        return List.of(SourceRecord.Row.upsert(TABLE, Op.READ, values));
    }

    private static List<SourceRecord> gone() {
        return List.of(SourceRecord.Row.delete(TABLE, new Object[] {1L, null, null}));
    }

    private static TargetRow there(long sequence, @Nullable Object... values) {
        return new TargetRow(sequence, Arrays.copyOf(values, values.length));
    }
}
