-- The PostgreSQL side of Ward OPS: 25 tables, 18 foreign keys, what SQLite only hopes for made true: uuid keys, instants with a
-- time zone, jsonb, NOT NULL with defaults. Sluice runs it once when none of the tables is there (target.ddl).

CREATE TABLE organizations (
    id                serial PRIMARY KEY,
    name              varchar(255) NOT NULL,
    subdomain         varchar(100) UNIQUE,
    zabbix_url        varchar(500) NOT NULL,
    zabbix_user       varchar(255) NOT NULL,
    zabbix_password   varchar(255) NOT NULL,
    monitored_groups  jsonb NOT NULL DEFAULT '[]',
    logo_url          varchar(500),
    primary_color     varchar(7) NOT NULL DEFAULT '#5EBBA8',
    is_active         boolean NOT NULL DEFAULT true,
    is_setup_complete boolean NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz
);

CREATE TABLE system_config (
    id          serial PRIMARY KEY,
    key         varchar(100) NOT NULL UNIQUE,
    value       text,
    description varchar(500),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz
);

CREATE TABLE setup_wizard_state (
    id              serial PRIMARY KEY,
    step_1_welcome  boolean NOT NULL DEFAULT false,
    step_2_zabbix   boolean NOT NULL DEFAULT false,
    step_3_groups   boolean NOT NULL DEFAULT false,
    step_4_admin    boolean NOT NULL DEFAULT false,
    step_5_complete boolean NOT NULL DEFAULT false,
    is_complete     boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz
);

CREATE TABLE users (
    id                    serial PRIMARY KEY,
    username              varchar(50) NOT NULL UNIQUE,
    email                 varchar(100) NOT NULL UNIQUE,
    full_name             varchar(100),
    hashed_password       varchar(255) NOT NULL,
    role                  varchar(32) NOT NULL DEFAULT 'viewer',
    organization_id       integer REFERENCES organizations ON DELETE SET NULL,
    is_superuser          boolean NOT NULL DEFAULT false,
    region                varchar(50),
    regions               jsonb,
    branches              text,
    is_active             boolean NOT NULL DEFAULT true,
    created_at            timestamptz NOT NULL DEFAULT now(),
    last_login            timestamptz,
    theme_preference      varchar(10) NOT NULL DEFAULT 'auto',
    language              varchar(10) NOT NULL DEFAULT 'en',
    timezone              varchar(50) NOT NULL DEFAULT 'UTC',
    notifications_enabled boolean NOT NULL DEFAULT true,
    dashboard_layout      jsonb
);

CREATE TABLE monitored_hostgroups (
    id           serial PRIMARY KEY,
    groupid      varchar(64) NOT NULL UNIQUE,
    name         varchar(255) NOT NULL,
    display_name varchar(255),
    is_active    boolean NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE georgian_regions (
    id         serial PRIMARY KEY,
    name_en    varchar(100) NOT NULL UNIQUE,
    name_ka    varchar(100),
    latitude   numeric(9,6) NOT NULL,
    longitude  numeric(9,6) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE georgian_cities (
    id         serial PRIMARY KEY,
    name_en    varchar(100) NOT NULL UNIQUE,
    name_ka    varchar(100),
    region_id  integer NOT NULL REFERENCES georgian_regions ON DELETE CASCADE,
    latitude   numeric(9,6) NOT NULL,
    longitude  numeric(9,6) NOT NULL,
    is_active  boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE branches (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name         varchar(200) NOT NULL UNIQUE,
    display_name varchar(200) NOT NULL,
    region       varchar(100),
    branch_code  varchar(10),
    address      text,
    is_active    boolean NOT NULL DEFAULT true,
    device_count integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz
);

CREATE TABLE standalone_devices (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            varchar(200) NOT NULL,
    ip              varchar(45) NOT NULL,
    hostname        varchar(255),
    vendor          varchar(100),
    device_type     varchar(100),
    model           varchar(100),
    location        varchar(200),
    description     text,
    enabled         boolean NOT NULL DEFAULT true,
    discovered_at   timestamptz,
    last_seen       timestamptz,
    tags            jsonb DEFAULT '[]',
    custom_fields   jsonb DEFAULT '{}',
    branch_id       uuid REFERENCES branches ON DELETE SET NULL,
    normalized_name varchar(200),
    device_subtype  varchar(100),
    floor_info      varchar(50),
    unit_number     integer,
    original_name   varchar(200),
    ssh_port        integer NOT NULL DEFAULT 22,
    ssh_username    varchar(100),
    ssh_enabled     boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz
);

CREATE TABLE ping_results (
    id                  bigserial PRIMARY KEY,
    device_ip           varchar(50) NOT NULL,
    device_name         varchar(255),
    packets_sent        integer NOT NULL DEFAULT 5,
    packets_received    integer NOT NULL DEFAULT 0,
    packet_loss_percent integer NOT NULL DEFAULT 100,
    min_rtt_ms          integer,
    avg_rtt_ms          integer,
    max_rtt_ms          integer,
    is_reachable        boolean NOT NULL DEFAULT false,
    timestamp           timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE traceroute_results (
    id           bigserial PRIMARY KEY,
    device_ip    varchar(50) NOT NULL,
    device_name  varchar(255),
    hop_number   integer NOT NULL,
    hop_ip       varchar(50),
    hop_hostname varchar(255),
    latency_ms   integer,
    packet_loss  integer NOT NULL DEFAULT 0,
    timestamp    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mtr_results (
    id                  bigserial PRIMARY KEY,
    device_ip           varchar(50) NOT NULL,
    device_name         varchar(255),
    hop_number          integer NOT NULL,
    hop_ip              varchar(50),
    hop_hostname        varchar(255),
    packets_sent        integer NOT NULL DEFAULT 0,
    packets_received    integer NOT NULL DEFAULT 0,
    packet_loss_percent integer NOT NULL DEFAULT 0,
    latency_avg         integer,
    latency_min         integer,
    latency_max         integer,
    latency_stddev      integer,
    timestamp           timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE performance_baselines (
    id                         bigserial PRIMARY KEY,
    device_ip                  varchar(50) NOT NULL UNIQUE,
    device_name                varchar(255),
    baseline_latency_avg       integer,
    baseline_latency_stddev    integer,
    baseline_packet_loss       integer NOT NULL DEFAULT 0,
    latency_warning_threshold  integer,
    latency_critical_threshold integer,
    packet_loss_threshold      integer NOT NULL DEFAULT 5,
    samples_count              integer NOT NULL DEFAULT 0,
    last_calculated            timestamptz,
    created_at                 timestamptz NOT NULL DEFAULT now(),
    updated_at                 timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE monitoring_profiles (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        varchar(100) NOT NULL UNIQUE,
    mode        varchar(20) NOT NULL,
    is_active   boolean NOT NULL DEFAULT false,
    description text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz
);

CREATE TABLE monitoring_templates (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name         varchar(100) NOT NULL UNIQUE,
    description  text,
    vendor       varchar(100),
    device_types jsonb DEFAULT '[]',
    items        jsonb DEFAULT '[]',
    triggers     jsonb DEFAULT '[]',
    is_builtin   boolean NOT NULL DEFAULT false,
    is_default   boolean NOT NULL DEFAULT false,
    created_by   uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz
);

CREATE TABLE monitoring_items (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id   uuid NOT NULL REFERENCES standalone_devices ON DELETE CASCADE,
    template_id uuid REFERENCES monitoring_templates ON DELETE SET NULL,
    oid_name    varchar(100) NOT NULL,
    oid         varchar(200) NOT NULL,
    interval    integer NOT NULL DEFAULT 60,
    value_type  varchar(20) NOT NULL DEFAULT 'integer',
    units       varchar(20),
    enabled     boolean NOT NULL DEFAULT true,
    last_poll   timestamptz,
    last_value  text,
    last_error  text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz
);

CREATE TABLE snmp_credentials (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id           uuid NOT NULL REFERENCES standalone_devices ON DELETE CASCADE,
    version             varchar(10) NOT NULL,
    community_encrypted text,
    username            varchar(100),
    auth_protocol       varchar(20),
    auth_key_encrypted  text,
    priv_protocol       varchar(20),
    priv_key_encrypted  text,
    security_level      varchar(20),
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz
);

CREATE TABLE alert_rules (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id               uuid REFERENCES standalone_devices ON DELETE CASCADE,
    branch_id               uuid REFERENCES branches ON DELETE CASCADE,
    name                    varchar(200) NOT NULL,
    description             text,
    expression              varchar(500) NOT NULL,
    severity                varchar(20) NOT NULL,
    notification_channels   jsonb DEFAULT '[]',
    notification_recipients jsonb DEFAULT '[]',
    device_group            varchar(100),
    monitoring_item_id      uuid REFERENCES monitoring_items ON DELETE SET NULL,
    enabled                 boolean NOT NULL DEFAULT true,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz
);

CREATE TABLE alert_history (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    rule_id            uuid NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
    device_id          uuid REFERENCES standalone_devices ON DELETE SET NULL,
    rule_name          varchar(200),
    severity           varchar(20) NOT NULL,
    message            text NOT NULL,
    value              varchar(100),
    threshold          varchar(500),
    triggered_at       timestamptz NOT NULL DEFAULT now(),
    acknowledged       boolean NOT NULL DEFAULT false,
    acknowledged_by    uuid,
    acknowledged_at    timestamptz,
    resolved_at        timestamptz,
    notifications_sent jsonb DEFAULT '[]',
    created_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE discovery_rules (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               varchar(200) NOT NULL,
    description        text,
    network_range      varchar(100) NOT NULL,
    enabled            boolean NOT NULL DEFAULT true,
    schedule           varchar(100),
    snmp_discovery     boolean NOT NULL DEFAULT true,
    snmp_communities   jsonb,
    ping_only          boolean NOT NULL DEFAULT false,
    last_run           timestamptz,
    last_devices_found integer NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz
);

CREATE TABLE discovery_results (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    rule_id             uuid NOT NULL REFERENCES discovery_rules ON DELETE CASCADE,
    ip_address          varchar(45) NOT NULL,
    hostname            varchar(255),
    mac_address         varchar(17),
    vendor              varchar(100),
    device_type         varchar(50),
    snmp_reachable      boolean NOT NULL DEFAULT false,
    snmp_version        varchar(10),
    sys_descr           text,
    sys_object_id       varchar(200),
    discovered_at       timestamptz NOT NULL DEFAULT now(),
    added_to_monitoring boolean NOT NULL DEFAULT false,
    added_at            timestamptz,
    imported_device_id  uuid REFERENCES standalone_devices ON DELETE SET NULL
);

CREATE TABLE discovery_jobs (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    rule_id            uuid NOT NULL REFERENCES discovery_rules ON DELETE CASCADE,
    status             varchar(50) NOT NULL DEFAULT 'running',
    total_ips          integer NOT NULL DEFAULT 0,
    scanned_ips        integer NOT NULL DEFAULT 0,
    discovered_devices integer NOT NULL DEFAULT 0,
    imported_devices   integer NOT NULL DEFAULT 0,
    failed_ips         integer NOT NULL DEFAULT 0,
    started_at         timestamptz NOT NULL DEFAULT now(),
    completed_at       timestamptz,
    duration_seconds   integer,
    error_message      text,
    scan_summary       jsonb,
    triggered_by       varchar(50),
    triggered_by_user  integer REFERENCES users ON DELETE SET NULL -- integer, as users.id: a uuid cannot hold who it was
);

CREATE TABLE discovery_credentials (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name                   varchar(200) NOT NULL,
    credential_type        varchar(50) NOT NULL,
    community_encrypted    text,
    username               varchar(100),
    auth_protocol          varchar(20),
    auth_key_encrypted     text,
    priv_protocol          varchar(20),
    priv_key_encrypted     text,
    ssh_username           varchar(100),
    ssh_password_encrypted text,
    ssh_key_encrypted      text,
    success_count          integer NOT NULL DEFAULT 0,
    failure_count          integer NOT NULL DEFAULT 0,
    last_success           timestamptz,
    created_by             integer REFERENCES users ON DELETE SET NULL,
    created_at             timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE network_topology (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source_ip        varchar(45) NOT NULL,
    source_device_id uuid REFERENCES standalone_devices ON DELETE CASCADE,
    target_ip        varchar(45) NOT NULL,
    target_device_id uuid REFERENCES standalone_devices ON DELETE CASCADE,
    connection_type  varchar(50),
    interface_name   varchar(100),
    target_interface varchar(100),
    vlan_id          integer,
    discovered_via   varchar(50),
    is_active        boolean NOT NULL DEFAULT true,
    last_seen        timestamptz NOT NULL DEFAULT now(),
    first_discovered timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE metric_baselines (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id    uuid NOT NULL,
    metric_name  varchar(100) NOT NULL,
    avg_value    integer,
    min_value    integer,
    max_value    integer,
    std_dev      integer,
    time_period  varchar(20),
    hour_of_day  integer,
    day_of_week  integer,
    sample_count integer,
    last_updated timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- What the dashboard asks for.
CREATE INDEX ping_results_device ON ping_results (device_ip, timestamp DESC);
CREATE INDEX ping_results_timestamp ON ping_results (timestamp DESC);
CREATE INDEX standalone_devices_branch ON standalone_devices (branch_id);
CREATE INDEX standalone_devices_ip ON standalone_devices (ip); -- not unique: addresses are used twice on purpose
CREATE INDEX alert_history_rule ON alert_history (rule_id, triggered_at DESC);
CREATE INDEX monitoring_items_device ON monitoring_items (device_id);
