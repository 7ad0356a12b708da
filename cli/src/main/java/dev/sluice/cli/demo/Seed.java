package dev.sluice.cli.demo;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Fills the application's tables before the demo begins. */
final class Seed {
    static final int REGIONS = 11;

    private static final int ROWS_PER_DEVICE = 40;
    private static final int DEVICES_PER_COMMIT = 500;
    private static final int LEAST_TEMPLATES = 6;

    private final AppDatabase database;
    private final Values values;
    private final Subtrees subtrees;
    private final List<String> branches = new ArrayList<>();
    private final List<String> templates = new ArrayList<>();
    private long rows;

    Seed(AppDatabase database, Values values) {
        this.database = database;
        this.values = values;
        this.subtrees = new Subtrees(database, values);
    }

    /** Writes about {@code wanted} rows, never fewer than one branch's worth, and returns how many there are. */
    long fill(long wanted) throws SQLException {
        long devices = Math.max(1, wanted / ROWS_PER_DEVICE);
        insertRegions();
        insertBranches(Math.max(2, devices / 10));
        long users = Math.max(3, devices / 20);
        insertUsers(users);
        insertSettings(Math.max(3, devices / 10));
        insertTemplates(Math.max(LEAST_TEMPLATES, devices / 20));
        String device = insertDevice(users);
        for (long i = 1; i < devices; i++) {
            device = insertDevice(users);
            if (i % DEVICES_PER_COMMIT == 0) {
                rows += database.commit();
            }
        }
        rows += database.commit();
        for (long left = wanted - rows; left > 0; left--) {
            subtrees.insertPing(device, values.past(90));
        }
        return rows + database.commit();
    }

    private void insertRegions() throws SQLException {
        String[] names = {
            "თბილისი",
            "იმერეთი",
            "გურია",
            "აჭარა",
            "კახეთი",
            "სამეგრელო",
            "რაჭა",
            "სვანეთი",
            "მცხეთა",
            "ჯავახეთი",
            "ქართლი"
        };
        for (int i = 0; i < REGIONS; i++) {
            database.write(
                    "INSERT INTO regions (name_en, name_ka, latitude, longitude, created_at) VALUES (?, ?, ?, ?, ?)",
                    "Region " + (i + 1),
                    names[i],
                    41 + values.random().nextDouble(),
                    42 + values.random().nextDouble(),
                    values.past(900));
        }
    }

    private void insertBranches(long count) throws SQLException {
        for (long i = 0; i < count; i++) {
            String id = values.dashedId();
            database.write(
                    "INSERT INTO branches VALUES (?, ?, ?, ?, ?, ?, ?)",
                    id,
                    values.between(1, REGIONS),
                    branches.isEmpty() || values.chance(0.3) ? null : any(branches),
                    values.words(),
                    values.chance(0.9) ? 1 : 0,
                    values.chance(0.1) ? null : values.day(),
                    values.past(900));
            branches.add(id);
        }
    }

    private void insertUsers(long count) throws SQLException {
        for (long i = 1; i <= count; i++) {
            database.write(
                    "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    i,
                    "user" + i,
                    values.chance(0.1) ? null : values.words(),
                    values.oneOf("ADMIN", "REGIONAL_MANAGER", "VIEWER"),
                    values.chance(0.9) ? 1 : 0,
                    values.object(),
                    values.blob(300),
                    values.chance(0.3) ? null : values.past(30),
                    values.past(900));
        }
    }

    private void insertSettings(long count) throws SQLException {
        for (long i = 0; i < count; i++) {
            database.write(
                    "INSERT INTO settings VALUES (?, ?, ?, ?, ?)",
                    values.oneOf("system", "სისტემა"),
                    "option-" + i,
                    values.chance(0.1) ? null : values.words(),
                    values.chance(0.5) ? null : 1,
                    values.past(900));
        }
    }

    private void insertTemplates(long count) throws SQLException {
        for (long i = 0; i < count; i++) {
            String id = values.hexId();
            database.write(
                    "INSERT INTO monitoring_templates VALUES (?, ?, ?, ?, ?, ?)",
                    id,
                    "Template " + i,
                    values.chance(0.3) ? null : values.oneOf("Acme", "Ærø"),
                    "[{\"name\": \"CPU\", \"oid\": \"1.3.6.1\", \"interval\": 60}]",
                    1,
                    values.past(900));
            templates.add(id);
        }
    }

    private String insertDevice(long users) throws SQLException {
        String device = subtrees.insertDevice(values.chance(0.2) ? null : any(branches));
        for (int i = 1; i <= 2; i++) {
            subtrees.insertInterface(device, i);
            subtrees.insertError(device, i);
        }
        for (int i = 0; i < 3; i++) {
            String item = subtrees.insertItem(device, any(templates));
            if (i < 2) {
                String rule = subtrees.insertRule(item);
                for (int alert = 0; alert < 3; alert++) {
                    subtrees.insertAlert(rule, values.random().nextLong(users) + 1);
                }
            }
        }
        for (int i = 0; i < 22; i++) {
            subtrees.insertPing(device, values.past(90));
        }
        return device;
    }

    private String any(List<String> ids) {
        return ids.get(values.random().nextInt(ids.size()));
    }
}
