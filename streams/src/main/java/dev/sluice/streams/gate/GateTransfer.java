package dev.sluice.streams.gate;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Carries what a lane's gate knows of rows and keys over to the gate of a lane that takes tables from it. Entry by entry, so that a changelog can be carried
 * record by record. Of pending rows only those that were quarantined are carried: the gate it comes from must have no others.
 */
public final class GateTransfer {
    private static final int NOWHERE = -1;

    private final GatePlan from;
    private final int[] specs;
    private final int[] edges;
    private final int[] tables;
    private final ByteWriter keys = new ByteWriter();
    private final ByteWriter values = new ByteWriter();

    private GateTransfer(GatePlan from, GatePlan to) {
        this.from = from;
        this.specs = numbers(specs(from), specs(to), KeySpec::toString);
        this.edges = numbers(from.edges(), to.edges(), Edge::toString);
        this.tables = numbers(from.tables(), to.tables(), GateTransfer::idOf);
    }

    /** An entry of a lane's state; without value it deletes. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Entry(byte[] key, byte @Nullable [] value) {}

    /**
     * @param from plan and tables of the lane that has been
     * @param to those of the lane that comes; tables that both have are carried
     * @throws SluiceException of kind REFUSED when the new gate would have to know more of the tables than the old one does
     */
    public static GateTransfer between(GatePlan from, Catalog before, GatePlan to, Catalog after) {
        Set<TableId> carried = before.tables().stream().map(Table::id).collect(Collectors.toSet());
        carried.retainAll(after.tables().stream().map(Table::id).toList());
        Set<String> known = knowledge(from, carried).collect(Collectors.toSet());
        Set<String> wanted = knowledge(to, carried).collect(Collectors.toSet());
        refuse(wanted, known, "needs ");
        refuse(known, wanted, "does without ");
        return new GateTransfer(from, to);
    }

    private static void refuse(Set<String> some, Set<String> others, String what) {
        Optional<String> missing =
                some.stream().filter(s -> !others.contains(s)).sorted().findFirst();
        if (missing.isPresent()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the foreign keys are not those under which the lane was written: the new lane " + what
                            + missing.get()
                            + "; restore the target's keys and the rules for them, or `sluice remove` the pipeline and create it anew");
        }
    }

    /** What is remembered of these tables. */
    private static Stream<String> knowledge(GatePlan plan, Set<TableId> carried) {
        Stream<String> keys = specs(plan).stream()
                .filter(s -> carried.contains(s.table().id()))
                .map(s -> "key " + s);
        Stream<String> references =
                plan.edges().stream().filter(e -> carried.contains(e.child())).map(e -> "foreign key " + e);
        Stream<String> rows = plan.tables().stream()
                .filter(t -> carried.contains(t.table().id()) && t.tracked())
                .map(t -> "rows of " + idOf(t));
        return Stream.of(keys, references, rows).flatMap(s -> s);
    }

    /** In the order of their numbers. */
    private static List<KeySpec> specs(GatePlan plan) {
        return plan.tables().stream()
                .flatMap(t -> Stream.concat(Stream.of(t.primary()), t.otherKeys().stream()))
                .sorted(Comparator.comparing(KeySpec::id))
                .toList();
    }

    private static String idOf(GatedTable table) {
        return table.table().id().toString();
    }

    private static <T> int[] numbers(List<T> from, List<T> to, Function<T, String> name) {
        List<String> names = to.stream().map(name).toList();
        return from.stream().mapToInt(item -> names.indexOf(name.apply(item))).toArray();
    }

    /** Under which plan a state was made, where an entry says so. */
    public static Optional<String> fingerprint(byte[] key, byte @Nullable [] value) {
        return Arrays.equals(key, GateStore.FINGERPRINT) && value != null
                ? Optional.of(GateStore.decodeFingerprint(value))
                : Optional.empty();
    }

    /** What a new lane's state begins with. */
    public static Entry fingerprint(GatePlan plan) {
        return new Entry(GateStore.FINGERPRINT, GateStore.encodeFingerprint(plan.fingerprint()));
    }

    /** The entry as the new lane has it; empty where it is none of its business. */
    public Optional<Entry> carry(byte[] key, byte @Nullable [] value) {
        byte @Nullable [] carried =
                switch (key[0]) {
                    case 'N' ->
                        image(key, 1, key.length).map(i -> keyOf('N', i)).orElse(null);
                    case 'P' ->
                        image(key, 1, key.length).map(i -> keyOf('P', i)).orElse(null);
                    case 'R' -> referrer(key);
                    case 'L', 'E', 'U' -> numbered(key, tables);
                    case 'C' -> numbered(key, edges);
                    default -> null;
                };
        if (carried == null) {
            return Optional.empty();
        }
        return Optional.of(new Entry(carried, value == null ? null : value(key[0], value)));
    }

    private byte @Nullable [] value(byte kind, byte[] value) {
        return switch (kind) {
            case 'N' -> node(value);
            case 'P' -> pending(value);
            default -> value;
        };
    }

    private byte[] keyOf(char kind, byte[] image) {
        return keys.reset().u8(kind).raw(image).toBytes();
    }

    private byte @Nullable [] numbered(byte[] key, int[] numbers) {
        int number = numbers[number(key, 1)];
        return number == NOWHERE ? null : keys.reset().u8(key[0]).i16(number).toBytes();
    }

    /** Key, foreign key, row. */
    private byte @Nullable [] referrer(byte[] key) {
        int edgeAt = 1 + from.spec(number(key, 1)).lengthAt(key, 1);
        int edge = edges[number(key, edgeAt)];
        Optional<byte[]> referred = image(key, 1, edgeAt);
        Optional<byte[]> row = image(key, edgeAt + Short.BYTES, key.length);
        if (edge == NOWHERE || referred.isEmpty() || row.isEmpty()) {
            return null;
        }
        return keys.reset().u8('R').raw(referred.get()).i16(edge).raw(row.get()).toBytes();
    }

    private byte[] node(byte[] value) {
        Node node = Node.decode(value);
        node.references = images(node.references);
        node.keys = images(node.keys);
        byte[] owner = node.owner;
        node.owner = owner == null ? null : image(owner, 0, owner.length).orElse(null);
        return node.encode(values);
    }

    /** What waits is gone by the end of the log. */
    private byte @Nullable [] pending(byte[] value) {
        PendingVersion pending = PendingVersion.decode(value);
        if (pending.kind() != Node.Pending.QUARANTINED) {
            return null;
        }
        Version version = pending.version();
        return new PendingVersion(
                        pending.kind(),
                        pending.record(),
                        new Version(images(version.references()), images(version.keys())),
                        List.of(),
                        pending.partial(),
                        pending.nulled(),
                        pending.told(),
                        pending.asked())
                .encode(values);
    }

    private KeyImage[] images(KeyImage[] images) {
        return Arrays.stream(images)
                .map(i -> new KeyImage(
                        i.kind(), image(i.bytes(), 0, i.bytes().length).orElseThrow(), i.epoch()))
                .toArray(KeyImage[]::new);
    }

    /** The same values under the number that the new lane gives the key; empty also for what is no key, but stands for a table. */
    private Optional<byte[]> image(byte[] bytes, int begin, int end) {
        int number = number(bytes, begin);
        int spec = number < specs.length ? specs[number] : NOWHERE;
        if (spec == NOWHERE) {
            return Optional.empty();
        }
        byte[] image = Arrays.copyOfRange(bytes, begin, end);
        image[0] = (byte) (spec >>> 8);
        image[1] = (byte) spec;
        return Optional.of(image);
    }

    private static int number(byte[] bytes, int at) {
        return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
    }
}
