package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.StreamedRowEvents;
import dev.sluice.streams.state.TreeLaneState;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.GateRig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GateTransferTest {
    private static final int ROWS = 40;

    private final Table users =
            table("users").bigint("id").text("code").key("id").unique("code").build();
    private final Table posts = table("posts")
            .bigint("id")
            .text("author")
            .bigint("answers")
            .key("id")
            .refers("author", "users", "code")
            .refers("answers", "posts", "id")
            .build();
    private final Table branches = table("branches").bigint("id").key("id").build();
    private final Table devices = table("devices")
            .bigint("id")
            .bigint("branch")
            .key("id")
            .refers("branch", "branches", "id")
            .build();
    private final List<Table> people = List.of(users, posts);
    private final List<Table> things = List.of(branches, devices);
    private final List<Table> all = List.of(branches, devices, posts, users);

    private static GateRig rig(List<Table> tables) {
        return new GateRig(tables.toArray(Table[]::new));
    }

    /** Leaves nothing pending. */
    private void writePeople(long seed, GateRig... rigs) {
        for (GateRig rig : rigs) {
            Random same = new Random(seed);
            for (long i = 0; i < ROWS; i++) {
                rig.upsert(users, i, "u" + i);
                rig.upsert(
                        posts, i, "u" + same.nextInt((int) i + 1), i == 0 ? null : Long.valueOf(same.nextInt((int) i)));
            }
            for (long i = ROWS - 1; i >= ROWS / 2; i--) {
                rig.upsert(posts, i, null, null);
                rig.delete(posts, i);
            }
        }
    }

    private void writeThings(long seed, GateRig... rigs) {
        for (GateRig rig : rigs) {
            Random random = new Random(seed);
            for (long i = 0; i < ROWS; i++) {
                rig.upsert(branches, i);
                rig.upsert(devices, i, (long) random.nextInt((int) i + 1));
                rig.upsert(devices, (long) random.nextInt((int) i + 1), random.nextBoolean() ? null : i);
            }
        }
    }

    private static Catalog catalog(List<Table> tables) {
        return Catalog.of(tables);
    }

    private static void carry(GateRig from, List<Table> before, List<Table> after, TreeLaneState into) {
        GatePlan to = GatePlan.of(catalog(after));
        GateTransfer transfer = GateTransfer.between(GatePlan.of(catalog(before)), catalog(before), to, catalog(after));
        put(into, GateTransfer.fingerprint(to));
        from.state().scan(new byte[0], null, (key, value) -> {
            transfer.carry(key, value).ifPresent(entry -> put(into, entry));
            return true;
        });
    }

    private static void put(TreeLaneState state, GateTransfer.Entry entry) {
        byte[] value = entry.value();
        if (value == null) {
            state.delete(entry.key());
        } else {
            state.put(entry.key(), value);
        }
    }

    /** Without totals of what is pending, which is nothing. */
    private static Map<String, String> entries(TreeLaneState state) {
        Map<String, String> entries = new TreeMap<>();
        state.scan(new byte[0], null, (key, value) -> {
            if (key[0] != 'G') {
                entries.put((char) key[0] + Arrays.toString(key), Arrays.toString(value));
            }
            return true;
        });
        return entries;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aSplitLaneKnowsWhatItWouldHadItAlwaysBeenAlone(long seed) {
        GateRig both = rig(all);
        GateRig alone = rig(people);
        GateRig others = rig(things);
        writePeople(seed, both, alone);
        writeThings(seed, both, others);
        TreeLaneState carried = new TreeLaneState();
        carry(both, all, people, carried);
        assertThat(entries(carried)).isEqualTo(entries(alone.state())).hasSizeGreaterThan(ROWS);
        TreeLaneState carriedThings = new TreeLaneState();
        carry(both, all, things, carriedThings);
        assertThat(entries(carriedThings)).isEqualTo(entries(others.state())).hasSizeGreaterThan(ROWS);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aMergedLaneKnowsWhatBothKnew(long seed) {
        GateRig both = rig(all);
        GateRig alone = rig(people);
        GateRig others = rig(things);
        writePeople(seed, both, alone);
        writeThings(seed, both, others);
        TreeLaneState carried = new TreeLaneState();
        carry(alone, people, all, carried);
        carry(others, things, all, carried);
        assertThat(entries(carried)).isEqualTo(entries(both.state()));
    }

    /** A gate with rules, of which only the state matters. */
    private static final class Ruled {
        private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
        private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
        private final TreeLaneState state = new TreeLaneState();
        private final ForeignKeyGate gate;
        private long sequence;

        private Ruled(GatePlan plan) {
            gate = ForeignKeyGate.open(
                    plan, state, new StreamedRowEvents(Events.PIPELINE, "shop.changes.main", registry));
        }

        private List<OrderedRecord> upsert(Table table, @Nullable Object... row) {
            return handle(Events.upsert(table, ++sequence, true, row));
        }

        private void loaded(Table table) {
            Control beat = Events.heartbeat(++sequence);
            handle(new Control(
                    Control.Kind.SNAPSHOT_END,
                    null,
                    table.id(),
                    Map.of(Control.ROWS, "1"),
                    beat.source(),
                    beat.transaction(),
                    sequence));
        }

        private List<OrderedRecord> handle(Event event) {
            LaneRecord record = new LaneRecord(
                    event instanceof Change ? writer.key(event) : null,
                    writer.value(event),
                    sequence,
                    event.source().commitMillis());
            return gate.handle(event, record).records();
        }
    }

    @Test
    void quarantinedVersionsAndEnforcedKeysAreCarriedToo() {
        ForeignKeyRules rules = ForeignKeyRules.of(Map.of(
                TableId.parse("devices"),
                Map.of("devices_branch_fk", new ForeignKeyRule(true, OnOrphan.WAIT)),
                TableId.parse("posts"),
                Map.of("posts_author_fk", new ForeignKeyRule(false, OnOrphan.QUARANTINE))));
        Ruled both = new Ruled(GatePlan.of(catalog(all), rules));
        Ruled alone = new Ruled(GatePlan.of(catalog(people), rules));
        for (Ruled gate : List.of(both, alone)) {
            gate.upsert(users, 1L, "u1");
            gate.loaded(users);
            gate.upsert(posts, 1L, "u1", null);
            assertThat(gate.upsert(posts, 1L, "nobody", null).get(0).header().outcome())
                    .isEqualTo(Outcome.QUARANTINE);
        }
        both.upsert(devices, 1L, 1L);
        assertThat(both.upsert(branches, 1L).get(0).header().outcome()).isEqualTo(Outcome.APPLY);
        TreeLaneState carried = new TreeLaneState();
        GateTransfer transfer = GateTransfer.between(
                GatePlan.of(catalog(all), rules), catalog(all), GatePlan.of(catalog(people), rules), catalog(people));
        put(carried, GateTransfer.fingerprint(GatePlan.of(catalog(people), rules)));
        both.state.scan(new byte[0], null, (key, value) -> {
            transfer.carry(key, value).ifPresent(entry -> put(carried, entry));
            return true;
        });
        assertThat(entries(carried))
                .isEqualTo(entries(alone.state))
                .anySatisfy((key, value) -> assertThat(key).startsWith("P"));
    }

    @Test
    void aTableThatJoinsBringsItsOwnForeignKeys() {
        Table more = table("more")
                .bigint("id")
                .text("who")
                .key("id")
                .refers("who", "users", "code")
                .build();
        List<Table> after = List.of(users, posts, more);
        assertThat(GateTransfer.between(
                        GatePlan.of(catalog(all)), catalog(all), GatePlan.of(catalog(after)), catalog(after)))
                .isNotNull();
    }

    @Test
    void aGateThatWouldHaveToKnowMoreIsRefused() {
        Table owned = table("devices")
                .bigint("id")
                .bigint("branch")
                .key("id")
                .refers("branch", "branches", "id")
                .refers("id", "users", "id")
                .build();
        refused(List.of(branches, owned, posts, users), "needs foreign key devices_id_fk");
        Table free = table("devices").bigint("id").bigint("branch").key("id").build();
        refused(List.of(branches, free), "does without ");
    }

    private void refused(List<Table> after, String why) {
        assertThatThrownBy(() -> GateTransfer.between(
                        GatePlan.of(catalog(all)), catalog(all), GatePlan.of(catalog(after)), catalog(after)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(why);
    }
}
