package dev.sluice.producers.api;

import dev.sluice.schemas.event.Transformed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which rules changed the values of one row, or took an unusual notation for them. Nothing is allocated while there are none. Not thread-safe. */
public final class Marks {
    private String column = "";
    private @Nullable List<Transformed> marks;

    /** What follows concerns a column, by the target's name. */
    public void in(String name) {
        column = name;
    }

    public void add(String rule) {
        if (marks == null) {
            marks = new ArrayList<>();
        }
        marks.add(new Transformed(rule, column));
    }

    public List<Transformed> all() {
        return marks == null ? List.of() : List.copyOf(marks);
    }
}
