package dev.sluice.cli.init;

import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.SourceTable.ForeignKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Everything that {@code init} has learnt about a source. */
final class Proposals {
    private final List<Proposal> all;

    private Proposals(List<Proposal> all) {
        this.all = all;
    }

    static Proposals read(SourceConnector source) {
        return of(source.tables().stream()
                .map(table -> new Proposal(table, source.propose(table)))
                .toList());
    }

    static Proposals of(List<Proposal> proposals) {
        return new Proposals(
                proposals.stream().sorted(Comparator.comparing(Proposal::name)).toList());
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    List<Proposal> keyless() {
        return all.stream().filter(p -> !p.hasKey()).toList();
    }

    /** Tables with a key, parents before children; ties by name. */
    List<Proposal> parentsFirst() {
        Set<Proposal> ordered = new LinkedHashSet<>();
        for (Proposal proposal : all) {
            visit(proposal, new HashSet<>(), ordered);
        }
        return ordered.stream().filter(Proposal::hasKey).toList();
    }

    private void visit(Proposal proposal, Set<String> path, Set<Proposal> ordered) {
        if (ordered.contains(proposal) || !path.add(proposal.name())) {
            return;
        }
        parents(proposal).forEach(parent -> visit(parent, path, ordered));
        ordered.add(proposal);
    }

    private List<Proposal> parents(Proposal proposal) {
        List<Proposal> parents = new ArrayList<>();
        for (ForeignKey key : proposal.source().foreignKeys()) {
            parent(key).ifPresent(parents::add);
        }
        return parents;
    }

    Optional<Proposal> parent(ForeignKey key) {
        return all.stream()
                .filter(p -> p.name().equalsIgnoreCase(key.parentTable()))
                .findFirst();
    }

    /** Whether following foreign keys from a table leads back to it through another table. */
    boolean closesCycle(Proposal child, Proposal parent) {
        return !child.equals(parent) && reaches(parent, child, new HashSet<>());
    }

    private boolean reaches(Proposal from, Proposal to, Set<String> seen) {
        return from.equals(to)
                || (seen.add(from.name()) && parents(from).stream().anyMatch(p -> reaches(p, to, seen)));
    }
}
