package dev.sluice.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.streams.gate.OnOrphan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigurationTest {
    private static final Path DIRECTORY = Path.of("/etc/sluice");
    private static final Map<String, String> ENVIRONMENT = Map.of("DB_PASSWORD", "s3cret", "HOST", "db1");

    private static Configuration parse(String yaml) {
        return Configuration.parse(yaml, "sluice.yaml", DIRECTORY, name -> Optional.ofNullable(ENVIRONMENT.get(name)));
    }

    private static String problemsOf(String yaml) {
        try {
            parse(yaml);
        } catch (SluiceException e) {
            assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION);
            return e.getMessage();
        }
        throw new AssertionError("accepted: " + yaml);
    }

    private static String minimalAnd(String more) {
        return "pipeline: shop\nsource:\n  url: sqlite:app.db\n" + more;
    }

    @Test
    void whatIsNotSaidTakesItsDefault() {
        Configuration configuration = parse(minimalAnd(""));
        assertThat(configuration.pipeline()).isEqualTo("shop");
        assertThat(configuration.source().path()).isEqualTo(Path.of("/etc/sluice/app.db"));
        assertThat(configuration.source().ignoreColumns()).isEmpty();
        assertThat(configuration.kafka())
                .isEqualTo(new KafkaSettings(
                        Optional.empty(),
                        ClientProperties.NONE,
                        Optional.empty(),
                        Duration.ofMillis(20),
                        DataSize.mebibytes(16)));
        assertThat(configuration.schemaRegistry())
                .isEqualTo(new RegistrySettings(Optional.empty(), ClientProperties.NONE));
        assertThat(configuration.target())
                .isEqualTo(new TargetSettings(
                        Optional.empty(), Optional.empty(), Optional.empty(), "public", Optional.empty()));
        assertThat(configuration.tables()).isEqualTo(new TablesSettings(List.of("*"), List.of(), Map.of()));
        assertThat(configuration.tables().of("users")).isEqualTo(TableSettings.DEFAULT);
        assertThat(configuration.foreignKeys()).isEqualTo(ForeignKeysSettings.NONE);
        assertThat(configuration.lanes()).isEqualTo(LaneMode.MAIN);
        assertThat(configuration.publish()).isEqualTo(PublishMode.NONE);
        assertThat(configuration.streams()).isEqualTo(new StreamsSettings(0));
        assertThat(configuration.apply()).isEqualTo(ApplySettings.DEFAULT);
        assertThat(configuration.verify()).isEqualTo(VerifySettings.DEFAULT);
        assertThat(configuration.verify())
                .isEqualTo(new VerifySettings(2_000, 2, 0, Duration.ofSeconds(30), Duration.ofMinutes(5)));
        assertThat(configuration.checks()).isEmpty();
    }

    @Test
    void howToCompareReachesItsSetting() {
        Configuration configuration = parse(minimalAnd("""
                verify: {chunk-rows: 500, parallelism: 4, max-rows-per-second: 9000, max-lag: 0s, every: 1h}
                checks:
                  revenue:
                    source: SELECT sum(total) FROM orders
                    target: SELECT sum(total) FROM orders WHERE note <> '${DB_PASSWORD}'
                    covers: [orders.total, app.orders.note]
                  no_orphans-2: {target: SELECT id FROM items WHERE order_id IS NULL}
                """));
        assertThat(configuration.verify())
                .isEqualTo(new VerifySettings(500, 4, 9_000, Duration.ZERO, Duration.ofHours(1)));
        assertThat(configuration.checks())
                .containsExactly(
                        new CheckSettings(
                                "revenue",
                                Optional.of("SELECT sum(total) FROM orders"),
                                "SELECT sum(total) FROM orders WHERE note <> 's3cret'",
                                List.of("orders.total", "app.orders.note")),
                        new CheckSettings(
                                "no_orphans-2",
                                Optional.empty(),
                                "SELECT id FROM items WHERE order_id IS NULL",
                                List.of()));
        assertThat(configuration.with(VerifySettings.DEFAULT).verify()).isEqualTo(VerifySettings.DEFAULT);
        assertThat(configuration.with(configuration.verify())).isEqualTo(configuration);
    }

    @Test
    void whatIsWrongAboutComparingIsReportedWithItsLine() {
        assertThat(problemsOf(minimalAnd("""
                verify: {chunk-rows: 0, parallelism: 17, max-rows-per-second: -1, max-lag: 25h, every: 500ms, chunk: 3}
                checks:
                  Revenue: {target: SELECT 1}
                  empty: {source: SELECT 1, cover: [a.b]}
                  columns: {target: SELECT 1, covers: [total, a.b.c.d, '.x', orders.total]}
                  text: SELECT 1
                """)))
                .contains("sluice.yaml:4: verify.chunk-rows: expected a whole number from 1 to 100000, found '0'")
                .contains("sluice.yaml:4: verify.parallelism: expected a whole number from 1 to 16, found '17'")
                .contains("sluice.yaml:4: verify.max-rows-per-second: expected a whole number from 0")
                .contains("sluice.yaml:4: verify.max-lag: expected a duration from 0ms to 24h, found '25h'")
                .contains("sluice.yaml:4: verify.every: expected a duration from 1s to 168h, found '500ms'")
                .contains("sluice.yaml:4: unknown key 'verify.chunk'")
                .contains("sluice.yaml:6: checks.Revenue: a check's name is 1 to 63 of a-z 0-9 _ -")
                .contains("checks.empty.target: expected a query for the target")
                .contains("sluice.yaml:7: unknown key 'checks.empty.cover'; did you mean 'covers'?")
                .contains("checks.columns.covers: expected columns of the target such as orders.total, found 'total'")
                .contains("found 'a.b.c.d'")
                .contains("found '.x'")
                .doesNotContain("found 'orders.total'")
                .contains("sluice.yaml:9: checks.text: expected keys below it, found 'SELECT 1'");
    }

    @Test
    void everyKeyReachesItsSetting() {
        Configuration configuration = parse("""
                pipeline: shop
                source: {url: "sqlite:/data/app.db", ignore-columns: [users.legacy_*], snapshot-rows-per-second: 500, time-zone: Asia/Tbilisi}
                kafka:
                  bootstrap-servers: k1:9092
                  properties: {security.protocol: SASL_SSL}
                  replication-factor: 3
                  commit-interval: 50ms
                  max-record-bytes: 1MiB
                schema-registry: {url: "https://r:8081", properties: {basic.auth.user.info: "a:${DB_PASSWORD}"}}
                target:
                  url: jdbc:postgresql://${HOST}/app
                  user: me
                  password: ${DB_PASSWORD}
                  schema: app
                  ddl: schema.sql
                tables:
                  include: [a*, users]
                  exclude: [audit]
                  users:
                    target: app.accounts
                    key: [id]
                    exclude-columns: [password]
                    columns:
                      full_name: {target: display_name}
                      phone: {masked: true, on-null: reject, on-too-long: truncate, on-nul: remove, on-out-of-range: clamp}
                      age: {on-out-of-range: null}
                      size: {on-out-of-range: "null"}
                      mail: {on-out-of-range: , on-null: default}
                      mode: {on-invalid: null, on-empty: null, on-json-null: null, on-too-precise: round, on-fraction: reject, time-zone: "+04:00", case: upper, on-unmapped: reject, map: {ON: true, n/a: null, '': ''}}
                    adopt: true
                    guard: none
                values: {on-empty: null, on-json-null: keep}
                foreign-keys:
                  default: {on-orphan: wait}
                  orders:
                    orders_user_fkey: {enforced-by-source: true, on-orphan: set-null}
                  app.accounts:
                    accounts_region_fkey: {on-orphan: evict}
                    accounts_owner_fkey: {on-orphan: quarantine}
                lanes: by-foreign-key
                publish: per-table
                streams: {standby-replicas: 2}
                apply:
                  {batch-rows: 500, batch-bytes: 1MiB, batch-time: 10ms, retry-for: 1m, parallelism: 4, defer-indexes: true,
                   max-rows-per-second: 1000, max-replica-lag: 5s, max-active-sessions: 8, triggers: on}
                """);
        assertThat(configuration.source())
                .isEqualTo(new SourceSettings(
                        Path.of("/data/app.db"),
                        List.of("users.legacy_*"),
                        500,
                        Optional.of(ZoneId.of("Asia/Tbilisi"))));
        assertThat(configuration.kafka())
                .isEqualTo(new KafkaSettings(
                        Optional.of("k1:9092"),
                        new ClientProperties(Map.of("security.protocol", "SASL_SSL")),
                        Optional.of((short) 3),
                        Duration.ofMillis(50),
                        DataSize.mebibytes(1)));
        assertThat(configuration.schemaRegistry())
                .isEqualTo(new RegistrySettings(
                        Optional.of("https://r:8081"),
                        new ClientProperties(Map.of("basic.auth.user.info", "a:s3cret"))));
        assertThat(configuration.target())
                .isEqualTo(new TargetSettings(
                        Optional.of("jdbc:postgresql://db1/app"),
                        Optional.of("me"),
                        Optional.of(new Secret("s3cret")),
                        "app",
                        Optional.of(Path.of("/etc/sluice/schema.sql"))));
        assertThat(configuration.tables().include()).containsExactly("a*", "users");
        assertThat(configuration.tables().exclude()).containsExactly("audit");
        assertThat(configuration.tables().of("users"))
                .isEqualTo(new TableSettings(
                        Optional.of("app.accounts"),
                        List.of("id"),
                        List.of("password"),
                        Map.of("full_name", "display_name"),
                        true,
                        Set.of("phone"),
                        GuardMode.NONE,
                        Optional.empty(),
                        Map.of(),
                        Map.of(),
                        Map.of(
                                "phone",
                                ValueRules.DEFAULT
                                        .with(OnNull.REJECT)
                                        .with(OnTooLong.TRUNCATE)
                                        .with(OnNul.REMOVE)
                                        .with(OnOutOfRange.CLAMP),
                                "age",
                                ValueRules.DEFAULT.with(OnOutOfRange.NULL),
                                "size",
                                ValueRules.DEFAULT.with(OnOutOfRange.NULL),
                                "mail",
                                ValueRules.DEFAULT.with(OnNull.DEFAULT),
                                "mode",
                                ValueRules.DEFAULT
                                        .with(OnInvalid.NULL)
                                        .with(OnEmpty.NULL)
                                        .with(OnJsonNull.NULL)
                                        .with(OnTooPrecise.ROUND)
                                        .with(OnFraction.REJECT)
                                        .withTimeZone(ZoneId.of("+04:00"))
                                        .with(Case.UPPER)
                                        .with(OnUnmapped.REJECT)
                                        .withMap(modes()))));
        assertThat(configuration.tables().values())
                .isEqualTo(ValueRules.DEFAULT
                        .with(OnEmpty.NULL)
                        .with(OnJsonNull.KEEP)
                        .withTimeZone(ZoneId.of("Asia/Tbilisi")));
        assertThat(configuration.foreignKeys())
                .isEqualTo(new ForeignKeysSettings(
                        rule(null, OnOrphan.WAIT),
                        Map.of(
                                "orders",
                                Map.of("orders_user_fkey", rule(true, OnOrphan.SET_NULL)),
                                "app.accounts",
                                Map.of(
                                        "accounts_region_fkey", rule(null, OnOrphan.EVICT),
                                        "accounts_owner_fkey", rule(null, OnOrphan.QUARANTINE)))));
        assertThat(configuration.lanes()).isEqualTo(LaneMode.BY_FOREIGN_KEY);
        assertThat(configuration.publish()).isEqualTo(PublishMode.PER_TABLE);
        assertThat(configuration.streams()).isEqualTo(new StreamsSettings(2));
        assertThat(configuration.apply())
                .isEqualTo(new ApplySettings(
                        500,
                        DataSize.mebibytes(1),
                        Duration.ofMillis(10),
                        Duration.ofMinutes(1),
                        4,
                        true,
                        1000,
                        Duration.ofSeconds(5),
                        8,
                        TriggerMode.ON));
    }

    /** The map that cannot be written with {@link Map#of}. */
    private static Map<String, @Nullable String> modes() {
        Map<String, @Nullable String> map = new HashMap<>();
        map.put("ON", "true");
        map.put("n/a", null);
        map.put("", "");
        return map;
    }

    private static ForeignKeySettings rule(@Nullable Boolean enforced, OnOrphan onOrphan) {
        return new ForeignKeySettings(Optional.ofNullable(enforced), Optional.of(onOrphan));
    }

    @Test
    void rulesOfForeignKeysAreCheckedKeyByKey() {
        assertThat(problemsOf(minimalAnd("""
                lanes: by-table
                publish: per-tabel
                streams: {standby-replicas: 99, threads: 2}
                apply: {triggers: sometimes}
                foreign-keys:
                  default: {on-orphan: cascade, enforced: true}
                  orders: {orders_user_fkey: {on-orphan: set_null, enforced-by-source: maybe}}
                  users: wait
                """)))
                .contains("sluice.yaml:4: lanes: expected main or by-foreign-key, found 'by-table'")
                .contains("sluice.yaml:5: publish: expected none or per-table, found 'per-tabel'")
                .contains("sluice.yaml:6: streams.standby-replicas: expected a whole number from 0 to 10, found '99'")
                .contains("sluice.yaml:6: unknown key 'streams.threads'")
                .contains("sluice.yaml:7: apply.triggers: expected off or on, found 'sometimes'")
                .contains(
                        "sluice.yaml:9: foreign-keys.default.on-orphan: expected wait or set-null or quarantine or evict")
                .contains("sluice.yaml:9: unknown key 'foreign-keys.default.enforced'")
                .contains("sluice.yaml:10: foreign-keys.orders.orders_user_fkey.on-orphan: expected wait or set-null")
                .contains(
                        "sluice.yaml:10: foreign-keys.orders.orders_user_fkey.enforced-by-source: expected true or false")
                .contains("sluice.yaml:11: foreign-keys.users: expected keys below it, found 'wait'");
    }

    @Test
    void everyProblemIsReportedAtOnceWithItsLine() {
        assertThat(problemsOf("""
                pipeline: Shop!
                source:
                  url: mysql:app
                kafka:
                  comit-interval: 20ms
                  commit-interval: fast
                  replication-factor: many
                  max-record-bytes: 16MB
                schema-registry: {url: "registry:8081"}
                target:
                  url: postgres://h/db
                  password: ${NO_SUCH}
                tables:
                  include: "*"
                  users: yes
                  orders:
                    adopt: maybe
                    guard: row
                    columns: {phone: {masked: sometimes, on-null: keep, on-too-long: cut, on-nul: null, on-out-of-range: round, map: {a: , b: [c]}, case: lower-case, time-zone: Mars/Olympus}}
                apply: []
                cutover: {}
                tabels: {}
                values: {case: lower, on-empty: drop}
                """))
                .startsWith("the configuration has ")
                .contains("sluice.yaml:1: pipeline: a pipeline's name")
                .contains("sluice.yaml:3: source.url: expected an address of the form sqlite:PATH, found 'mysql:app'")
                .contains("sluice.yaml:5: unknown key 'kafka.comit-interval'; did you mean 'commit-interval'?")
                .contains(
                        "sluice.yaml:6: kafka.commit-interval: expected a duration such as 20ms, 5s, 2m or 1h, found 'fast'")
                .contains(
                        "sluice.yaml:7: kafka.replication-factor: expected a whole number from 1 to 32767, found 'many'")
                .contains("sluice.yaml:8: kafka.max-record-bytes: expected a size such as 64KiB or 16MiB, found '16MB'")
                .contains("sluice.yaml:9: schema-registry.url: expected an address that begins with http")
                .contains("sluice.yaml:11: target.url: expected an address of the form jdbc:postgresql:")
                .contains("sluice.yaml:12: target.password: the environment has no variable NO_SUCH")
                .contains("sluice.yaml:14: tables.include: expected a list such as [a, b], found '*'")
                .contains("sluice.yaml:15: tables.users: expected the settings of table 'users' below it")
                .contains("sluice.yaml:17: tables.orders.adopt: expected true or false, found 'maybe'")
                .contains("sluice.yaml:18: tables.orders.guard: expected column or none, found 'row'")
                .contains(
                        "sluice.yaml:19: tables.orders.columns.phone.masked: expected true or false, found 'sometimes'")
                .contains("tables.orders.columns.phone.on-null: expected default or reject, found 'keep'")
                .contains("tables.orders.columns.phone.map.a: expected the value that stands for it")
                .contains("tables.orders.columns.phone.map.b: expected a single value, found a list")
                .contains("tables.orders.columns.phone.case: expected keep or lower or upper, found 'lower-case'")
                .contains(
                        "tables.orders.columns.phone.time-zone: expected a time zone such as Europe/Berlin, UTC or an offset such as +04:00, found 'Mars/Olympus'")
                .contains("unknown key 'values.case'")
                .contains("values.on-empty: expected keep or null, found 'drop'")
                .contains("tables.orders.columns.phone.on-too-long: expected reject or truncate, found 'cut'")
                .contains(
                        "tables.orders.columns.phone.on-out-of-range: expected reject or clamp or null, found 'round'")
                .contains("sluice.yaml:20: apply: expected keys below it, found a list")
                .contains("sluice.yaml:21: cutover: not supported yet by this version; remove it")
                .contains("sluice.yaml:22: unknown key 'tabels'; did you mean 'tables'?");
    }

    @Test
    void anExpressionIsOfAColumnOfTheTargetAndHasNothingBesideIt() {
        String text = """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                tables:
                  items:
                    columns:
                      tenant: {expr: "'ward'"}
                      name: {target: label, masked: true}
                      Slug: {expr: "lower(label)"%s}
                """;
        TableSettings items = parse(text.formatted("")).tables().of("items");
        assertThat(items.expressions()).isEqualTo(Map.of("tenant", "'ward'", "Slug", "lower(label)"));
        assertThat(items.columnTargets()).isEqualTo(Map.of("name", "label"));
        assertThat(items.maskedColumns()).containsExactly("name");
        assertThat(problemsOf(text.formatted(", target: slug, on-null: reject")))
                .contains("unknown key 'tables.items.columns.Slug.target'")
                .contains("unknown key 'tables.items.columns.Slug.on-null'");
    }

    @Test
    void anEmptyFileSaysWhatIsMissing() {
        assertThat(problemsOf(""))
                .contains("pipeline: expected a name")
                .contains("source.url: expected the source's address");
    }

    @Test
    void anAbsentFileNamesTheCommandThatWritesOne(@TempDir Path directory) {
        assertThatThrownBy(() -> Configuration.load(directory.resolve("no.yaml")))
                .hasMessageContaining("no.yaml")
                .hasMessageContaining("sluice init");
    }

    @Test
    void aFileThatIsNotTextIsNamed(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> Configuration.load(file)).hasMessageContaining("is not UTF-8 text");
    }

    @Test
    void brokenYamlIsNamedWithItsLine() {
        assertThat(problemsOf("pipeline: shop\nsource: [unclosed\n")).contains("not valid YAML");
        assertThat(problemsOf("- a\n- b\n"))
                .contains("sluice.yaml:1: expected keys")
                .contains("found a list");
        assertThat(problemsOf(minimalAnd("pipeline: other\n")))
                .contains("sluice.yaml:4: key 'pipeline' stands already on line 1");
        assertThat(problemsOf("a: &x 1\nb: *x\n")).contains("aliases");
        assertThat(problemsOf("[".repeat(1000))).contains("sluice.yaml");
    }

    @Test
    void secretsAreNeverPrinted() {
        Configuration configuration = parse(minimalAnd("""
                kafka: {bootstrap-servers: k, properties: {sasl.jaas.config: "${DB_PASSWORD}"}}
                schema-registry: {url: "http://r", properties: {basic.auth.user.info: "${DB_PASSWORD}"}}
                target: {url: "jdbc:postgresql://u:s3cret@h/db?password=s3cret", password: "${DB_PASSWORD}"}
                """));
        assertThat(configuration.toString()).doesNotContain("s3cret").contains("sasl.jaas.config");
        assertThat(configuration.target().displayUrl()).isEqualTo("jdbc:postgresql://h/db");
        assertThat(problemsOf(minimalAnd("kafka: {commit-interval: \"${DB_PASSWORD}\"}\n")))
                .doesNotContain("s3cret");
    }

    @Test
    void aDollarCanBeWrittenOut() {
        Configuration configuration =
                parse(minimalAnd("target: {url: \"jdbc:postgresql://h/d\", password: \"a$${HOST}b$c\"}\n"));
        assertThat(configuration.target().password()).contains(new Secret("a${HOST}b$c"));
    }

    @Test
    void aPasswordCanStandInAFile(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("pw"), "from file\n");
        Configuration configuration = Configuration.parse(
                minimalAnd("target: {url: \"jdbc:postgresql://h/d\", password-file: pw}\n"),
                "f",
                directory,
                name -> Optional.empty());
        assertThat(configuration.target().password()).contains(new Secret("from file"));
        assertThat(problemsOf(minimalAnd("target: {url: \"jdbc:postgresql://h/d\", password-file: none}\n")))
                .contains("target.password-file: expected a readable file");
    }

    @Test
    void settingsWithoutEffectAreRefused() {
        assertThat(problemsOf(minimalAnd("""
                kafka: {properties: {a: b}}
                schema-registry: {properties: {a: b}}
                target: {user: me}
                tables: {t: {exclude-columns: [a], columns: {a: {target: b}}}}
                """)))
                .contains("kafka.properties: has no effect without kafka.bootstrap-servers")
                .contains("schema-registry.properties: has no effect without schema-registry.url")
                .contains("target.user: has no effect without target.url")
                .contains("tables.t.exclude-columns: column 'a' has settings under columns too");
    }

    @Test
    void aBlockUnderIncludeIsATableOfThatName() {
        TablesSettings tables =
                parse(minimalAnd("tables: {include: {target: inclusions}}\n")).tables();
        assertThat(tables.include()).containsExactly("*");
        assertThat(tables.of("include").target()).contains("inclusions");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "processing.exception.handler",
                "default.deserialization.exception.handler",
                "deserialization.exception.handler",
                "default.production.exception.handler",
                "default.timestamp.extractor",
                "main.consumer.isolation.level",
                "isolation.level",
                "producer.enable.idempotence",
                "processing.guarantee"
            })
    void aPropertyThatCouldLoseOrSkipRecordsIsRefusedByName(String property) {
        String yaml = minimalAnd("kafka: {bootstrap-servers: k, properties: {" + property + ": any}}\n");
        assertThat(problemsOf(yaml)).contains("kafka.properties: " + property + " is set by Sluice");
    }

    @Test
    void everyExceptionHandlerOfKafkaStreamsIsAmongThem() {
        assertThat(StreamsConfig.configDef().names())
                .filteredOn(name -> name.contains("exception.handler"))
                .isNotEmpty()
                .allMatch(PinnedProperties::contains);
    }

    @Test
    void securityAndTimeoutsArePassedOn() {
        String yaml = minimalAnd(
                "kafka: {bootstrap-servers: k, properties: {ssl.truststore.location: f, request.timeout.ms: 9, client.id: c}}\n");
        assertThat(parse(yaml).kafka().properties().values())
                .containsOnlyKeys("ssl.truststore.location", "request.timeout.ms", "client.id");
    }
}
