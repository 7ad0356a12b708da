package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sluice verify} beside an application that writes as fast as it can. */
final class VerifyIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CORRUPTIONS = 50;

    @TempDir
    private Path directory;

    private Workspace workspace;
    private String target;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = 20261130)
    void underWritesNothingIsCalledDifferentAndEveryCorruptionIsFoundAndRepaired(long seed)
            throws SQLException, IOException {
        verifyFor(Duration.ofSeconds(15), seed);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = 1)
    @Tag("exhaustive")
    void forTenMinutes(long seed) throws SQLException, IOException {
        verifyFor(Duration.ofMinutes(10), seed);
    }

    private void verifyFor(Duration time, long seed) throws SQLException, IOException {
        prepare();
        try (Sluice.Running run = workspace.startRun()) {
            run.await("every table", this::isLive);
            try (LedgerApplication application = LedgerApplication.start(workspace.source(), seed)) {
                continuously(time, application);
                Map<String, String> corrupted = Corruptions.make(target, CORRUPTIONS, seed);
                assertThat(verify(3)).isEqualTo(corrupted);
                workspace.run("verify", "--repair", "--dry-run").expectExitCode(3);
                assertThat(verify(3)).as("nothing is repaired yet").isEqualTo(corrupted);
                workspace.run("verify", "--recheck", "--repair").expectExitCode(0);
                long before = application.transactions();
                assertThat(verify(0)).isEmpty();
                assertThat(application.transactions()).as("it still writes").isGreaterThan(before);
            }
            run.terminate().expectExitCode(0);
        }
        workspace.runUntilCaughtUp().expectExitCode(0);
        SideBySide.expectEqual(workspace.source(), target);
        assertThat(Workspace.query(target, "SELECT count(*) FROM sluice.compared"))
                .containsExactly("0");
    }

    private void prepare() throws SQLException {
        workspace = new Workspace(directory);
        LedgerApplication.create(workspace.source());
        target = LocalPostgres.temporary().createDatabase();
        workspace.initWithTarget(target);
        String cold =
                "SELECT count(*), sum(amount), count(DISTINCT note) FROM entries WHERE id <= " + LedgerApplication.COLD;
        workspace.edit(
                text -> text + "\nchecks: {cold-totals: {source: \"" + cold + "\", target: \"" + cold
                        + "\"}, orphans: {target: \"SELECT 1 FROM entries e WHERE account_id NOT IN (SELECT id FROM accounts)\"}}\n");
    }

    private boolean isLive() throws SQLException {
        return Workspace.query(target, "SELECT DISTINCT phase FROM sluice.tables")
                .equals(List.of("live"));
    }

    private void continuously(Duration time, LedgerApplication application) throws SQLException {
        Instant end = Instant.now().plus(time);
        long before = application.transactions();
        try (Sluice.Running verify = workspace.startVerify("--continuous", "--every", "1s")) {
            verify.await("so many comparisons that this means something", () -> done() >= 3);
            while (Instant.now().isBefore(end)) {
                int rounds = done();
                verify.await("another comparison", () -> done() > rounds);
            }
            verify.terminate().expectExitCode(0);
        }
        assertThat(application.transactions() - before)
                .as("transactions meanwhile")
                .isGreaterThan(500);
        assertThat(Workspace.query(
                        target,
                        "SELECT table_name, key, verdict FROM sluice.verification WHERE settled_at IS NOT NULL"))
                .as("false differences")
                .isEmpty();
        workspace
                .run("status")
                .expectExitCode(0)
                .expectReport("verified: last clean verification of every table at sequence");
    }

    private int done() throws SQLException {
        return Integer.parseInt(
                Workspace.query(target, "SELECT coalesce(max(id), 0) FROM sluice.verifications WHERE state = 'done'")
                        .get(0));
    }

    /** By {@code table key}: the verdict, and the columns that differ. */
    private Map<String, String> verify(int exitCode) throws IOException {
        Path report = directory.resolve("report.json");
        Path page = directory.resolve("report.html");
        workspace
                .run("verify", "--json", report.toString(), "--html", page.toString())
                .expectExitCode(exitCode);
        Map<String, String> found = new TreeMap<>();
        JsonNode json = JSON.readTree(Files.readString(report));
        assertThat(json.path("checks"))
                .extracting(check -> check.path("name").textValue() + " "
                        + check.path("outcome").textValue())
                .containsExactly("cold-totals " + (exitCode == 0 ? "equal" : "different"), "orphans equal");
        for (JsonNode table : json.path("tables")) {
            for (JsonNode difference : table.path("differences")) {
                String columns = String.join(
                        ",",
                        StreamSupport.stream(difference.path("columns").spliterator(), false)
                                .map(JsonNode::textValue)
                                .sorted()
                                .toList());
                found.put(
                        table.path("table").textValue() + " "
                                + difference.path("key").textValue(),
                        (difference.path("verdict").textValue() + " " + columns).strip());
            }
        }
        assertThat(Files.readString(page)).contains("</html>").doesNotContain("<script");
        return found;
    }

    @Test
    void killedInTheMiddleOfATableItGoesOnBehindItsLastChunk() throws SQLException {
        prepare();
        workspace.runUntilCaughtUp().expectExitCode(0);
        Path page = directory.resolve("page.html");
        try (Sluice.Running verify = workspace.startVerify(
                "--max-rows-per-second", "500", "--parallelism", "1", "--html", page.toString())) {
            verify.await("the beginning of a table", () -> compared("entries") > 0);
            verify.terminate().expectExitCode(143).expectMessage("run it again, and it goes on where it was");
        }
        assertThat(page).doesNotExist();
        try (Sluice.Running verify = workspace.startVerify("--max-rows-per-second", "500", "--parallelism", "1")) {
            verify.await("the middle of a table", () -> compared("entries") > 1_000);
            verify.kill9();
        }
        long before = compared("entries");
        assertThat(before).isBetween(1_001L, (long) LedgerApplication.COLD - 1);
        // Whoever compared this row again would find it.
        Workspace.execute(target, "UPDATE entries SET note = 'changed behind its back' WHERE id = 1");

        workspace
                .run("verify", "--max-rows-per-second", "0", "--parallelism", "1")
                .expectExitCode(0)
                .expectMessage("goes on");

        assertThat(Workspace.query(target, "SELECT id, state FROM sluice.verifications"))
                .containsExactly("1|done");
        assertThat(Workspace.query(
                        target, "SELECT sum(compared) = sum(matched), sum(matched) FROM sluice.verified_tables"))
                .containsExactly("t|" + 2 * (LedgerApplication.COLD + 40));
        workspace.run("verify").expectExitCode(3).expectReport("[1]", "note");
    }

    @Test
    void aMistakeOfACheckIsToldBeforeAnythingIsCompared() throws SQLException {
        prepare();
        workspace.runUntilCaughtUp().expectExitCode(0);
        workspace.run("verify").expectExitCode(0).expectReport("cold-totals: equal");
        String right = "{target: \"SELECT 1 FROM entries e WHERE account_id";
        for (String mistake : List.of(
                "{target: \"SELEC 1 FROM entries e WHERE account_id",
                "{source: SELECT nothing FROM entries, target: \"SELECT 1 FROM entries e WHERE account_id",
                "{source: 'SELECT 1, 2', target: \"SELECT 1 FROM entries e WHERE account_id")) {
            workspace.edit(text -> text.replace(right, mistake));
            workspace.run("verify").expectExitCode(2).expectMessage("check orphans");
            workspace.edit(text -> text.replace(mistake, right));
        }
        workspace.edit(text -> text.replace(right, right.replace("{", "{source: \"SELECT 1 WHERE 0; \", ")));
        workspace.run("verify").expectExitCode(0).expectReport("orphans: equal");
        assertThat(Workspace.query(target, "SELECT count(*) FROM sluice.verifications"))
                .containsExactly("2");
    }

    private long compared(String table) throws SQLException {
        List<String> found = Workspace.query(
                target, "SELECT compared FROM sluice.verified_tables WHERE table_name = 'public." + table + "'");
        return found.isEmpty() ? 0 : Long.parseLong(found.get(0));
    }
}
