package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class OldVerificationsTest {
    private TargetDatabase target;

    @BeforeEach
    void prepare() {
        target = TargetDatabase.open(
                TargetSettings.of(LocalPostgres.temporary().createDatabase()), "shop", InstantSource.system());
        for (String pipeline : List.of("shop", "other")) {
            new TargetPreparation(target, pipeline, InstantSource.system())
                    .prepare(PreparationRequest.of("id-" + pipeline, "test", Catalog.of(List.of())), false);
        }
    }

    @AfterEach
    void close() {
        target.close();
    }

    private void sql(String sql) {
        target.withConnectionDo(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    private List<String> rows(String sql) {
        return target.withConnection(connection -> {
            List<String> rows = new ArrayList<>();
            try (ResultSet row = connection.createStatement().executeQuery(sql)) {
                while (row.next()) {
                    rows.add(row.getString(1));
                }
            }
            return rows;
        });
    }

    private void comparison(int id, String pipeline, String mode, String state, String... tables) {
        sql("INSERT INTO sluice.verifications (pipeline, id, mode, tables, state) OVERRIDING SYSTEM VALUE VALUES ('"
                + pipeline + "', " + id + ", '" + mode + "', '{" + String.join(",", tables) + "}', '" + state + "')");
        for (String table : tables) {
            String values = "('" + pipeline + "', " + id + ", 'public." + table + "', ";
            sql("INSERT INTO sluice.verified_tables (pipeline, verification, table_name, ordinal, phase) VALUES "
                    + values + "0, '" + (state.equals("done") ? "done" : "forward") + "')");
            sql("INSERT INTO sluice.verification (pipeline, verification, table_name, key, verdict) VALUES " + values
                    + "'[1]', 'missing')");
        }
        sql("INSERT INTO sluice.verified_checks (pipeline, verification, name, outcome, target_rows) VALUES ('"
                + pipeline + "', " + id + ", 'sum', 'equal', 1)");
        sql("CREATE UNLOGGED TABLE sluice.verified_keys_" + id + "_0 (id bigint)");
    }

    @Test
    void theNewestStayAndSoDoesWhatIsNewestOfATable() {
        comparison(1, "shop", "full", "done", "rare", "orders");
        comparison(2, "shop", "full", "running", "users");
        comparison(3, "shop", "full", "done", "orders");
        comparison(4, "other", "full", "done", "orders");
        comparison(5, "shop", "full", "abandoned", "users");
        for (int id = 6; id < 18; id++) {
            comparison(id, "shop", "full", "done", "orders");
        }
        sql("UPDATE sluice.verifications SET continuous = true");
        new OldVerifications(target, "shop").delete();
        List<String> kept = List.of("1", "2", "4", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17");
        assertThat(rows("SELECT id FROM sluice.verifications ORDER BY id")).isEqualTo(kept);
        for (String part : List.of("verification", "verified_tables", "verified_checks")) {
            assertThat(rows("SELECT DISTINCT verification FROM sluice." + part + " ORDER BY 1"))
                    .as(part)
                    .isEqualTo(kept);
        }
        assertThat(rows("SELECT relname FROM pg_class WHERE relname LIKE 'verified_keys%'"))
                .as("only one that is under way, or was killed, needs its keys")
                .containsExactly("verified_keys_2_0");
        new OldVerifications(target, "shop").delete();
        assertThat(rows("SELECT id FROM sluice.verifications ORDER BY id")).isEqualTo(kept);
    }

    @Test
    void whatSomebodyAskedForStaysLongerThanWhatCameByItself() {
        OldVerifications old = new OldVerifications(target, "shop");
        for (int id = 1; id <= 60; id++) {
            comparison(id, "shop", "full", "done", "orders");
            if (id % 3 == 0) {
                old.isOneOfMany(id);
            }
        }
        old.delete();
        assertThat(rows("SELECT count(*) FROM sluice.verifications WHERE NOT continuous"))
                .containsExactly("40");
        assertThat(rows("SELECT count(*) FROM sluice.verifications WHERE continuous"))
                .containsExactly("10");
        for (int id = 61; id <= 80; id++) {
            comparison(id, "shop", "full", "done", "orders");
        }
        old.delete();
        assertThat(rows("SELECT count(*) FROM sluice.verifications WHERE NOT continuous"))
                .containsExactly("50");
    }

    @Test
    void theNewestOneOfATableIsAFullOneThatCameToItsEndThere() {
        comparison(1, "shop", "full", "done", "orders", "users");
        comparison(2, "shop", "sample", "done", "orders");
        comparison(3, "shop", "counts", "done", "orders");
        comparison(4, "shop", "full", "running", "orders");
        comparison(5, "other", "full", "done", "orders");
        assertThat(NewestVerifications.read(target, "shop"))
                .isEqualTo(Map.of(TableId.parse("orders"), 1L, TableId.parse("users"), 1L));
    }

    @Test
    void answersThatNobodyWaitsForAreForgotten() {
        sql(
                "INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence) VALUES ('shop', 'a', 't', '[1]', 1), ('other', 'b', 't', '[1]', 1)");
        new OldVerifications(target, "shop").forgetAnswers();
        assertThat(rows("SELECT signal FROM sluice.compared")).containsExactly("b");
    }
}
