package dev.sluice.sinks.postgresql.apply;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Changes in an order in which each stands behind those that it needs; what needs each other in a circle stands together, as one run. So wherever the list is cut, the first part can be
 * applied without the second. (Tarjan's strongly connected components, which come out in this order; without recursion, for chains are as long as a batch.) Pure.
 */
final class ParentsFirst {
    private final List<RowChange> changes;
    private final List<List<Integer>> needs = new ArrayList<>();
    private final int[] index;
    private final int[] low;
    private final boolean[] open;
    private final Deque<Integer> stack = new ArrayDeque<>();
    private final List<RowChange> ordered = new ArrayList<>();
    private int next = 1;
    private int runs;

    private ParentsFirst(List<RowChange> changes, Function<RowChange, Set<RowChange>> needed) {
        this.changes = changes;
        this.index = new int[changes.size()];
        this.low = new int[changes.size()];
        this.open = new boolean[changes.size()];
        Map<RowChange, Integer> places = new HashMap<>();
        for (int i = 0; i < changes.size(); i++) {
            places.put(changes.get(i), i);
        }
        Map<RowChange.Key, Integer> earlier = new HashMap<>();
        for (int i = 0; i < changes.size(); i++) {
            List<Integer> edges = new ArrayList<>();
            for (RowChange parent : needed.apply(changes.get(i))) {
                Integer place = places.get(parent);
                if (place != null) {
                    edges.add(place);
                }
            }
            // Several of one row stay in their order.
            Integer before = changes.get(i).kind() == StepKind.TRUNCATE
                    ? null
                    : earlier.put(changes.get(i).key(), i);
            if (before != null) {
                edges.add(before);
            }
            needs.add(edges);
        }
    }

    static List<RowChange> of(List<RowChange> changes, Function<RowChange, Set<RowChange>> needed) {
        ParentsFirst order = new ParentsFirst(changes, needed);
        for (int i = 0; i < changes.size(); i++) {
            if (order.index[i] == 0) {
                order.visit(i);
            }
        }
        return order.ordered;
    }

    /** A change that is being visited, and how many of those that it needs were. */
    private static final class Frame {
        private final int place;
        private int visited;

        private Frame(int place) {
            this.place = place;
        }
    }

    private void visit(int root) {
        Deque<Frame> frames = new ArrayDeque<>();
        frames.push(enter(root));
        while (!frames.isEmpty()) {
            Frame frame = frames.peek();
            List<Integer> edges = needs.get(frame.place);
            if (frame.visited < edges.size()) {
                int parent = edges.get(frame.visited++);
                if (index[parent] == 0) {
                    frames.push(enter(parent));
                } else if (open[parent]) {
                    low[frame.place] = Math.min(low[frame.place], index[parent]);
                }
            } else {
                frames.pop();
                leave(frame.place);
                if (!frames.isEmpty()) {
                    int child = frames.peek().place;
                    low[child] = Math.min(low[child], low[frame.place]);
                }
            }
        }
    }

    private Frame enter(int place) {
        index[place] = next;
        low[place] = next++;
        open[place] = true;
        stack.push(place);
        return new Frame(place);
    }

    private void leave(int place) {
        if (low[place] < index[place]) {
            return;
        }
        List<Integer> circle = new ArrayList<>();
        int member;
        do {
            member = stack.pop();
            open[member] = false;
            circle.add(member);
        } while (member != place);
        circle.sort(null);
        int run = circle.size() == 1 ? RowChange.ALONE : ++runs;
        circle.forEach(one -> {
            RowChange change = changes.get(one);
            ordered.add(new RowChange(
                    change.table(), change.change(), change.sequence(), change.evicts(), change.fresh(), run));
        });
    }
}
