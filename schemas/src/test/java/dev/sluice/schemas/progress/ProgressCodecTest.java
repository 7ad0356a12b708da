package dev.sluice.schemas.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class ProgressCodecTest {
    private static final Position POSITION = Position.of(new byte[] {1, -1});

    @Test
    void progressComesBackEqual() {
        ProducerProgress progress = new ProducerProgress(
                "id",
                POSITION,
                new TreeMap<>(Map.of(
                        "public.a",
                        lane(17, 3, List.of(TableId.parse("a"), new TableId("x.y", "b"))),
                        "public.c",
                        lane(1, 0, List.of()))),
                new TreeMap<>(Map.of("main", 16L)),
                List.of(
                        new SnapshotProgress(TableId.parse("a"), "2", new byte[] {5}, 10, 3, false),
                        SnapshotProgress.begin(TableId.parse("b"), ""),
                        SnapshotProgress.begin(TableId.parse("c"), "", new Backfill("signal-1", "name = 'é'", false)),
                        new SnapshotProgress(
                                TableId.parse("d"), "", null, 7, 0, true, new Backfill("signal-2", null, true))),
                9);
        assertThat(ProgressCodec.decode(ProgressCodec.encode(progress))).isEqualTo(progress);
        assertThat(progress.nextSequence()).isEqualTo(Map.of("public.a", 17L, "public.c", 1L, "main", 16L));
        assertThat(progress.isInsideTransaction()).isTrue();
        ProducerProgress fresh = new ProducerProgress("id", null, new TreeMap<>(), new TreeMap<>(), List.of(), 0);
        assertThat(ProgressCodec.decode(ProgressCodec.encode(fresh))).isEqualTo(fresh);
        assertThat(fresh.isInsideTransaction()).isFalse();
    }

    /** As the first Sluice wrote it: one lane, one order. */
    @Test
    void aProgressOfVersionOneIsStillRead() {
        byte[] first =
                HexFormat.of().parseHex("01046964020401ff0602086d61696e2200020c7075626c6963026102320202051406000012");
        assertThat(ProgressCodec.decode(first))
                .isEqualTo(new ProducerProgress(
                        "id",
                        POSITION,
                        new TreeMap<>(Map.of("main", lane(17, 3, List.of()))),
                        new TreeMap<>(),
                        List.of(new SnapshotProgress(TableId.parse("a"), "2", new byte[] {5}, 10, 3, false)),
                        9));
    }

    /** As it was written while no table was ever read again. */
    @Test
    void aProgressOfVersionTwoIsStillRead() {
        byte[] second = HexFormat.of()
                .parseHex(
                        "02046964020401ff02086d61696e2206020c7075626c69630261000002066f6c642000020c7075626c6963026102320202051406000012");
        assertThat(ProgressCodec.decode(second))
                .isEqualTo(new ProducerProgress(
                        "id",
                        POSITION,
                        new TreeMap<>(Map.of("main", lane(17, 3, List.of(TableId.parse("a"))))),
                        new TreeMap<>(Map.of("old", 16L)),
                        List.of(new SnapshotProgress(TableId.parse("a"), "2", new byte[] {5}, 10, 3, false)),
                        9));
    }

    @Test
    void anotherVersionIsRefusedByName() {
        assertThatThrownBy(() -> ProgressCodec.decode(new byte[] {4, 0}))
                .hasMessageContaining("version 4")
                .hasMessageContaining("version 1 to 3");
        assertThatThrownBy(() -> ProgressCodec.decode(new byte[] {2, 7, 7})).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> ProgressCodec.decode(new byte[0])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLaneIsWrittenOrOfThePast() {
        TreeMap<String, LaneProgress> lanes = new TreeMap<>(Map.of("main", lane(1, 0, List.of())));
        TreeMap<String, Long> past = new TreeMap<>(Map.of("main", 16L));
        assertThatThrownBy(() -> new ProducerProgress("id", null, lanes, past, List.of(), 0))
                .hasMessageContaining("lane main");
    }

    @Test
    void positionsCompareAsUnsignedBytesWithinOneLayout() {
        Position small = Position.of(new byte[] {1, 1});
        Position large = Position.of(new byte[] {1, -1});
        assertThat(small).isLessThan(large);
        assertThatThrownBy(() -> small.compareTo(Position.of(new byte[] {2, 1})))
                .hasMessageContaining("do not compare");
    }

    private static LaneProgress lane(long next, long order, Collection<TableId> tables) {
        return new LaneProgress(next, order, new TreeSet<>(tables));
    }
}
