CREATE SCHEMA IF NOT EXISTS sluice;
COMMENT ON SCHEMA sluice IS 'Sluice control schema, version 5';
CREATE TABLE IF NOT EXISTS sluice.pipelines (
  pipeline text PRIMARY KEY, pipeline_id text NOT NULL, source_kind text NOT NULL, format_version integer NOT NULL,
  first_sequence bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS sluice.progress (
  pipeline text NOT NULL REFERENCES sluice.pipelines, lane text NOT NULL, pipeline_id text NOT NULL, sequence bigint NOT NULL,
  ordered_offset bigint NOT NULL, epoch bigint NOT NULL, source_time timestamptz, applied_at timestamptz,
  paused_at timestamptz, paused_by text, paused_why text,
  PRIMARY KEY (pipeline, lane)) WITH (fillfactor = 20);
CREATE TABLE IF NOT EXISTS sluice.tables (
  pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL,
  phase text NOT NULL CHECK (phase IN ('pending', 'loading', 'live')), snapshot_rows bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now(), columns text[] NOT NULL DEFAULT '{}',
  guard text NOT NULL DEFAULT 'column' CHECK (guard IN ('column', 'none')), analyzed_at timestamptz, since bigint,
  snapshot_came bigint DEFAULT 0, snapshot_transformed bigint NOT NULL DEFAULT 0, snapshot_gone bigint NOT NULL DEFAULT 0,
  live_upserts bigint NOT NULL DEFAULT 0, live_deletes bigint NOT NULL DEFAULT 0, live_transformed bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (pipeline, table_name)) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS sluice.waiting (
  pipeline text NOT NULL REFERENCES sluice.pipelines, lane text NOT NULL, table_name text NOT NULL, key text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('wait', 'stale', 'hold')), sequence bigint NOT NULL, origin bigint NOT NULL, reason text,
  since timestamptz NOT NULL DEFAULT now(), snapshot boolean NOT NULL DEFAULT false, nulled boolean NOT NULL DEFAULT false,
  PRIMARY KEY (pipeline, table_name, key));
CREATE TABLE IF NOT EXISTS sluice.dead_letters (
  pipeline text NOT NULL REFERENCES sluice.pipelines, id bigint GENERATED ALWAYS AS IDENTITY, lane text NOT NULL,
  table_name text NOT NULL, key text NOT NULL, sequence bigint NOT NULL, op text NOT NULL, column_name text,
  reason text NOT NULL, message text NOT NULL, raw bytea, raw_format text,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'superseded', 'retried', 'discarded')),
  created_at timestamptz NOT NULL DEFAULT now(), why text, asked_at timestamptz, settled_at timestamptz, settled_by text,
  parents json, snapshot boolean NOT NULL DEFAULT false, PRIMARY KEY (pipeline, id));
CREATE UNIQUE INDEX IF NOT EXISTS dead_letters_open ON sluice.dead_letters (pipeline, table_name, key) WHERE state = 'open';
CREATE TABLE IF NOT EXISTS sluice.triggers (
  pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, trigger_name text NOT NULL,
  previous_state text NOT NULL, PRIMARY KEY (pipeline, table_name, trigger_name));
CREATE TABLE IF NOT EXISTS sluice.lanes (
  pipeline text NOT NULL REFERENCES sluice.pipelines, lane text NOT NULL,
  state text CHECK (state IN ('running', 'stopped', 'retired')), message text, at timestamptz NOT NULL DEFAULT now(),
  tables text[] NOT NULL DEFAULT '{}', first_sequence bigint NOT NULL DEFAULT 1, ancestors text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (pipeline, lane));
CREATE TABLE IF NOT EXISTS sluice.accepted (
  pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, key text NOT NULL, kind text NOT NULL, reason text,
  accepted_at timestamptz NOT NULL DEFAULT now(), accepted_by text NOT NULL DEFAULT current_user, why text NOT NULL,
  PRIMARY KEY (pipeline, table_name, key));
CREATE TABLE IF NOT EXISTS sluice.transformed (
  pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, column_name text NOT NULL, rule text NOT NULL,
  count bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(), samples text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (pipeline, table_name, column_name, rule));
CREATE TABLE IF NOT EXISTS sluice.indexes (
  pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, index_name text NOT NULL, definition text NOT NULL,
  deferred_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (pipeline, table_name, index_name));
CREATE TABLE IF NOT EXISTS sluice.replays (
  pipeline text NOT NULL REFERENCES sluice.pipelines, id bigint GENERATED ALWAYS AS IDENTITY, lane text NOT NULL,
  from_sequence bigint NOT NULL, high_sequence bigint, high_offset bigint, tables text[] NOT NULL, truncates boolean NOT NULL, truncated boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'indexing', 'applying', 'done', 'failed')),
  indexed bigint NOT NULL DEFAULT 0, indexed_offset bigint NOT NULL DEFAULT -1, total bigint, applied bigint NOT NULL DEFAULT 0, refused bigint NOT NULL DEFAULT 0,
  failure text, message text,
  asked_by text NOT NULL DEFAULT current_user, asked_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
  PRIMARY KEY (pipeline, id));
CREATE UNIQUE INDEX IF NOT EXISTS replays_under_way ON sluice.replays (pipeline, lane) WHERE state IN ('asked', 'indexing', 'applying');
CREATE UNLOGGED TABLE IF NOT EXISTS sluice.replay_rows (
  pipeline text NOT NULL, replay bigint NOT NULL, rank integer NOT NULL, table_name text NOT NULL, key text NOT NULL, sequence bigint NOT NULL,
  unchanged jsonb NOT NULL, header bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (pipeline, replay, table_name, key, sequence));
CREATE INDEX IF NOT EXISTS replay_rows_order ON sluice.replay_rows ((replay + 0), rank, sequence);
CREATE TABLE IF NOT EXISTS sluice.instances (
  pipeline text NOT NULL REFERENCES sluice.pipelines, role text NOT NULL, instance text NOT NULL, host text NOT NULL,
  pid bigint NOT NULL, lease_until timestamptz NOT NULL, PRIMARY KEY (pipeline, role));
