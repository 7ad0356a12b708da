package dev.sluice.streams.gate;

import java.util.List;

/** Rows of one run change places: what they give up is gone before any of them takes it. */
final class Exchange {
    private final GateStore store;
    private final GatedRows rows;
    private final PendingRows pending;

    Exchange(GateStore store, GatedRows rows) {
        this.store = store;
        this.rows = rows;
        this.pending = rows.pending();
    }

    void of(List<Member> members) {
        members.forEach(this::giveUpReferences);
        members.forEach(this::giveUpKeys);
        members.forEach(this::takeKeys);
        members.forEach(this::takeReferences);
    }

    private void giveUpReferences(Member member) {
        Node node = rows.row(member.table(), member.row());
        if (!member.staysPending()) {
            pending.drop(member.table(), member.row(), node);
        }
        for (int i = 0; i < node.references.length; i++) {
            rows.references().release(member.table().edges().get(i), member.row(), node.references[i], true);
        }
        node.references = KeyImage.NONE;
        store.put(member.row(), node);
    }

    private void giveUpKeys(Member member) {
        Node node = rows.row(member.table(), member.row());
        KeyImage[] kept = new KeyImage[node.keys.length];
        for (int i = 0; i < kept.length; i++) {
            KeyImage key = node.keys[i];
            boolean keeps = key.isKey() && member.version().hasKey(key.bytes());
            if (key.isKey() && !keeps) {
                rows.lose(member.row(), key.bytes());
            }
            kept[i] = keeps ? key : KeyImage.of(KeyImage.Kind.NULL, key.bytes());
        }
        node.keys = member.goes() ? KeyImage.NONE : kept;
        pending.recount(member.table(), node, () -> {
            node.live = node.live && !member.goes();
            node.leaving = false;
        });
        if (member.evicts()) {
            pending.leftTarget(member.table(), member.row(), node);
        } else {
            store.put(member.row(), node);
        }
    }

    private void takeKeys(Member member) {
        if (member.goes()) {
            return;
        }
        Node node = rows.row(member.table(), member.row());
        pending.recount(member.table(), node, () -> node.live = true);
        rows.moveKeys(member.row(), node, member.version());
        rows.arrived(member.row(), node);
        store.put(member.row(), node);
    }

    private void takeReferences(Member member) {
        if (!member.goes()) {
            Node node = rows.row(member.table(), member.row());
            rows.references().move(member.table(), member.row(), node, member.version());
            store.put(member.row(), node);
        }
    }
}
