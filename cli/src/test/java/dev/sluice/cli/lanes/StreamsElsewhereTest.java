package dev.sluice.cli.lanes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.LaneLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamsElsewhereTest {
    @Test
    void onlyMembersOfAnotherDataDirectoryAreElsewhere(@TempDir Path directory) {
        try (EmbeddedKafka broker = EmbeddedKafka.start(directory)) {
            Map<String, Object> kafka = Map.of("bootstrap.servers", broker.bootstrapServers());
            assertThatCode(() -> requireNone(kafka, "")).doesNotThrowAnyException();
            Map<String, Object> member = Map.of(
                    "bootstrap.servers",
                    broker.bootstrapServers(),
                    "group.id",
                    "shop.streams.main",
                    "group.instance.id",
                    "machine-1");
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(member, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                consumer.subscribe(List.of("shop.changes.main"));
                while (consumer.groupMetadata().memberId().isEmpty()) {
                    consumer.poll(Duration.ofMillis(100));
                }
                assertThatThrownBy(() -> requireNone(kafka, "another"))
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                        .hasMessageContaining("lane main=[")
                        .hasMessageContaining("Stop the processes with role streams");
                assertThatCode(() -> requireNone(kafka, "machine")).doesNotThrowAnyException();
            }
        }
    }

    private static void requireNone(Map<String, Object> kafka, String own) {
        StreamsElsewhere.requireNone("shop", LaneLayout.single(List.of()), kafka, own, Duration.ZERO);
    }
}
