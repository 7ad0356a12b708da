package dev.sluice.streams;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.signal.SignalCodec;
import dev.sluice.streams.gate.ForeignKeyRule;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.OnOrphan;
import dev.sluice.streams.gate.PendingTotals;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The decisions behind Kafka Streams' interfaces. */
class LaneTopologyTest {
    private final Table regions =
            table("regions").bigint("id").text("name").key("id").build();
    private final Table cities = table("cities")
            .bigint("id")
            .bigint("region")
            .key("id")
            .refers("region", "regions", "id")
            .build();
    private final Catalog catalog = Catalog.of(List.of(regions, cities));
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final LaneMeter meter = new LaneMeter();
    private final Path dir;
    private final TopologyTestDriver driver;
    private final TestInputTopic<byte[], byte[]> changes;
    private final TestOutputTopic<byte[], byte[]> ordered;

    LaneTopologyTest(@TempDir Path dir) {
        this.dir = dir;
        Properties properties = LaneProperties.of(settings());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        driver = new TopologyTestDriver(
                LaneTopology.build(settings(), catalog, ForeignKeyRules.NONE, registry, meter), properties);
        changes = driver.createInputTopic("shop.changes.main", new ByteArraySerializer(), new ByteArraySerializer());
        ordered =
                driver.createOutputTopic("shop.ordered.main", new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private LaneSettings settings() {
        return settings(dir);
    }

    private static LaneSettings settings(Path stateDir) {
        return LaneSettings.of(Events.PIPELINE, Events.INCARNATION, "main", 1, stateDir, Map.of());
    }

    @AfterEach
    void close() {
        driver.close();
    }

    private TestRecord<byte[], byte[]> record(Event event) {
        return new TestRecord<>(writer.key(event), writer.value(event));
    }

    private List<TestRecord<byte[], byte[]>> pipe(Event event) {
        changes.pipeInput(record(event));
        return ordered.readRecordsToList();
    }

    @Test
    void bytesAreForwardedUnchangedWithTheCommitTimeAndTheDecisionInTheHeader() {
        Event event = Events.upsert(regions, 1, true, 7L, "r");
        TestRecord<byte[], byte[]> out = pipe(event).get(0);

        assertThat(out.key()).isEqualTo(writer.key(event));
        assertThat(out.value()).isEqualTo(writer.value(event));
        assertThat(out.timestamp()).isEqualTo(event.source().commitMillis());
        assertThat(OrderedHeader.of(out.headers()))
                .isEqualTo(new OrderedHeader(Outcome.APPLY, true, false, false, 1, 1, null));
    }

    @Test
    void aControlEventHasNoKeyAndItsPlace() {
        TestRecord<byte[], byte[]> out = pipe(Events.heartbeat(1)).get(0);

        assertThat(out.key()).isNull();
        assertThat(OrderedHeader.of(out.headers()).outcome()).isEqualTo(Outcome.CONTROL);
    }

    @Test
    void aCompareEventKeepsItsPlaceAmongTheChangesAndItsBytesAndDecidesNothing() {
        Event before = Events.upsert(cities, 1, true, 5L, 7L);
        Event compare = Events.compare(cities, 2, "[5]", "[5,7]");
        Event after = Events.upsert(regions, 3, true, 7L, "r");
        List<TestRecord<byte[], byte[]>> out = new ArrayList<>();
        for (Event event : List.of(before, compare, after)) {
            out.addAll(pipe(event));
        }

        assertThat(out.get(1).value()).isEqualTo(writer.value(compare));
        assertThat(out)
                .extracting(record -> OrderedHeader.of(record.headers()))
                .extracting(header -> header.outcome() + " " + header.sequence() + " of " + header.origin())
                .containsExactly("WAIT 1 of 1", "CONTROL 2 of 2", "APPLY 3 of 3", "APPLY 3 of 1");
        assertThat(pipe(compare)).as("a redelivery").isEmpty();
    }

    @Test
    void aRedeliveryLeavesNoTraceInOrdered() {
        Event event = Events.upsert(regions, 1, true, 7L, "r");
        pipe(event);

        assertThat(pipe(event)).isEmpty();
        assertThat(meter.reading().nextSequence()).isEqualTo(2);
    }

    @Test
    void releasesGoOnByWallClockWhileNoRecordsCome() {
        int children = 2_500;
        Postgres postgres = new Postgres(catalog, EventReader.of(registry), 1);
        for (int i = 0; i < children; i++) {
            apply(postgres, pipe(Events.upsert(cities, i + 1L, true, (long) i, 7L)));
        }
        assertThat(waiting()).isEqualTo(children);
        assertThat(meter.reading().hasWork()).isFalse();
        apply(postgres, pipe(Events.upsert(regions, children + 1L, true, 7L, "r")));
        assertThat(meter.reading())
                .isEqualTo(new LaneMeter.Reading(children + 2, new PendingTotals(1_500, 0, 0), true));
        driver.advanceWallClockTime(Duration.ofMillis(20));
        driver.advanceWallClockTime(Duration.ofMillis(20));
        apply(postgres, ordered.readRecordsToList());

        assertThat(waiting()).isZero();
        assertThat(meter.reading().hasWork()).isFalse();
        assertThat(postgres.rows(cities)).hasSize(children);
    }

    private long waiting() {
        return meter.reading().pending().waiting();
    }

    private static void apply(Postgres postgres, List<TestRecord<byte[], byte[]>> records) {
        records.forEach(r -> postgres.apply(OrderedHeader.of(r.headers()), r.value()));
    }

    @Test
    void aGapStopsTheLaneAndNamesTheRecord() {
        pipe(Events.heartbeat(1));

        assertThatThrownBy(() -> pipe(Events.heartbeat(3)))
                .rootCause()
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("expected sequence 2, found 3 at shop.changes.main partition 0 offset 1");
    }

    @Test
    void aRecordThatIsNoEventStopsTheLaneAndIsNotSkipped() {
        pipe(Events.heartbeat(1));

        assertThatThrownBy(() -> changes.pipeInput(new byte[0], new byte[] {1, 2, 3}))
                .rootCause()
                .hasMessageContaining("zero byte");
        assertThatThrownBy(() -> changes.pipeInput(new TestRecord<>(new byte[0], (byte[]) null)))
                .rootCause()
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("has no value")
                .hasMessageContaining("shop.changes.main partition 0 offset 2");
    }

    @Test
    void namesAreStable() {
        assertThat(settings().applicationId()).isEqualTo("shop.streams.main");
        assertThat(settings().internalTopics()).containsExactly("shop.streams.main-lane-changelog");
    }

    @Test
    void whatTheTargetDoesWithEvictedRowsReachesTheirTablesTopicAndTheProducer() {
        LaneSettings settings = settings(dir.resolve("evicting")).withPublishPerTable(true);
        ForeignKeyRule evict = new ForeignKeyRule(false, OnOrphan.EVICT);
        ForeignKeyRules rules = ForeignKeyRules.of(Map.of(cities.id(), Map.of("cities_region_fk", evict)));
        Properties properties = LaneProperties.of(settings);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        try (TopologyTestDriver evicting =
                new TopologyTestDriver(LaneTopology.build(settings, catalog, rules, registry), properties)) {
            TestInputTopic<byte[], byte[]> in = evicting.createInputTopic(
                    "shop.changes.main", new ByteArraySerializer(), new ByteArraySerializer());
            Event region = Events.upsert(regions, 1, true, 7L, "r");
            Event city = Events.upsert(cities, 2, true, 1L, 7L);
            Event regionLeaves = Events.delete(regions, 3, true, 7L, null);
            Event regionIsBack = Events.upsert(regions, 4, true, 7L, "r");
            List.of(region, city, regionLeaves, regionIsBack).forEach(event -> in.pipeInput(record(event)));

            assertThat(values(evicting, "shop.table.public.regions"))
                    .containsExactly(writer.value(region), writer.value(regionLeaves), writer.value(regionIsBack));
            List<byte[]> ofCities = values(evicting, "shop.table.public.cities");
            assertThat(ofCities).hasSize(2);
            assertThat(((Change) EventReader.of(registry).read(ofCities.get(1))).op())
                    .isEqualTo(Op.DELETE);
            List<byte[]> signals = values(evicting, "shop.signals");
            assertThat(signals).hasSize(1);
            assertThat(SignalCodec.decode(signals.get(0)).keys()).containsExactly("[1]");
        }
    }

    private static List<byte[]> values(TopologyTestDriver from, String topic) {
        return from.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .readValuesToList();
    }
}
