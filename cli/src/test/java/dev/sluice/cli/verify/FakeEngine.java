package dev.sluice.cli.verify;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Checksum;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import dev.sluice.verification.TableTask;
import dev.sluice.verification.Verdict;
import dev.sluice.verification.VerificationListener;
import dev.sluice.verification.checks.SqlCheck;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Knows what is unequal; whatever is asked, that is what it finds. A repair makes everything equal that can be repaired. */
final class FakeEngine implements Engine {
    static final Instant BEGAN = Instant.parse("2026-03-01T10:00:00Z");

    final List<String> asked = new ArrayList<>();
    final List<TableTask> tasks = new ArrayList<>();
    final Map<TableId, List<Difference>> unequal = new HashMap<>();
    final List<CheckResult> checks = new ArrayList<>();
    boolean live;
    boolean quiet = true;
    /** So many rows does the target have less, of those that are equal. */
    long fewerInTarget;

    int pages;
    /** Of a check, before anything is compared. */
    @Nullable
    SluiceException mistake;
    /** When checks are made. */
    @Nullable
    SluiceException failure;
    /** Done while a comparison is under way. */
    Runnable meanwhile = () -> {};

    void finds(String table, Verdict verdict, String key, String... columns) {
        unequal.computeIfAbsent(TableId.parse(table), t -> new ArrayList<>())
                .add(new Difference(verdict, key, List.of(columns), List.of(), List.of()));
    }

    private Result compared(String how, Mode mode, double percent, List<TableTask> tables) {
        asked.add(how + " " + tables.stream().map(TableTask::id).toList());
        tasks.clear();
        tasks.addAll(tables);
        meanwhile.run();
        return result(mode, percent, tables.stream().map(TableTask::id).toList());
    }

    Result result(Mode mode, double percent, List<TableId> tables) {
        return new Result(
                "shop",
                7,
                mode,
                percent,
                live,
                BEGAN,
                BEGAN.plusSeconds(90),
                tables.stream().map(this::table).toList(),
                checks);
    }

    private TableResult table(TableId id) {
        Map<Verdict, Long> counts = new EnumMap<>(Verdict.class);
        List<Difference> differences = unequal.getOrDefault(id, List.of());
        differences.forEach(difference -> counts.merge(difference.verdict(), 1L, Long::sum));
        long matched = 1_234_567;
        return new TableResult(
                id,
                7,
                true,
                matched + differences.size(),
                matched,
                matched + differences.size(),
                matched - fewerInTarget,
                counts,
                0,
                new Checksum(1, 2),
                differences.isEmpty() ? new Checksum(1, 2) : new Checksum(3, 4),
                quiet,
                4_711,
                Duration.ofSeconds(90),
                BEGAN.plusSeconds(90),
                note(id));
    }

    private static @Nullable String note(TableId id) {
        return id.name().equals("noted") ? "what is <odd> about it" : null;
    }

    @Override
    public void requireChecks(List<SqlCheck> some) {
        asked.add("require " + some.stream().map(SqlCheck::name).toList());
        if (mistake != null) {
            throw mistake;
        }
    }

    @Override
    public List<CheckResult> check(long id, List<SqlCheck> some, List<TableId> lanes, Set<String> masked) {
        asked.add("check " + some.stream().map(SqlCheck::name).toList() + " without " + masked);
        if (failure != null) {
            throw failure;
        }
        return checks;
    }

    @Override
    public Result run(
            Mode mode, double samplePercent, List<TableTask> tables, boolean fresh, VerificationListener listener) {
        listener.compared(tables.get(0).id(), "forward", 1, 2);
        return compared("run " + mode + " " + samplePercent + (fresh ? " fresh" : ""), mode, samplePercent, tables);
    }

    @Override
    public Result recheck(List<TableTask> tables, VerificationListener listener) {
        return compared("recheck", Mode.FULL, 100, tables);
    }

    @Override
    public Result repair(List<TableTask> tables, VerificationListener listener) {
        unequal.values().forEach(keys -> keys.removeIf(key -> key.verdict().isRepairable()));
        return compared("repair", Mode.FULL, 100, tables);
    }

    @Override
    public List<Difference> page(long id, TableId table, String after, int limit) {
        pages++;
        return unequal.getOrDefault(table, List.of()).stream()
                .sorted(Comparator.comparing(Difference::key))
                .filter(difference -> difference.key().compareTo(after) > 0)
                .limit(limit)
                .toList();
    }

    /** As the engine that it is, with what it was opened with in what was asked. */
    Factory factory() {
        return (pipeline, sources, target, passage, settings, clock) -> {
            asked.add("opened " + (passage.isOpen() ? "running" : "at rest") + " " + settings.parallelism() + " "
                    + settings.maxRowsPerSecond() + " " + settings.showValues());
            return this;
        };
    }
}
