package dev.sluice.cli.demo;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Devices with everything that hangs on them: the deepest branch of the application's foreign keys. */
final class Subtrees {
    private static final String ITEMS = "(SELECT id FROM monitoring_items WHERE device_id = ?)";
    private static final String[] DELETES_CHILDREN_FIRST = {
        "DELETE FROM alert_history WHERE rule_id IN (SELECT id FROM alert_rules WHERE item_id IN " + ITEMS + ")",
        "DELETE FROM alert_rules WHERE item_id IN " + ITEMS,
        "DELETE FROM monitoring_items WHERE device_id = ?",
        "DELETE FROM interface_errors WHERE device_id = ?",
        "DELETE FROM device_interfaces WHERE device_id = ?",
        "DELETE FROM ping_results WHERE device_id = ?",
        "DELETE FROM devices WHERE id = ?"
    };

    private final AppDatabase database;
    private final Values values;

    Subtrees(AppDatabase database, Values values) {
        this.database = database;
        this.values = values;
    }

    String insertDevice(@Nullable Object branch) throws SQLException {
        String id = values.hexId();
        database.write(
                "INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                id,
                branch,
                values.words(),
                values.ip(),
                values.oneOf("Router", "Switch", "ATM", "Kamera", "ბანკომატი"),
                values.random().nextLong(),
                values.chance(0.9) ? 1 : 0,
                values.tags(),
                values.object(),
                values.blob(400),
                values.chance(0.1) ? null : values.past(30),
                values.past(900));
        return id;
    }

    void insertInterface(Object device, int index) throws SQLException {
        database.write(
                "INSERT INTO device_interfaces VALUES (?, ?, ?, ?, ?, ?, ?)",
                device,
                index,
                values.oneOf("ge-0/0/", "eth", "Vlan") + index,
                values.chance(0.2) ? null : "00:1b:44:11:3a:b" + values.random().nextInt(10),
                values.chance(0.2) ? null : values.oneOf(1_000_000_000L, 100_000_000_000L, 9_007_199_254_740_993L),
                values.real(),
                values.past(10));
    }

    void insertError(Object device, Object index) throws SQLException {
        database.write(
                "INSERT INTO interface_errors (device_id, if_index, crc_errors, payload, seen_at) VALUES (?, ?, ?, ?, ?)",
                device,
                index,
                values.random().nextLong(1L << 50),
                values.blob(120),
                values.past(30));
    }

    String insertItem(Object device, @Nullable Object template) throws SQLException {
        String id = values.hexId();
        database.write(
                "INSERT INTO monitoring_items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                id,
                device,
                values.chance(0.3) ? null : template,
                "1.3.6.1.4.1.9." + values.random().nextInt(10_000),
                values.oneOf(30, 60, 300),
                values.chance(0.2) ? null : values.oneOf("", "ms", "°C"),
                values.chance(0.1) ? null : values.real(),
                values.chance(0.8) ? null : values.words(),
                values.chance(0.9) ? 1 : 0,
                values.past(900));
        return id;
    }

    String insertRule(Object item) throws SQLException {
        String id = values.hexId();
        database.write(
                "INSERT INTO alert_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                id,
                item,
                values.words(),
                "value > " + values.random().nextInt(100),
                values.oneOf("critical", "high", "medium"),
                values.tags(),
                values.chance(0.9) ? 1 : 0,
                values.past(900));
        return id;
    }

    void insertAlert(Object rule, @Nullable Object user) throws SQLException {
        database.write(
                "INSERT INTO alert_history VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values.hexId(),
                rule,
                values.chance(0.5) ? null : user,
                "down: " + values.words(),
                values.chance(0.1) ? null : values.real(),
                values.chance(0.5) ? 1 : 0,
                values.past(300),
                values.chance(0.5) ? null : values.past(300));
    }

    void insertPing(Object device, String measuredAt) throws SQLException {
        boolean reachable = values.chance(0.9);
        database.write(
                "INSERT INTO ping_results (device_id, is_reachable, packets_sent, rtt_ms, measured_at) VALUES (?, ?, ?, ?, ?)",
                device,
                reachable ? 1 : 0,
                5,
                reachable ? values.real() : null,
                measuredAt);
    }

    void deleteChildrenFirst(Object device) throws SQLException {
        for (String delete : DELETES_CHILDREN_FIRST) {
            database.write(delete, device);
        }
    }

    /** An application without enforced foreign keys may do it this way round, too. */
    void deleteParentsFirst(Object device) throws SQLException {
        List<Object> items = database.readAll("SELECT id FROM monitoring_items WHERE device_id = ?", device);
        database.write("DELETE FROM devices WHERE id = ?", device);
        database.write("DELETE FROM device_interfaces WHERE device_id = ?", device);
        database.write("DELETE FROM interface_errors WHERE device_id = ?", device);
        database.write("DELETE FROM ping_results WHERE device_id = ?", device);
        database.write("DELETE FROM monitoring_items WHERE device_id = ?", device);
        for (Object item : items) {
            List<Object> rules = database.readAll("SELECT id FROM alert_rules WHERE item_id = ?", item);
            database.write("DELETE FROM alert_rules WHERE item_id = ?", item);
            for (Object rule : rules) {
                database.write("DELETE FROM alert_history WHERE rule_id = ?", rule);
            }
        }
    }

    /** A device gets another key, and everything that refers to it follows in the same transaction. */
    void rekey(Object device) throws SQLException {
        String id = values.hexId();
        database.write("UPDATE devices SET id = ? WHERE id = ?", id, device);
        database.write("UPDATE device_interfaces SET device_id = ? WHERE device_id = ?", id, device);
        database.write("UPDATE interface_errors SET device_id = ? WHERE device_id = ?", id, device);
        database.write("UPDATE monitoring_items SET device_id = ? WHERE device_id = ?", id, device);
        database.write("UPDATE ping_results SET device_id = ? WHERE device_id = ?", id, device);
    }
}
