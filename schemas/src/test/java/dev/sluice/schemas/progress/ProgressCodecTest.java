package dev.sluice.schemas.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProgressCodecTest {
    @Test
    void progressComesBackEqual() {
        ProducerProgress progress = new ProducerProgress(
                "id",
                Position.of(new byte[] {1, -1}),
                3,
                Map.of("main", 17L),
                List.of(
                        new SnapshotProgress(TableId.parse("a"), "2", new byte[] {5}, 10, 3, false),
                        SnapshotProgress.begin(TableId.parse("b"), "")),
                9);
        assertThat(ProgressCodec.decode(ProgressCodec.encode(progress))).isEqualTo(progress);
        ProducerProgress fresh = new ProducerProgress("id", null, 0, Map.of(), List.of(), 0);
        assertThat(ProgressCodec.decode(ProgressCodec.encode(fresh))).isEqualTo(fresh);
    }

    @Test
    void anotherVersionIsRefusedByName() {
        assertThatThrownBy(() -> ProgressCodec.decode(new byte[] {2, 0})).hasMessageContaining("version 1");
        assertThatThrownBy(() -> ProgressCodec.decode(new byte[] {1, 7, 7})).isInstanceOf(RuntimeException.class);
    }

    @Test
    void positionsCompareAsUnsignedBytesWithinOneLayout() {
        Position small = Position.of(new byte[] {1, 1});
        Position large = Position.of(new byte[] {1, -1});
        assertThat(small).isLessThan(large);
        assertThatThrownBy(() -> small.compareTo(Position.of(new byte[] {2, 1})))
                .hasMessageContaining("do not compare");
    }
}
