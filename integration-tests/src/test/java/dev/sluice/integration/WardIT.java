package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database in the shape of a real application's. */
final class WardIT {
    @TempDir
    private Path directory;

    @Test
    void everyRowOfACleanWardDatabaseIsAccountedFor() throws IOException, InterruptedException, SQLException {
        Workspace workspace = new Workspace(directory);
        makeWardDatabase(workspace.source(), "--clean", "--pings", "13179");
        String target = LocalPostgres.temporary().createDatabase();
        workspace.initWithTarget(target);

        workspace.runUntilCaughtUp().expectExitCode(0);

        assertThat(SideBySide.expectEqual(workspace.source(), target)).isGreaterThan(13_179);
        assertThat(Workspace.query(
                        target,
                        "SELECT count(*), (SELECT count(*) FROM sluice.waiting), (SELECT count(*) FROM sluice.dead_letters)"
                                + " FROM sluice.tables WHERE phase <> 'live'"))
                .containsExactly("0|0|0");
    }

    @Test
    void everyRowOfADirtyWardDatabaseIsLoadedOrWaitsOrIsADeadLetter()
            throws IOException, InterruptedException, SQLException {
        Workspace workspace = new Workspace(directory);
        makeWardDatabase(workspace.source(), "--pings", "500");
        String target = LocalPostgres.temporary().createDatabase();
        workspace.initWithTarget(target);

        workspace.runUntilCaughtUp().expectExitCode(7);

        List<String> unaccounted = new ArrayList<>();
        for (String table : workspace.querySource("SELECT name FROM sqlite_master WHERE type = 'table'"
                + " AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%sluice%'")) {
            String rows = workspace.querySource("SELECT count(*) FROM " + table).get(0);
            String accounted = Workspace.query(target, accounted(table)).get(0);
            if (!rows.equals(accounted)) {
                unaccounted.add(table + ": " + rows + " rows, " + accounted + " accounted for");
            }
        }
        assertThat(unaccounted).isEmpty();
        assertThat(Workspace.query(
                        target,
                        "SELECT table_name, reason FROM sluice.dead_letters WHERE state = 'open' ORDER BY 1, 2"))
                .containsExactly("public.standalone_devices|not-a-uuid", "public.standalone_devices|nul-character");
        assertThat(Workspace.query(target, "SELECT table_name, kind FROM sluice.waiting"))
                .containsExactly("public.alert_history|wait");
    }

    private static String accounted(String table) {
        String ours = " WHERE table_name = 'public." + table + "' AND ";
        return "SELECT (SELECT count(*) FROM " + table + ") + (SELECT count(*) FROM sluice.waiting" + ours
                + "kind = 'wait') + (SELECT count(*) FROM sluice.dead_letters" + ours + "state = 'open')";
    }

    private void makeWardDatabase(Path file, String... options) throws IOException, InterruptedException {
        Path script = directory.resolve("make_ward_db.py");
        try (InputStream in = Objects.requireNonNull(WardIT.class.getResourceAsStream("/ward/make_ward_db.py"))) {
            Files.copy(in, script);
        }
        assumeThat(hasPython())
                .as("python3, which makes the Ward database, is installed")
                .isTrue();
        List<String> command = new ArrayList<>(List.of("python3", script.toString(), file.toString()));
        command.addAll(List.of(options));
        run(command);
    }

    private boolean hasPython() throws InterruptedException {
        try {
            run(List.of("python3", "--version"));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Path log = directory.resolve("python.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }
}
