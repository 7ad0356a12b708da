package dev.sluice.verification;

import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts what was found of a key into the form in which it is kept. */
final class DifferenceWriter {
    private static final String MASKED = "***";

    private final TableTask task;
    private final List<Column> columns;
    private final boolean showValues;

    DifferenceWriter(TableTask task, boolean showValues) {
        this.task = task;
        this.columns = task.captured().target().columns();
        this.showValues = showValues;
    }

    Settled of(String key, Judgement judgement, @Nullable List<SourceRecord> source, @Nullable TargetRow target) {
        Verdict verdict = judgement.verdict();
        if (verdict == null) {
            return new Settled(key, judgement.sourceRows(), judgement.targetRows(), null);
        }
        List<String> names =
                judgement.columns().stream().map(i -> columns.get(i).name()).toList();
        List<@Nullable String> here = new ArrayList<>();
        List<@Nullable String> there = new ArrayList<>();
        SourceRecord.Row row = source == null ? null : row(source);
        if (showValues && row != null && target != null) {
            for (int index : judgement.columns()) {
                boolean backward = verdict == Verdict.MISCONVERTED;
                here.add(shown(index, backward ? stored(row, index) : converted(row, index)));
                there.add(shown(index, InputText.of(columns.get(index).type(), target.values()[index])));
            }
        }
        Difference difference = new Difference(verdict, key, names, here, there);
        return new Settled(key, judgement.sourceRows(), judgement.targetRows(), difference);
    }

    private @Nullable String shown(int index, @Nullable String text) {
        return text != null && task.masked().contains(columns.get(index).name()) ? MASKED : text;
    }

    private @Nullable String converted(SourceRecord.Row row, int index) {
        @Nullable Object[] values = row.after();
        return values == null ? null : InputText.of(columns.get(index).type(), values[index]);
    }

    private static @Nullable String stored(SourceRecord.Row row, int index) {
        @Nullable Object[] values = row.stored();
        Object value = values == null ? null : values[index];
        return value instanceof byte[] bytes
                ? InputText.of(LogicalType.BYTES, bytes)
                : value == null ? null : value.toString();
    }

    private static SourceRecord.@Nullable Row row(List<SourceRecord> records) {
        return records.size() == 1 && records.get(0) instanceof SourceRecord.Row row && row.after() != null
                ? row
                : null;
    }
}
