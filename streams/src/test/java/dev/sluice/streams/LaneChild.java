package dev.sluice.streams;

import static dev.sluice.streams.testing.TableBuilder.table;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.registry.ConfluentSchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.testing.Events;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A lane in a process of its own, to be killed. Not a test; the process ends by {@code kill -9} or with the one that started it. */
final class LaneChild {
    static final Table REGIONS =
            table("regions").bigint("id").text("name").key("id").build();
    static final Table CITIES = table("cities")
            .bigint("id")
            .bigint("region")
            .key("id")
            .refers("region", "regions", "id")
            .build();
    static final Catalog CATALOG = Catalog.of(List.of(REGIONS, CITIES));

    private LaneChild() {}

    /**
     * @param id of the region, whose cities come before it
     * @return cities, and then their region
     */
    static List<Event> citiesFirst(long firstSequence, long id, int cities) {
        List<Event> events = new ArrayList<>();
        for (long i = 0; i < cities; i++) {
            events.add(Events.upsert(CITIES, firstSequence + i, false, id * 1_000_000 + i, id));
        }
        events.add(Events.upsert(REGIONS, firstSequence + cities, true, id, "r"));
        return events;
    }

    static LaneSettings settings(String pipeline, Path stateDir, String bootstrapServers, int standbyReplicas) {
        return LaneSettings.of(
                        pipeline,
                        Events.INCARNATION,
                        "main",
                        1,
                        stateDir,
                        Map.of("bootstrap.servers", bootstrapServers))
                .withReplicationFactor(1)
                .withStandbyReplicas(standbyReplicas)
                // The least that a broker allows unless told otherwise.
                .withSessionTimeout(Duration.ofSeconds(6));
    }

    static Process start(
            String pipeline, Path stateDir, String bootstrapServers, int standbyReplicas, String registryUrl)
            throws IOException {
        File log = stateDir.resolveSibling(stateDir.getFileName() + ".log").toFile();
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LaneChild.class.getName(),
                        pipeline,
                        stateDir.toString(),
                        bootstrapServers,
                        String.valueOf(standbyReplicas),
                        registryUrl)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        LaneSettings settings =
                settings(arguments[0], Path.of(arguments[1]), arguments[2], Integer.parseInt(arguments[3]));
        LaneRunner.start(
                settings,
                CATALOG,
                ForeignKeyRules.NONE,
                ConfluentSchemaRegistry.connect(arguments[4], Map.of()),
                Throwable::printStackTrace);
        while (System.in.read() >= 0) {
            // Nobody writes; the end comes with the starter's.
        }
        Runtime.getRuntime().halt(1);
    }
}
