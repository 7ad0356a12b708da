package dev.sluice.cli.demo;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the application does all day, one transaction at a time: mostly measurements and alerts, now and then whole devices that come, go, move and
 * change their key. Every transaction leaves the foreign keys whole.
 */
final class Workload {
    private final AppDatabase database;
    private final Values values;
    private final Subtrees subtrees;
    private final Body beforeCommit;
    private final List<Activity> activities;
    private final int totalWeight;

    /** One kind of transaction. */
    private interface Body {
        void write() throws SQLException;
    }

    private record Activity(int weight, Body body) {}

    private Workload(AppDatabase database, Values values, Body beforeCommit) {
        this.database = database;
        this.values = values;
        this.subtrees = new Subtrees(database, values);
        this.beforeCommit = beforeCommit;
        this.activities = List.of(
                new Activity(36, this::measure),
                new Activity(14, this::raiseAlert),
                new Activity(9, this::acknowledge),
                new Activity(10, this::countErrors),
                new Activity(5, this::installDevice),
                new Activity(5, this::removeDevice),
                new Activity(4, this::prune),
                new Activity(4, this::moveDevice),
                new Activity(4, this::changeSetting),
                new Activity(3, this::renumberInterface),
                new Activity(2, this::retireRule),
                new Activity(2, this::editUser),
                new Activity(1, this::openBranch),
                new Activity(1, this::closeBranch),
                new Activity(1, this::replaceTemplate),
                new Activity(1, this::rekeyDevice));
        this.totalWeight = activities.stream().mapToInt(Activity::weight).sum();
    }

    static Workload plain(AppDatabase database, Values values) {
        return new Workload(database, values, () -> {});
    }

    /** Every transaction ends with a row of {@code latency_probes} that holds the time of its commit. */
    static Workload withProbes(AppDatabase database, Values values, InstantSource clock) {
        return new Workload(
                database,
                values,
                () -> database.write(
                        "INSERT INTO latency_probes (committed_micros) VALUES (?)",
                        ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant())));
    }

    /** Writes and commits one transaction; returns its rows. One in a hundred is rolled back and counts nothing. */
    long transaction() throws SQLException {
        pick().write();
        beforeCommit.write();
        return finish(values.chance(0.01));
    }

    private long finish(boolean rollBack) throws SQLException {
        if (rollBack) {
            database.rollback();
            return 0;
        }
        return database.commit();
    }

    private Body pick() {
        int left = values.random().nextInt(totalWeight);
        for (Activity activity : activities) {
            left -= activity.weight();
            if (left < 0) {
                return activity.body();
            }
        }
        throw new IllegalStateException("weights sum up");
    }

    private void measure() throws SQLException {
        for (int i = values.between(1, 3); i > 0; i--) {
            Object device = anyDevice();
            if (device != null) {
                String now = values.now();
                subtrees.insertPing(device, now);
                database.write("UPDATE devices SET last_seen = ? WHERE id = ?", now, device);
            }
        }
    }

    private void raiseAlert() throws SQLException {
        Object rule = anyById("alert_rules");
        if (rule != null) {
            subtrees.insertAlert(rule, anyUser());
            database.write(
                    "UPDATE monitoring_items SET last_value = ?, last_error = ? WHERE id = (SELECT item_id FROM alert_rules WHERE id = ?)",
                    values.real(),
                    values.chance(0.5) ? null : values.words(),
                    rule);
        }
    }

    private void acknowledge() throws SQLException {
        database.write(
                "UPDATE alert_history SET acknowledged = 1, acknowledged_by = ?, resolved_at = ? WHERE id = ?",
                anyUser(),
                values.now(),
                anyById("alert_history"));
    }

    private void countErrors() throws SQLException {
        Object device = anyDevice();
        Object index = database.read("SELECT max(if_index) FROM device_interfaces WHERE device_id = ?", device);
        if (device != null && index != null) {
            for (int i = values.between(1, 3); i > 0; i--) {
                subtrees.insertError(device, index);
            }
            database.write(
                    "UPDATE device_interfaces SET utilisation = ?, updated_at = ? WHERE device_id = ?",
                    values.real(),
                    values.now(),
                    device);
        }
    }

    private void installDevice() throws SQLException {
        String device = subtrees.insertDevice(values.chance(0.2) ? null : anyById("branches"));
        for (int i = 1; i <= values.between(1, 3); i++) {
            subtrees.insertInterface(device, i);
            subtrees.insertError(device, i);
            String rule = subtrees.insertRule(subtrees.insertItem(device, anyById("monitoring_templates")));
            subtrees.insertAlert(rule, anyUser());
        }
        subtrees.insertPing(device, values.now());
    }

    private void removeDevice() throws SQLException {
        Object device = anyDevice();
        if (device == null) {
            return;
        }
        if (values.chance(0.5)) {
            subtrees.deleteChildrenFirst(device);
        } else {
            subtrees.deleteParentsFirst(device);
        }
    }

    private void rekeyDevice() throws SQLException {
        Object device = anyDevice();
        if (device != null) {
            subtrees.rekey(device);
        }
    }

    private void prune() throws SQLException {
        database.write(
                "DELETE FROM ping_results WHERE id IN (SELECT id FROM ping_results ORDER BY id LIMIT ?)",
                values.between(1, 5));
        // Without AUTOINCREMENT SQLite gives the largest key again after it was deleted.
        database.write("DELETE FROM interface_errors WHERE id = (SELECT max(id) FROM interface_errors)");
    }

    private void moveDevice() throws SQLException {
        database.write(
                "UPDATE devices SET branch_id = ?, tags = ?, custom_fields = ?, certificate = ?, name = ? WHERE id = ?",
                values.chance(0.3) ? null : anyById("branches"),
                values.tags(),
                values.object(),
                values.blob(400),
                values.words(),
                anyDevice());
    }

    private void changeSetting() throws SQLException {
        String name = "option-" + values.random().nextInt(60);
        database.write(
                "INSERT INTO settings VALUES ('user', ?, ?, ?, ?)"
                        + " ON CONFLICT (scope, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                name,
                values.chance(0.1) ? null : values.words(),
                anyUser(),
                values.now());
        if (values.chance(0.3)) {
            database.write("DELETE FROM settings WHERE scope = 'user' AND name = ?", name + "-old");
            database.write("UPDATE settings SET name = name || '-old' WHERE scope = 'user' AND name = ?", name);
        }
    }

    private void renumberInterface() throws SQLException {
        Object device = anyDevice();
        Object index = database.read("SELECT max(if_index) FROM device_interfaces WHERE device_id = ?", device);
        if (device != null && index != null) {
            int renumbered = ((Number) index).intValue() + 1;
            database.write(
                    "UPDATE device_interfaces SET if_index = ? WHERE device_id = ? AND if_index = ?",
                    renumbered,
                    device,
                    index);
            database.write(
                    "UPDATE interface_errors SET if_index = ? WHERE device_id = ? AND if_index = ?",
                    renumbered,
                    device,
                    index);
        }
    }

    private void retireRule() throws SQLException {
        Object rule = anyById("alert_rules");
        database.write("DELETE FROM alert_rules WHERE id = ?", rule);
        database.write("DELETE FROM alert_history WHERE rule_id = ?", rule);
    }

    private void editUser() throws SQLException {
        database.write(
                "UPDATE users SET preferences = ?, avatar = ?, last_login = ?, full_name = ? WHERE id = ?",
                values.object(),
                values.blob(300),
                values.now(),
                values.words(),
                anyUser());
    }

    private void openBranch() throws SQLException {
        database.write(
                "INSERT INTO branches VALUES (?, (SELECT id FROM regions ORDER BY id LIMIT 1 OFFSET ?), ?, ?, ?, ?, ?)",
                values.dashedId(),
                values.random().nextInt(Seed.REGIONS),
                values.chance(0.5) ? null : anyById("branches"),
                values.words(),
                1,
                values.day(),
                values.now());
    }

    private void closeBranch() throws SQLException {
        Object branch = anyById("branches");
        Object other = database.read("SELECT id FROM branches WHERE id <> ? LIMIT 1", branch);
        if (branch != null && other != null) {
            database.write("DELETE FROM branches WHERE id = ?", branch);
            database.write("UPDATE branches SET parent_id = NULL WHERE parent_id = ?", branch);
            database.write(
                    "UPDATE devices SET branch_id = ? WHERE branch_id = ?", values.chance(0.5) ? null : other, branch);
        }
    }

    /** The unique name goes from the deleted template to a new one in one transaction; the items of the old one lose it. */
    private void replaceTemplate() throws SQLException {
        Object template = anyById("monitoring_templates");
        Object name = database.read("SELECT name FROM monitoring_templates WHERE id = ?", template);
        if (template != null && name != null) {
            database.write("DELETE FROM monitoring_templates WHERE id = ?", template);
            database.write(
                    "INSERT INTO monitoring_templates VALUES (?, ?, ?, ?, ?, ?)",
                    values.hexId(),
                    name,
                    "Acme",
                    "[{\"oid\": 1.50}]",
                    0,
                    values.now());
            database.write("UPDATE monitoring_items SET template_id = NULL WHERE template_id = ?", template);
        }
    }

    private @Nullable Object anyDevice() throws SQLException {
        return anyById("devices");
    }

    private @Nullable Object anyUser() throws SQLException {
        Object largest = database.read("SELECT max(id) FROM users");
        return largest == null ? null : values.random().nextLong(((Number) largest).longValue()) + 1;
    }

    /** The row whose key follows a random point; the first one behind the last. */
    private @Nullable Object anyById(String table) throws SQLException {
        Object found = database.read("SELECT id FROM " + table + " WHERE id >= ? ORDER BY id LIMIT 1", values.hexId());
        return found != null ? found : database.read("SELECT id FROM " + table + " ORDER BY id LIMIT 1");
    }
}
