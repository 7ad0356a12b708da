package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database with one of everything, into the embedded PostgreSQL. */
final class EveryTypeIT {
    @TempDir
    private Path directory;

    @Test
    void aDatabaseOfTrapsArrivesWholeAndWhatCannotArriveIsNamed() throws SQLException {
        Workspace workspace = new Workspace(directory);
        int rows = TrapDatabase.create(workspace.source());
        workspace.init();
        workspace.executeOnSource(TrapDatabase.ADD_ROW_WITH_NUL);

        Sluice.Ended ended = workspace.runUntilCaughtUp().expectExitCode(7);

        assertThat(ended.out() + ended.err()).as(ended.toString()).contains("dead letter");
        workspace.withEmbeddedTarget(target -> {
            assertThat(SideBySide.expectEqual(workspace.source(), target, TrapDatabase.ROW_WITH_NUL))
                    .isEqualTo(rows);
            expectDeadLetter(target);
            expectForeignKeys(target);
            return true;
        });

        workspace.executeOnSource("UPDATE notes SET body = 'healed' WHERE id = 3");
        workspace.runUntilCaughtUp().expectExitCode(0);

        workspace.withEmbeddedTarget(target -> {
            assertThat(SideBySide.expectEqual(workspace.source(), target)).isEqualTo(rows + 1);
            assertThat(Workspace.query(target, "SELECT state FROM sluice.dead_letters"))
                    .containsExactly("superseded");
            return true;
        });
    }

    private static void expectDeadLetter(String target) throws SQLException {
        List<String> letters = Workspace.query(
                target,
                "SELECT table_name, key, column_name, state, message, length(raw) > 0 FROM sluice.dead_letters");
        assertThat(letters)
                .singleElement()
                .asString()
                .startsWith("public.notes|[3]|body|open|")
                .containsIgnoringCase("NUL")
                .endsWith("|t");
    }

    private static void expectForeignKeys(String target) throws SQLException {
        assertThat(Workspace.query(
                        target,
                        "SELECT conrelid::regclass, convalidated FROM pg_constraint WHERE contype = 'f'"
                                + " AND connamespace = 'public'::regnamespace ORDER BY 1"))
                .containsExactlyInAnyOrder(
                        "employees|t", "level2|t", "level3|t", "level4|t", "level4|t", "level5|t", "pair_children|t");
        assertThatThrownBy(() -> Workspace.execute(target, "INSERT INTO level5 (id, parent) VALUES (-1, -1)"))
                .hasMessageContaining("foreign key");
    }
}
