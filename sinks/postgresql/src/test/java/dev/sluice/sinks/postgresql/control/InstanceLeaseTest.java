package dev.sluice.sinks.postgresql.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InstanceLeaseTest {
    private final TargetDatabase database = TargetDatabase.open(
            TargetSettings.of(LocalPostgres.temporary().createDatabase()), "p", InstantSource.system());

    InstanceLeaseTest() {
        new TargetPreparation(database, "p", InstantSource.system())
                .prepare(PreparationRequest.of("id", "sqlite", Catalog.of(List.of())), false);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private InstanceLease acquire(String instance, boolean takeOver, CompletableFuture<SluiceException> lost) {
        return InstanceLease.acquire(database, "p", "run", instance, takeOver, lost::complete, Duration.ofMillis(200));
    }

    @Test
    void aLivingHolderIsNamedAndNotReplaced() {
        try (InstanceLease held = acquire("one", false, new CompletableFuture<>())) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> acquire("two", false, new CompletableFuture<>()))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContaining("already has a running run: process "
                            + ProcessHandle.current().pid());
            assertThat(PipelineStatus.read(database, "p").instances())
                    .singleElement()
                    .satisfies(i -> {
                        assertThat(i.instance()).isEqualTo("one");
                        assertThat(i.alive()).isTrue();
                    });
        }
        try (InstanceLease next = acquire("two", false, new CompletableFuture<>())) {
            assertThat(next).as("given back, it can be had").isNotNull();
        }
        assertThat(PipelineStatus.read(database, "p").instances()).isEmpty();
    }

    @Test
    void takingOverTellsTheFormerHolder() throws Exception {
        CompletableFuture<SluiceException> lost = new CompletableFuture<>();
        try (InstanceLease former = acquire("one", false, lost);
                InstanceLease taker = acquire("two", true, new CompletableFuture<>())) {
            assertThat(former).isNotEqualTo(taker);
            assertThat(lost.get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("was taken over by")
                    .hasMessageContaining("instance two");
        }
    }

    @Test
    void theLeaseOfAProcessThatDiedHereIsFree() {
        insert("clock_timestamp() + interval '1 hour'", "localhost-of-nobody");
        database.withConnectionDo(c -> {
            try (var update = c.prepareStatement("UPDATE sluice.instances SET host = ?, pid = ?")) {
                update.setString(1, java.net.InetAddress.getLocalHost().getHostName());
                update.setLong(2, 999_999_999L);
                update.executeUpdate();
            } catch (java.net.UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        });
        try (InstanceLease lease = acquire("two", false, new CompletableFuture<>())) {
            assertThat(lease).isNotNull();
        }
    }

    @Test
    void theLeaseOfAProcessThatDiedElsewhereIsWaitedFor() {
        insert("clock_timestamp() + interval '1 second'", "elsewhere");
        try (InstanceLease lease = acquire("two", false, new CompletableFuture<>())) {
            assertThat(lease).isNotNull();
        }
    }

    private void insert(String until, String host) {
        database.withConnectionDo(c -> {
            try (var insert = c.prepareStatement(
                    "INSERT INTO sluice.instances VALUES ('p', 'run', 'one', ?, 1, " + until + ")")) {
                insert.setString(1, host);
                insert.executeUpdate();
            }
        });
    }
}
