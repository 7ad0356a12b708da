package dev.sluice.producers.api;

import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The lanes that a publisher writes, and where each begins when it has never been published. */
public final class LaneStarts {
    private final @Nullable LaneLayout layout;
    private final SortedMap<String, Long> firstSequences;

    private LaneStarts(@Nullable LaneLayout layout, Map<String, Long> firstSequences) {
        this.layout = layout;
        this.firstSequences = Collections.unmodifiableSortedMap(new TreeMap<>(firstSequences));
        this.firstSequences.forEach((lane, first) -> {
            if (first < 1) {
                throw new IllegalArgumentException(
                        "firstSequence of lane " + lane + " must be at least 1, not " + first);
            }
        });
    }

    /** Lane {@code main} for whatever tables there are. */
    static LaneStarts main(long firstSequence) {
        return new LaneStarts(null, Map.of(LaneLayout.MAIN, firstSequence));
    }

    static LaneStarts of(LaneLayout layout, Map<String, Long> firstSequences) {
        if (layout.lanes().isEmpty() || !layout.lanes().equals(firstSequences.keySet())) {
            throw new IllegalArgumentException("every lane of " + layout.lanes()
                    + " needs a first sequence, and no other: " + firstSequences.keySet());
        }
        return new LaneStarts(layout, firstSequences);
    }

    Set<String> lanes() {
        return firstSequences.keySet();
    }

    /** By lane. */
    public SortedMap<String, Long> firstSequences() {
        return firstSequences;
    }

    long firstSequence(String lane) {
        return firstSequences.getOrDefault(lane, 1L);
    }

    /** Empty when the layout has no lane for the table. */
    Optional<String> laneOf(TableId table) {
        return layout == null ? Optional.of(LaneLayout.MAIN) : layout.laneWith(table);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LaneStarts that
                && Objects.equals(layout, that.layout)
                && firstSequences.equals(that.firstSequences);
    }

    @Override
    public int hashCode() {
        return firstSequences.hashCode();
    }

    @Override
    public String toString() {
        return firstSequences.toString();
    }
}
