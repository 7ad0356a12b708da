-- The application of the demo: it watches the devices of a company's branches.
-- Declared types are those that an object-relational mapper writes on SQLite, with the affinities that come with them.
CREATE TABLE regions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name_en TEXT NOT NULL UNIQUE,
    name_ka TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE branches (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    region_id INTEGER NOT NULL REFERENCES regions (id),
    parent_id VARCHAR(36) REFERENCES branches (id) ON DELETE SET NULL,
    name VARCHAR(200) NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT 1,
    opened_on DATE,
    created_at DATETIME NOT NULL
);
CREATE INDEX ix_branches_region ON branches (region_id);
CREATE INDEX ix_branches_parent ON branches (parent_id);

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY,
    username VARCHAR(50) NOT NULL UNIQUE,
    full_name VARCHAR(100),
    role VARCHAR(16) NOT NULL,
    is_active BOOLEAN NOT NULL,
    preferences JSON,
    avatar BLOB,
    last_login DATETIME,
    created_at DATETIME NOT NULL
);

CREATE TABLE settings (
    scope VARCHAR(40) NOT NULL,
    name VARCHAR(80) NOT NULL,
    value TEXT,
    updated_by INTEGER REFERENCES users (id),
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (scope, name)
) WITHOUT ROWID;
CREATE INDEX ix_settings_user ON settings (updated_by);

CREATE TABLE monitoring_templates (
    id UUID NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL UNIQUE,
    vendor VARCHAR(100),
    items JSON NOT NULL,
    is_builtin BOOLEAN NOT NULL DEFAULT 0,
    created_at DATETIME NOT NULL
);

CREATE TABLE devices (
    id UUID NOT NULL PRIMARY KEY,
    branch_id VARCHAR(36) REFERENCES branches (id) ON DELETE SET NULL,
    name VARCHAR(200) NOT NULL,
    ip VARCHAR(45) NOT NULL,
    device_type VARCHAR(40) NOT NULL,
    serial_number BIGINT NOT NULL,
    enabled BOOLEAN NOT NULL,
    tags JSON,
    custom_fields JSON,
    certificate BLOB,
    last_seen DATETIME,
    created_at DATETIME NOT NULL
);
CREATE INDEX ix_devices_branch ON devices (branch_id);

CREATE TABLE device_interfaces (
    device_id UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    if_index INTEGER NOT NULL,
    if_name VARCHAR(80) NOT NULL,
    mac VARCHAR(17),
    speed_bps BIGINT,
    utilisation REAL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (device_id, if_index)
);

CREATE TABLE interface_errors (
    id INTEGER NOT NULL PRIMARY KEY,
    device_id UUID NOT NULL,
    if_index INTEGER NOT NULL,
    crc_errors BIGINT NOT NULL,
    payload BLOB,
    seen_at DATETIME NOT NULL,
    FOREIGN KEY (device_id, if_index) REFERENCES device_interfaces (device_id, if_index) ON DELETE CASCADE
);
CREATE INDEX ix_interface_errors ON interface_errors (device_id, if_index);

CREATE TABLE monitoring_items (
    id UUID NOT NULL PRIMARY KEY,
    device_id UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    template_id UUID REFERENCES monitoring_templates (id) ON DELETE SET NULL,
    oid VARCHAR(200) NOT NULL,
    interval_seconds INTEGER NOT NULL,
    units VARCHAR(20),
    last_value REAL,
    last_error TEXT,
    enabled BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL
);
CREATE INDEX ix_items_device ON monitoring_items (device_id);
CREATE INDEX ix_items_template ON monitoring_items (template_id);

CREATE TABLE alert_rules (
    id UUID NOT NULL PRIMARY KEY,
    item_id UUID NOT NULL REFERENCES monitoring_items (id) ON DELETE CASCADE,
    name VARCHAR(200) NOT NULL,
    expression VARCHAR(500) NOT NULL,
    severity VARCHAR(20) NOT NULL,
    channels JSON,
    enabled BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL
);
CREATE INDEX ix_rules_item ON alert_rules (item_id);

CREATE TABLE alert_history (
    id UUID NOT NULL PRIMARY KEY,
    rule_id UUID NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    acknowledged_by INTEGER REFERENCES users (id),
    message TEXT NOT NULL,
    measured REAL,
    acknowledged BOOLEAN NOT NULL DEFAULT 0,
    triggered_at DATETIME NOT NULL,
    resolved_at DATETIME
);
CREATE INDEX ix_history_rule ON alert_history (rule_id);
CREATE INDEX ix_history_user ON alert_history (acknowledged_by);

CREATE TABLE ping_results (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    device_id UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    is_reachable BOOLEAN NOT NULL,
    packets_sent INTEGER NOT NULL,
    rtt_ms REAL,
    measured_at DATETIME NOT NULL
);
CREATE INDEX ix_pings_device ON ping_results (device_id);
