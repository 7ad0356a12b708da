package dev.sluice.cli.init;

import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The commented {@code sluice.yaml} of a new pipeline. */
final class ConfigurationWriter {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_./]([A-Za-z0-9_./:-]*[A-Za-z0-9_./-])?");
    private static final Set<String> NOT_TEXT = Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null");

    private final StringBuilder out = new StringBuilder();

    private ConfigurationWriter() {}

    /**
     * @param source address of the source
     * @param target JDBC address; empty for the embedded PostgreSQL
     * @param ddl path of the DDL as it should stand in the file
     * @param applyDdl whether Sluice should run it
     */
    static String write(
            Proposals proposals,
            String pipeline,
            String source,
            Optional<String> target,
            String ddl,
            boolean applyDdl) {
        ConfigurationWriter writer = new ConfigurationWriter();
        writer.head(pipeline, source);
        writer.stations(target, ddl, applyDdl);
        writer.tables(proposals);
        writer.lanes();
        writer.apply();
        writer.verify();
        return writer.out.toString();
    }

    private void head(String pipeline, String source) {
        out.append("""
                # Written by sluice init. Paths are relative to this file; ${NAME} is taken from the environment.
                # Next: sluice check -c THIS-FILE, then sluice run -c THIS-FILE

                # Names the topics in Kafka and the rows in the target's schema "sluice". Not to be changed later.
                pipeline: %s

                source:
                  url: %s
                  # Source columns that nobody needs, as table.column patterns:
                  # ignore-columns: ["users.legacy_*"]
                  # A first load reads no more rows than these, so that source and target have room for others; changes are not held back:
                  # snapshot-rows-per-second: 5000

                """.formatted(scalar(pipeline), scalar(source)));
    }

    private void stations(Optional<String> target, String ddl, boolean applyDdl) {
        out.append("""
                # Without bootstrap-servers a broker is started inside Sluice, with its data under --data-dir.
                kafka:
                  # bootstrap-servers: kafka1:9092,kafka2:9092
                  # properties:                     # any Kafka client property
                  #   security.protocol: SASL_SSL
                  # replication-factor: 3           # default: the broker's
                  commit-interval: 20ms             # shorter: less latency; longer: more throughput

                # Without url a registry is kept under --data-dir.
                schema-registry:
                  # url: https://registry:8081
                  # properties:
                  #   basic.auth.credentials.source: USER_INFO
                  #   basic.auth.user.info: ${REGISTRY_USER}:${REGISTRY_PASSWORD}

                """);
        out.append("# Without url a PostgreSQL is started inside Sluice, with its data under --data-dir.\ntarget:\n");
        if (target.isPresent()) {
            out.append("  url: ").append(scalar(target.get())).append('\n');
            out.append("  # user: app\n  # password: ${TARGET_PASSWORD}     # or password-file: PATH\n");
        } else {
            out.append("  # url: jdbc:postgresql://localhost:5432/app\n");
            out.append("  # user: app\n  # password: ${TARGET_PASSWORD}     # or password-file: PATH\n");
        }
        out.append("  schema: public\n");
        out.append("  # Run once, when none of the captured tables is in the target:\n");
        out.append(applyDdl ? "  ddl: " : "  # ddl: ").append(scalar(ddl)).append("\n\n");
    }

    private void tables(Proposals proposals) {
        out.append("""
                # Which tables travel: glob patterns over the source's names; exclude wins.
                # Below them, per table of the source, what is special about it:
                #   users:
                #     target: app.accounts            # other name, or schema.name
                #     key: [id]                       # when the source declares no primary key
                #     exclude-columns: [password]     # columns that stay behind
                #     columns:
                #       full_name: {target: display_name}
                #       phone: {masked: true}         # dead-letters show keeps its values to itself
                #     adopt: true                     # the target table may already hold rows
                #     guard: none                     # the target table gets no column _sluice_seq
                tables:
                  include: ['*']
                """);
        List<Proposal> keyless = proposals.keyless();
        if (!keyless.isEmpty()) {
            out.append("  exclude:\n");
        }
        for (Proposal proposal : keyless) {
            out.append("    # no primary key, so a changed row cannot be told from another")
                    .append(remedy(proposal))
                    .append('\n');
            out.append("    - ").append(scalar(glob(proposal.name()))).append('\n');
        }
        proposals.parentsFirst().forEach(this::table);
        out.append('\n');
    }

    private static String remedy(Proposal proposal) {
        return proposal.source().uniqueKeys().stream()
                .findFirst()
                .map(UniqueKey::columns)
                .map(c -> "; if never NULL, " + c + " may serve as key")
                .orElse("");
    }

    /** A table name is a pattern for itself unless it holds wildcards, which then match any character. */
    private static String glob(String name) {
        return name.replace('*', '?');
    }

    private void table(Proposal proposal) {
        List<ProposedColumn> renamed = proposal.columns().stream()
                .filter(c -> !SqlNames.fitting(c.column()).equals(c.column()))
                .toList();
        boolean tableRenamed = !proposal.targetName().equals(proposal.name())
                || proposal.name().contains(".");
        if (!tableRenamed && renamed.isEmpty() && proposal.reservedColumns().isEmpty()) {
            return;
        }
        out.append("  ").append(scalar(proposal.name())).append(":\n");
        if (tableRenamed) {
            out.append("    target: ")
                    .append(scalar(proposal.targetName()))
                    .append("  # PostgreSQL keeps 63 bytes of a name\n");
        }
        if (!proposal.reservedColumns().isEmpty()) {
            out.append("    exclude-columns: ")
                    .append(proposal.reservedColumns().stream()
                            .map(ConfigurationWriter::scalar)
                            .collect(Collectors.joining(", ", "[", "]")))
                    .append("  # Sluice's own name in the target\n");
        }
        if (!renamed.isEmpty()) {
            out.append("    columns:\n");
        }
        for (ProposedColumn column : renamed) {
            out.append("      ")
                    .append(scalar(column.column()))
                    .append(": {target: ")
                    .append(scalar(SqlNames.fitting(column.column())))
                    .append("}\n");
        }
    }

    private void lanes() {
        out.append("""
                # What becomes of rows whose parent is missing, by the target's names of table and foreign key; they wait unless said otherwise:
                # foreign-keys:
                #   orders:
                #     orders_user_id_fkey: {on-orphan: set-null}     # or wait, quarantine, evict
                # lanes: by-foreign-key             # one lane per group of connected tables instead of one for all; not to be changed lightly
                # publish: per-table                # reconciled changes in one topic per table too, for other consumers

                """);
    }

    private void apply() {
        out.append("""
                # One transaction of the target takes as many whole transactions of the source as are there, up to:
                apply:
                  batch-rows: 5000
                  batch-bytes: 16MiB
                  # parallelism: 2                  # connections that load rows by COPY while tables are read as a whole
                  # defer-indexes: true             # drop the indexes of an empty table that nothing needs while it is loaded, and make them again behind it
                  # max-rows-per-second: 5000       # of a first load or a backfill
                  # max-replica-lag: 30s            # such rows wait while a standby of the target is further behind
                """);
    }

    private void verify() {
        out.append("""

                # How sluice verify compares source and target, and checks by SQL that it makes beside the rows:
                # verify:
                #   parallelism: 2                  # tables at once
                #   max-rows-per-second: 5000
                #   max-lag: 30s                    # nothing is read while a lane is further behind
                # checks:
                #   revenue:
                #     source: SELECT sum(total) FROM orders
                #     target: SELECT sum(total) FROM orders
                #     covers: [orders.total]        # columns whose rules lose what the source holds
                """);
    }

    private static String scalar(String text) {
        boolean plain = PLAIN.matcher(text).matches() && !NOT_TEXT.contains(text.toLowerCase(Locale.ROOT));
        if (plain) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (c < 0x20) {
                quoted.append(String.format("\\x%02x", c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString().replace("${", "$${");
    }
}
