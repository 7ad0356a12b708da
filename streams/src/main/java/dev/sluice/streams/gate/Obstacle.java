package dev.sluice.streams.gate;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.streams.gate.PendingVersion.Awaited;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why an event cannot be applied now.
 *
 * @param code for machines; null for the usual one, a missing parent
 * @param foreignKeys the foreign keys in the way
 * @param spec the key they refer to
 * @param awaited what an upsert waits for; null where it is a row that is to leave, or one whose own keys have to be free
 * @param rule what the foreign key asks for when this stays
 * @param lonely whether no pending row could put it right
 */
@SuppressWarnings("ArrayRecordComponent") // looked at, never compared
record Obstacle(
        @Nullable String code,
        List<Edge> foreignKeys,
        KeySpec spec,
        byte[] key,
        @Nullable Awaited awaited,
        OnOrphan rule,
        boolean lonely) {
    private static final String IN_TRANSACTION = "until-transaction-ends";

    /** @param lonely no pending row would bring the parent */
    static Obstacle missingParent(Edge edge, byte[] key, OnOrphan rule, boolean lonely) {
        Awaited awaited = new Awaited(Awaited.For.ARRIVAL, key);
        return new Obstacle(null, List.of(edge), edge.parent(), key, awaited, rule, lonely);
    }

    static Obstacle partialMatchFull(Edge edge, byte[] key, OnOrphan rule) {
        Awaited awaited = new Awaited(Awaited.For.ARRIVAL, key);
        return new Obstacle("match-full", List.of(edge), edge.parent(), key, awaited, rule, true);
    }

    static Obstacle blockedByHeld(KeySpec spec, byte[] key) {
        Awaited awaited = new Awaited(Awaited.For.RELEASE, key);
        return new Obstacle("blocked-by-held", List.of(), spec, key, awaited, OnOrphan.WAIT, false);
    }

    static Obstacle stillReferredTo(List<Edge> foreignKeys, KeySpec spec, byte[] key) {
        return new Obstacle("still-referred-to", foreignKeys, spec, key, null, OnOrphan.WAIT, false);
    }

    /** A source that enforces the key may still move referrers away in the same transaction. */
    static Obstacle inTransaction(List<Edge> foreignKeys, KeySpec spec, byte[] key) {
        return new Obstacle(IN_TRANSACTION, foreignKeys, spec, key, null, OnOrphan.WAIT, false);
    }

    static Obstacle unsettledReferrers(Edge edge, byte[] key) {
        return new Obstacle("referrers-pending", List.of(edge), edge.parent(), key, null, OnOrphan.WAIT, true);
    }

    /** Whether it is over with the source transaction at the latest. */
    boolean passes() {
        return IN_TRANSACTION.equals(code);
    }

    /** E.g. {@code {"foreign_key":"cities_region_fk","table":"public.regions","key":[3]}}. */
    String reason() {
        StringBuilder json = new StringBuilder(96).append('{');
        if (code != null) {
            json.append("\"reason\":").append(quoted(code)).append(',');
        }
        if (foreignKeys.size() == 1) {
            json.append("\"foreign_key\":")
                    .append(quoted(foreignKeys.get(0).foreignKey().name()))
                    .append(',');
        } else if (!foreignKeys.isEmpty()) {
            String[] names =
                    foreignKeys.stream().map(e -> e.foreignKey().name()).toArray(String[]::new);
            json.append("\"foreign_keys\":").append(KeyText.of(names)).append(',');
        }
        json.append("\"table\":").append(quoted(spec.table().id().toString()));
        return json.append(",\"key\":")
                .append(KeyText.of(spec.values(key)))
                .append('}')
                .toString();
    }

    private static String quoted(String text) {
        String array = KeyText.of(new Object[] {text});
        return array.substring(1, array.length() - 1);
    }
}
