package dev.sluice.streams.gate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts rows that are applied together into an order: whatever PostgreSQL checks at once and cannot do without holds after each of them. Where that is possible
 * the other foreign keys hold too.
 */
final class TogetherOrder {
    private final List<Member> members;
    private final IdentityHashMap<Member, Integer> index = new IdentityHashMap<>();
    private final Map<byte[], Member> gaining = new TreeMap<>(Arrays::compareUnsigned);
    private final List<Set<Integer>> must;
    private final List<Set<Integer>> may;
    private final List<Set<Integer>> nothing;
    /** A row would keep a reference, which it cannot do without for a moment, to a key that is handed on. */
    private boolean impossible;

    TogetherOrder(Collection<Member> unsorted) {
        members = unsorted.stream()
                .sorted(Comparator.comparingLong(m -> m.pending().record().sequence()))
                .toList();
        must = sets(members.size());
        may = sets(members.size());
        nothing = sets(members.size());
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            index.put(member, i);
            member.gains().forEach(key -> gaining.put(key, member));
        }
        members.forEach(this::afterParents);
        members.forEach(this::afterReferrers);
    }

    private static List<Set<Integer>> sets(int size) {
        List<Set<Integer>> sets = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            sets.add(new LinkedHashSet<>());
        }
        return sets;
    }

    private int at(Member member) {
        return index.getOrDefault(member, -1);
    }

    private void afterParents(Member member) {
        for (int i = 0; i < member.version().references().length; i++) {
            KeyImage reference = member.version().references()[i];
            Member parent = reference.isKey() ? gaining.get(reference.bytes()) : null;
            if (parent != null && at(parent) != at(member)) {
                Edge edge = member.table().edges().get(i);
                (edge.soft() ? may : must).get(at(member)).add(at(parent));
            }
        }
    }

    /** What gives a key up stands behind those who refer to it, and before the one who gets it. */
    private void afterReferrers(Member member) {
        for (byte[] key : member.losses()) {
            Member next = gaining.get(key);
            if (next != null && at(next) != at(member)) {
                must.get(at(next)).add(at(member));
            }
            for (Member other : members) {
                if (at(other) != at(member)) {
                    afterReferrer(member, other, key);
                }
            }
        }
    }

    private void afterReferrer(Member member, Member other, byte[] key) {
        for (Edge edge : other.mayLeave(key)) {
            (edge.soft() ? may : must).get(at(member)).add(at(other));
        }
        List<Edge> leaving = other.leaves(key);
        for (Edge edge : other.referring(key)) {
            impossible |= !edge.soft() && !leaving.contains(edge);
        }
    }

    /** Null when there is no such order. */
    @Nullable
    List<Member> sorted() {
        if (impossible) {
            return null;
        }
        List<Member> sorted = new ArrayList<>();
        Set<Integer> done = new LinkedHashSet<>();
        while (done.size() < members.size()) {
            int next = ready(done, may);
            if (next < 0) {
                next = ready(done, nothing);
            }
            if (next < 0) {
                return null;
            }
            done.add(next);
            sorted.add(members.get(next));
        }
        return sorted;
    }

    private int ready(Set<Integer> done, List<Set<Integer>> wished) {
        for (int i = 0; i < members.size(); i++) {
            if (!done.contains(i) && done.containsAll(must.get(i)) && done.containsAll(wished.get(i))) {
                return i;
            }
        }
        return -1;
    }
}
