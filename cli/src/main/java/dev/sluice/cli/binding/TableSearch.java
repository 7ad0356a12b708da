package dev.sluice.cli.binding;

import dev.sluice.cli.config.NearestName;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Finds captured tables by the names that somebody types. */
public final class TableSearch {
    private TableSearch() {}

    /**
     * @param names of target tables, with or without their schema
     * @throws SluiceException of kind CONFIGURATION that says every name that is no captured table, or more than one
     */
    public static SortedSet<TableId> find(Collection<String> names, Collection<TableId> captured) {
        SortedSet<TableId> wanted = new TreeSet<>();
        List<String> problems = new ArrayList<>();
        for (String name : names) {
            List<TableId> found = captured.stream()
                    .filter(id -> id.toString().equals(name) || id.name().equals(name))
                    .toList();
            if (found.size() == 1) {
                wanted.add(found.get(0));
            } else {
                problems.add(found.isEmpty() ? unknown(name, captured) : "'" + name + "' may be any of " + found);
            }
        }
        if (!problems.isEmpty()) {
            throw SluiceException.of(ErrorKind.CONFIGURATION, "--tables: " + String.join("; ", problems));
        }
        return wanted;
    }

    private static String unknown(String name, Collection<TableId> captured) {
        List<String> names = captured.stream().map(TableId::toString).toList();
        String full = name.contains(".") ? name : "public." + name;
        return "no captured table is called '" + name + "'" + NearestName.suggestion(full, names);
    }
}
