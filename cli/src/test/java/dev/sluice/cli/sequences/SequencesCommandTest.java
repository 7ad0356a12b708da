package dev.sluice.cli.sequences;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.cli.Cli;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command against a real target and a real source; what would have come through the pipeline is put there by hand. */
final class SequencesCommandTest {
    private final String target = LocalPostgres.temporary().createDatabase();

    @TempDir
    Path directory;

    private Path source;

    @BeforeEach
    void prepare() throws Exception {
        source = Cli.database(
                directory.resolve("ward.db"),
                "CREATE TABLE cities (nr INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)",
                "CREATE TABLE pings (id INTEGER PRIMARY KEY, city INTEGER)",
                "INSERT INTO cities VALUES (1, 'a'), (4, 'd'), (5, 'e')",
                "DELETE FROM cities WHERE nr = 5",
                "INSERT INTO pings VALUES (7, 1), (12, 99)");
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: ward
                source: {url: "sqlite:ward.db"}
                target: {url: "%s"}
                tables: {cities: {columns: {nr: {target: id}}}}
                """.formatted(target));
        sql("""
                CREATE TABLE cities (id serial PRIMARY KEY, name text);
                CREATE TABLE pings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, city bigint)""");
        try (TargetDatabase database = TargetDatabase.open(TargetSettings.of(target), "ward", InstantSource.system())) {
            Catalog catalog = Catalog.of(TargetCatalog.read(database, List.of("public")).tables().stream()
                    .map(TargetTable::toTable)
                    .toList());
            new TargetPreparation(database, "ward", InstantSource.system())
                    .prepare(PreparationRequest.of("id", "sqlite", catalog), false);
        }
        sql("""
                INSERT INTO cities VALUES (1, 'a'), (4, 'd');
                INSERT INTO pings OVERRIDING SYSTEM VALUE VALUES (7, 1);
                UPDATE sluice.tables SET phase = 'live'""");
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private Cli.Result sequences(String... options) {
        List<Object> arguments = new ArrayList<>(
                List.of("sequences", "-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        arguments.addAll(List.of(options));
        return Cli.run(arguments.toArray());
    }

    @Test
    void thoseThatAreBehindAreShownMovedAndThenNotBehindAnyMore() throws SQLException {
        Cli.Result shown = sequences();
        assertThat(shown.exitCode()).as(shown.err()).isEqualTo(3);
        assertThat(shown.out().lines().map(line -> line.replaceAll(" {2,}", "|")))
                .containsExactly(
                        "column|sequence|last in the rows|last in the source|next|would be",
                        "public.cities.id|public.cities_id_seq|4|5|1|6|behind",
                        "public.pings.id|public.pings_id_seq|7|12|1|13|behind",
                        "2 of 2 sequences are behind; move them with: sluice sequences --apply");
        assertThat(number("SELECT last_value FROM cities_id_seq")).isEqualTo(1);

        Cli.Result moved = sequences("--apply");
        assertThat(moved.exitCode()).as(moved.err()).isZero();
        assertThat(moved.out())
                .containsPattern(" 6 +moved")
                .endsWith("moved 2 of 2 sequences" + System.lineSeparator());
        assertThat(number("INSERT INTO cities (name) VALUES ('f') RETURNING id"))
                .isEqualTo(6);
        assertThat(number("INSERT INTO pings (city) VALUES (1) RETURNING id")).isEqualTo(13);

        assertThat(sequences().exitCode()).isZero();
        Cli.Result again = sequences("--apply");
        assertThat(again.exitCode()).isZero();
        assertThat(again.out()).contains("no sequence is behind").doesNotContain("moved");
        assertThat(number("SELECT nextval('cities_id_seq')")).isEqualTo(7);
    }

    @Test
    void jsonHasTheSame() throws Exception {
        JsonNode report =
                new ObjectMapper().readTree(sequences("--apply", "--json").out());
        assertThat(report.get("sequences").get(0)).isEqualTo(new ObjectMapper().readTree("""
                        {"sequence": "public.cities_id_seq", "increment": 1, "next": 1, "wouldBe": 6, "behind": true, "movedTo": 6, "exhausted": null,
                         "columns": [{"table": "public.cities", "column": "id", "type": "integer", "compared": true, "lastInRows": 4, "lastInSource": 5}]}"""));
        assertThat(report.get("moved").asInt()).isEqualTo(2);
        assertThat(report.get("sourceAsked").asBoolean()).isTrue();
        assertThat(report.get("running").asBoolean()).isFalse();
    }

    @Test
    void aSourceThatCannotBeAskedIsRefusedUnlessSomebodySaysThatItDoesNotMatter() throws Exception {
        Files.move(source, directory.resolve("away.db"));
        Cli.Result refused = sequences("--apply");
        assertThat(refused.exitCode()).isEqualTo(4);
        assertThat(refused.err()).contains("does not exist").contains("--without-source");
        assertThat(number("SELECT last_value FROM cities_id_seq")).isEqualTo(1);
        Cli.Result moved = sequences("--apply", "--without-source");
        assertThat(moved.exitCode()).as(moved.err()).isZero();
        assertThat(moved.out()).contains("the source was not asked");
        assertThat(number("SELECT nextval('cities_id_seq')")).isEqualTo(5);
    }

    @Test
    void itSaysWhenTheFiguresAreNotTheLast() throws SQLException {
        sql("""
                UPDATE sluice.tables SET phase = 'loading' WHERE table_name = 'public.pings';
                INSERT INTO sluice.waiting (pipeline, lane, table_name, key, kind, sequence, origin) VALUES ('ward', 'main', 'public.pings', '[9]', 'wait', 1, 1);
                INSERT INTO sluice.instances (pipeline, role, instance, host, pid, lease_until) VALUES ('ward', 'sink', 'i', 'h', 1, now() + interval '1 hour')""");
        assertThat(sequences().out()).doesNotContain("rows that wait");
        assertThat(sequences("--without-source").out())
                .contains("the pipeline is running: this holds for what is applied so far (sequence of lane main 0)")
                .contains("not loaded yet: public.pings")
                .contains("rows that wait or are dead letters: 1");
    }

    @Test
    void aSequenceThatCannotReachIsNotReadyAndRefusesToBeMoved() throws SQLException {
        sql("INSERT INTO cities VALUES (2147483647, 'last')");
        Cli.Result shown = sequences();
        assertThat(shown.exitCode()).isEqualTo(3);
        assertThat(shown.out()).contains("sequence public.cities_id_seq ends at its MAXVALUE 2147483647");
        Cli.Result moved = sequences("--apply");
        assertThat(moved.exitCode()).isEqualTo(5);
        assertThat(moved.err()).contains("no sequence was moved").contains("2147483648");
        assertThat(number("SELECT last_value FROM pings_id_seq")).isEqualTo(1);
    }

    @Test
    void aPipelineThatIsNotPreparedIsRefused() throws SQLException {
        sql("DROP SCHEMA sluice CASCADE");
        assertThat(sequences().exitCode()).isEqualTo(2);
        assertThat(sequences().err()).contains("pipeline ward is not prepared");
    }
}
