-- The whole schema, slice by slice, in the order in which slices may use one another. What the columns
-- mean is in prisma/schema.prisma; this file adds what Prisma's schema language cannot say: CHECKs,
-- partial and expression indexes, functions and triggers. test/integration/schema-drift.test.ts
-- proves that the two agree.
--
-- Primary and foreign keys have the names that PostgreSQL gives them (table_pkey, table_column_fkey).
-- src/database/violations.ts turns the name of a broken constraint into a refusal.
--
-- The last statement gives each table with instants a CHECK of them: an instant that JavaScript cannot hold
-- (infinity, a year beyond 9999), written with SQL, would make a whole batch fail.

CREATE SCHEMA IF NOT EXISTS auth;
CREATE SCHEMA IF NOT EXISTS identity_simulator;

-- ------------------------------------------------------------------------------------ families

CREATE TYPE auth.user_role AS ENUM ('owner', 'admin', 'member', 'managed_account');
CREATE TYPE auth.invitation_status AS ENUM ('pending', 'accepted', 'expired', 'canceled');

-- A family of Family Hub.
CREATE TABLE auth.families (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX families_created_at_idx ON auth.families (created_at DESC, id DESC);

-- A member of a family.
CREATE TABLE auth.users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  family_id uuid NOT NULL REFERENCES auth.families ON UPDATE CASCADE ON DELETE RESTRICT,
  username text,
  full_name text NOT NULL,
  email text,
  role auth.user_role NOT NULL,
  zitadel_user_id text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX users_family_id_idx ON auth.users (family_id, created_at, id);
CREATE UNIQUE INDEX users_zitadel_user_id_key ON auth.users (zitadel_user_id);
-- One account per username, case-insensitive as at the identity provider.
CREATE UNIQUE INDEX users_username_key ON auth.users (lower(username));

-- An invitation to join a family.
CREATE TABLE auth.family_member_invitations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  family_id uuid NOT NULL REFERENCES auth.families ON UPDATE CASCADE ON DELETE CASCADE,
  email text NOT NULL,
  role auth.user_role NOT NULL,
  status auth.invitation_status NOT NULL DEFAULT 'pending',
  invitation_token text NOT NULL,
  invitation_display_code text NOT NULL,
  invited_by_user_id uuid NOT NULL REFERENCES auth.users ON UPDATE CASCADE ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX family_member_invitations_family_id_idx ON auth.family_member_invitations (family_id, created_at, id);
CREATE UNIQUE INDEX family_member_invitations_token_key ON auth.family_member_invitations (invitation_token);
-- The nightly cleanup: expired invitations, oldest first.
CREATE INDEX family_member_invitations_expired_idx
  ON auth.family_member_invitations (expires_at) WHERE status = 'expired';

-- --------------------------------------------------------------------------- the server's nodes

CREATE TYPE auth.node_state AS ENUM ('starting', 'running', 'draining', 'gone');

-- A server process. One that stops sending heartbeats is gone.
CREATE TABLE auth.server_nodes (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  state auth.node_state NOT NULL DEFAULT 'starting',
  host_name text NOT NULL,
  process_id integer NOT NULL,
  started_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_beat_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  attempts_in_hand integer NOT NULL DEFAULT 0,
  runs_in_hand integer NOT NULL DEFAULT 0,
  drain_asked_at timestamptz(3),
  drain_asked_by text,
  drain_reason text,
  lost_at timestamptz(3),
  stopped_at timestamptz(3),
  provider text,
  master_key_ids text[] DEFAULT ARRAY[]::text[],
  sealing_key_id uuid
);
CREATE INDEX server_nodes_last_beat_at_idx ON auth.server_nodes (last_beat_at DESC, id DESC);
-- Nodes that went silent without stopping.
CREATE INDEX server_nodes_lost_at_idx ON auth.server_nodes (lost_at) WHERE lost_at IS NOT NULL;

-- Notices between nodes where LISTEN cannot be used: a pooler without a direct URL.
CREATE TABLE auth.notices (
  id bigserial PRIMARY KEY,
  payload text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- What a mutation answered under a caller's key: a repeat gets the same answer.
CREATE TABLE auth.idempotency_keys (
  caller text NOT NULL,
  mutation text NOT NULL,
  key text NOT NULL,
  input_digests jsonb NOT NULL,
  result_id uuid NOT NULL,
  result jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (caller, mutation, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON auth.idempotency_keys (created_at);

-- What the metrics report of the database: queried by one node at a time, published by all.
CREATE TABLE auth.readings (
  name text PRIMARY KEY,
  reading jsonb NOT NULL DEFAULT '{}',
  taken_at timestamptz(3),
  next_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
-- The row must be there: a node that takes its turn updates it.
INSERT INTO auth.readings (name) VALUES ('metrics');

-- Wakes other nodes after a statement that is not ours. Its argument is the notice. Our own statements
-- send notices themselves, coalesced: a NOTIFY in each transaction halves the commit rate. They are
-- recognized by how they begin (OURS in src/database/database.ts): a session's name can be changed by a
-- parameter of the URL or by a pooler, the text cannot.
CREATE FUNCTION auth.announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('family_hub_jobs', TG_ARGV[0]);
  RETURN NULL;
END
$$;

-- ------------------------------------------------------------------------------------- sealing

-- A key of the key ring, wrapped by a master key that is not in the database.
CREATE TABLE auth.data_protection_keys (
  id uuid PRIMARY KEY,
  purpose text NOT NULL,
  wrapped_key text,
  master_key_id text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  activated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  superseded_at timestamptz(3),
  closed_at timestamptz(3),
  retired_at timestamptz(3),
  last_used_at timestamptz(3),
  -- A key is destroyed when it is retired, and only then.
  CONSTRAINT data_protection_keys_destroyed_check CHECK ((wrapped_key IS NULL) = (retired_at IS NOT NULL)),
  CONSTRAINT data_protection_keys_purpose_check CHECK (purpose IN ('seal', 'digest', 'audit'))
);

-- Refuses what is encrypted under a closed key, even from a node that was halted and still holds the
-- key. Its argument is the column with the ciphertext, whose header has a fixed beginning: characters
-- 49 to 96 are the key's id in base64. Inserted entries are checked once per statement, since they come
-- in batches and there is rarely a closed key.
CREATE FUNCTION auth.refuse_closed_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  closed uuid;
BEGIN
  IF TG_LEVEL = 'ROW' THEN
    SELECT k.id INTO closed FROM auth.data_protection_keys k
     WHERE k.closed_at IS NOT NULL
       AND encode(k.id::text::bytea, 'base64') = substr(to_jsonb(NEW) ->> TG_ARGV[0], 49, 48);
  ELSIF EXISTS (SELECT FROM auth.data_protection_keys WHERE closed_at IS NOT NULL) THEN
    SELECT k.id INTO closed FROM auth.data_protection_keys k
      JOIN new_rows ON encode(k.id::text::bytea, 'base64') = substr(new_rows.encrypted_password, 49, 48)
     WHERE k.closed_at IS NOT NULL LIMIT 1;
  END IF;
  IF closed IS NOT NULL THEN
    RAISE EXCEPTION 'The encryption key % is closed: nothing is sealed under it any more', closed
      USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = TG_TABLE_NAME || '_closed_key';
  END IF;
  RETURN NEW;
END
$$;

-- -------------------------------------------------------------------------------------- access

CREATE TYPE auth.api_role AS ENUM ('viewer', 'operator', 'enqueuer', 'admin');

-- An API token, of which only the digest is kept. It is deleted with its family only.
CREATE TABLE auth.api_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  role auth.api_role NOT NULL,
  family_id uuid REFERENCES auth.families ON UPDATE CASCADE ON DELETE CASCADE,
  prefix text NOT NULL,
  digest bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by text NOT NULL,
  reason text,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  revoked_by text,
  revoke_reason text
);
CREATE UNIQUE INDEX api_tokens_digest_key ON auth.api_tokens (digest);
CREATE INDEX api_tokens_family_id_idx ON auth.api_tokens (family_id);
CREATE INDEX api_tokens_name_idx ON auth.api_tokens (name);

-- The names of tokens, which say who did something. A name keeps its role and family when its tokens are
-- gone.
CREATE TABLE auth.api_token_names (
  name text PRIMARY KEY,
  role auth.api_role NOT NULL,
  family_id uuid
);

-- A browser that is signed in. Of its cookie only the digest is kept.
CREATE TABLE auth.sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  digest bytea NOT NULL,
  kind text NOT NULL,
  caller_id text NOT NULL,
  caller_name text NOT NULL,
  role auth.api_role NOT NULL,
  family_id uuid REFERENCES auth.families ON UPDATE CASCADE ON DELETE CASCADE,
  api_token_id uuid REFERENCES auth.api_tokens ON UPDATE CASCADE ON DELETE CASCADE,
  source_digest text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(3) NOT NULL,
  -- What the session began with; the session ends with it.
  CONSTRAINT sessions_kind_check CHECK (
    kind IN ('admin_token', 'api_token', 'oidc')
    AND (kind = 'api_token') = (api_token_id IS NOT NULL)
    AND (kind = 'api_token') = (source_digest IS NULL)
  )
);
CREATE INDEX sessions_api_token_id_idx ON auth.sessions (api_token_id);
CREATE UNIQUE INDEX sessions_digest_key ON auth.sessions (digest);
CREATE INDEX sessions_expires_at_idx ON auth.sessions (expires_at);
CREATE INDEX sessions_family_id_idx ON auth.sessions (family_id);

-- The audit trail: who did what to what, when and why. `mac` signs an entry, `chain` its place after the one
-- before.
CREATE TABLE auth.audit_entries (
  id uuid PRIMARY KEY,
  sequence bigserial,
  at timestamptz(3) NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  actor text NOT NULL,
  token_prefix text,
  role text NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  target_type text,
  target_id text,
  family_id uuid,
  reason text,
  before text,
  after text,
  request_id text,
  address text,
  node_id uuid,
  key_id uuid NOT NULL,
  mac bytea NOT NULL,
  link bigint,
  chain bytea,
  chained_at timestamptz(3),
  -- An entry is in the chain with all three values, or not yet with any.
  CONSTRAINT audit_entries_chain_check CHECK (num_nulls(link, chain, chained_at) IN (0, 3))
);
CREATE INDEX audit_entries_action_idx ON auth.audit_entries (action, sequence);
CREATE INDEX audit_entries_actor_idx ON auth.audit_entries (actor, sequence);
CREATE INDEX audit_entries_at_idx ON auth.audit_entries (at);
CREATE UNIQUE INDEX audit_entries_link_key ON auth.audit_entries (link);
CREATE UNIQUE INDEX audit_entries_sequence_key ON auth.audit_entries (sequence);
CREATE INDEX audit_entries_target_id_idx ON auth.audit_entries (target_id, sequence);
-- Callers bound to a family see only the entries of that family.
CREATE INDEX audit_entries_family_id_idx ON auth.audit_entries (family_id, sequence) WHERE family_id IS NOT NULL;
-- Entries that are not in the chain yet: a handful.
CREATE INDEX audit_entries_unchained_idx ON auth.audit_entries (sequence) WHERE link IS NULL;

-- Where retention pruned the trail: the chain's value there, signed, from which the rest is verified.
CREATE TABLE auth.audit_prunings (
  link bigint PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  chain bytea NOT NULL,
  key_id uuid NOT NULL,
  mac bytea NOT NULL
);

-- -------------------------------------------------------------------------- events: the outbox

-- An event for other services, written in the transaction of the change that it reports.
CREATE TABLE auth.outbox_events (
  event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  sequence bigserial,
  event_type text NOT NULL,
  event_version integer NOT NULL DEFAULT 1,
  aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  family_id uuid,
  payload jsonb NOT NULL,
  processed_at timestamptz(3),
  retry_count integer NOT NULL DEFAULT 0,
  error_message text,
  next_attempt_at timestamptz(3),
  parked_at timestamptz(3),
  redelivered_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX outbox_events_aggregate_id_idx ON auth.outbox_events (aggregate_id, sequence);
CREATE INDEX outbox_events_event_type_idx ON auth.outbox_events (event_type, sequence);
CREATE UNIQUE INDEX outbox_events_sequence_key ON auth.outbox_events (sequence);
-- Events to publish, in order.
CREATE INDEX outbox_events_pending_idx
  ON auth.outbox_events (sequence) WHERE processed_at IS NULL AND parked_at IS NULL;
-- Failed events that wait for their next attempt; they hold back later events of their aggregate.
CREATE INDEX outbox_events_waiting_idx ON auth.outbox_events (aggregate_id, sequence)
  WHERE next_attempt_at IS NOT NULL;
-- Events that failed too often, oldest first: for the list of them and for retention.
CREATE INDEX outbox_events_parked_idx ON auth.outbox_events (parked_at) WHERE parked_at IS NOT NULL;
-- Retention: published events, oldest first.
CREATE INDEX outbox_events_processed_idx ON auth.outbox_events (processed_at) WHERE processed_at IS NOT NULL;
-- Rows are inserted in this order, so a summary of each block is enough.
CREATE INDEX outbox_events_created_at_idx ON auth.outbox_events USING brin (created_at);

-- ------------------------------------------------------------------------- events: the change feed

CREATE TYPE auth.change_topic AS ENUM ('entry', 'run', 'schedule', 'circuit', 'bulk_action', 'alert');
CREATE TYPE auth.change_kind AS ENUM ('created', 'updated', 'removed');

-- What one statement changed in a tracked table, written by triggers whoever changed it. Read in the order
-- (transaction_id, sequence) below the oldest transaction that still writes. A cursor proves itself by `mark`
-- (random) and by the marks of the changes written beside it (since `oldest_writer`): a failover that lost
-- nothing keeps cursors valid, one that lost changes ends those that saw them.
CREATE TABLE auth.changes (
  transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint,
  sequence bigserial,
  topic auth.change_topic NOT NULL,
  kind auth.change_kind NOT NULL,
  keys text[],
  scopes text[] DEFAULT ARRAY[]::text[],
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  mark integer NOT NULL DEFAULT ((random() * 4294967295)::bigint - 2147483648)::integer,
  oldest_writer bigint NOT NULL DEFAULT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint,
  PRIMARY KEY (transaction_id, sequence)
);
CREATE TRIGGER announce_changes AFTER INSERT ON auth.changes
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION auth.announce('{"changes":true}');

-- One row: which database the changes belong to (change_epoch), and up to where they were deleted.
CREATE TABLE auth.change_feed (
  id integer PRIMARY KEY DEFAULT 1,
  epoch text NOT NULL DEFAULT '',
  deleted_transaction_id bigint NOT NULL DEFAULT 0,
  deleted_sequence bigint NOT NULL DEFAULT 0,
  deleted_proof text NOT NULL DEFAULT '00000000',
  CONSTRAINT change_feed_one_row_check CHECK (id = 1)
);
INSERT INTO auth.change_feed DEFAULT VALUES;

-- Transaction ids mean something only within one cluster, database and table: a restored dump or a copy
-- has another epoch.
CREATE FUNCTION auth.change_epoch() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT substr(md5(concat_ws(':', (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'auth.changes'::regclass::oid)), 1, 12)
$$;

-- Tracks a table: from now on each statement that changes rows of it writes to auth.changes under
-- `topic`, with the rows' `key`. An update counts when it changes one of `columns` (all updates without
-- them). With a deleted row goes its `scope`, since nobody can look up afterwards whose it was. A later
-- migration calls it again to change the columns.
--
-- It writes one trigger function for each table, so that PostgreSQL plans its statements once per session
-- and not once per statement. A row of auth.changes has at most 1,000 keys, so that readers need not hold
-- more. Updates are compared by EXCEPT: a join of the two transition tables has neither an index nor
-- statistics, and is a loop within a loop.
CREATE PROCEDURE auth.track_changes(
  topic auth.change_topic, tracked regclass, key text, columns text DEFAULT NULL, scope text DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE
  tracker text := format('auth.record_%s_changes', topic);
  updated text := CASE WHEN columns IS NULL THEN format('SELECT %I FROM new_rows', key) ELSE
    format('SELECT %1$I, %2$s FROM new_rows EXCEPT ALL SELECT %1$I, %2$s FROM old_rows', key, columns) END;
  scopes text := CASE WHEN scope IS NULL THEN '''{}''::text[]' ELSE
    format('array_agg(coalesce(%I::text, ''''))', scope) END;
BEGIN
  EXECUTE format($template$
    CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql AS $function$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO auth.changes (topic, kind, keys)
        SELECT %2$L, 'created', array_agg(%3$I::text)
        FROM (SELECT %3$I, row_number() OVER () AS place FROM new_rows) AS created
        GROUP BY (place - 1) / 1000;
      ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO auth.changes (topic, kind, keys)
        SELECT %2$L, 'updated', array_agg(%3$I::text)
        FROM (SELECT %3$I, row_number() OVER () AS place FROM (%4$s) AS different) AS updated
        GROUP BY (place - 1) / 1000;
      ELSE
        INSERT INTO auth.changes (topic, kind, keys, scopes)
        SELECT %2$L, 'removed', array_agg(%3$I::text), %5$s
        FROM (SELECT %7$s, row_number() OVER () AS place FROM old_rows) AS removed
        GROUP BY (place - 1) / 1000;
      END IF;
      RETURN NULL;
    END
    $function$;
    CREATE OR REPLACE TRIGGER record_inserts AFTER INSERT ON %6$s
      REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$s();
    CREATE OR REPLACE TRIGGER record_updates AFTER UPDATE ON %6$s
      REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$s();
    CREATE OR REPLACE TRIGGER record_deletes AFTER DELETE ON %6$s
      REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$s();
  $template$, tracker, topic, key, updated, scopes, tracked,
    concat_ws(', ', quote_ident(key), quote_ident(scope)));
END
$$;

-- ---------------------------------------------------------------------------- events: webhooks

CREATE TYPE auth.webhook_state AS ENUM ('active', 'paused', 'disabled');
CREATE TYPE auth.webhook_delivery_status AS ENUM ('pending', 'delivered', 'failed');

-- An address that events are sent to.
CREATE TABLE auth.webhooks (
  id uuid PRIMARY KEY,
  url text NOT NULL,
  description text,
  event_types text[] DEFAULT ARRAY[]::text[],
  state auth.webhook_state NOT NULL DEFAULT 'active',
  state_reason text,
  state_changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  state_changed_by text NOT NULL,
  disabled_at timestamptz(3),
  failing_since timestamptz(3),
  last_success_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by text NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT webhooks_disabled_check CHECK ((state = 'disabled') = (disabled_at IS NOT NULL))
);

-- A secret that deliveries are signed with, encrypted under the key ring. While one replaces another, both
-- sign.
CREATE TABLE auth.webhook_secrets (
  id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES auth.webhooks ON UPDATE CASCADE ON DELETE CASCADE,
  sealed_secret text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(3)
);
CREATE INDEX webhook_secrets_webhook_id_idx ON auth.webhook_secrets (webhook_id);
CREATE TRIGGER refuse_closed_keys BEFORE INSERT OR UPDATE OF sealed_secret ON auth.webhook_secrets
  FOR EACH ROW EXECUTE FUNCTION auth.refuse_closed_keys('sealed_secret');

-- One event for one webhook, with the exact body to send: it outlives the event.
CREATE TABLE auth.webhook_deliveries (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  position bigserial,
  webhook_id uuid NOT NULL REFERENCES auth.webhooks ON UPDATE CASCADE ON DELETE CASCADE,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  body text NOT NULL,
  is_test boolean NOT NULL DEFAULT false,
  status auth.webhook_delivery_status NOT NULL DEFAULT 'pending',
  due_at timestamptz(3),
  lease_token uuid,
  lease_node_id uuid,
  leased_at timestamptz(3),
  attempt_count integer NOT NULL DEFAULT 0,
  series_attempt_count integer NOT NULL DEFAULT 0,
  series_started_at timestamptz(3),
  redelivered_at timestamptz(3),
  redelivered_by text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  closed_at timestamptz(3),
  CONSTRAINT webhook_deliveries_closed_check CHECK ((status = 'pending') = (closed_at IS NULL)),
  CONSTRAINT webhook_deliveries_lease_check
    CHECK (status = 'pending' OR (lease_token IS NULL AND due_at IS NULL))
);
CREATE INDEX webhook_deliveries_event_id_idx ON auth.webhook_deliveries (event_id);
CREATE UNIQUE INDEX webhook_deliveries_position_key ON auth.webhook_deliveries (position);
CREATE INDEX webhook_deliveries_status_idx ON auth.webhook_deliveries (webhook_id, status, position);
CREATE INDEX webhook_deliveries_webhook_id_idx ON auth.webhook_deliveries (webhook_id, position);
-- Due deliveries of a webhook. One that waits behind another of its aggregate has no due_at and is not in
-- here.
CREATE INDEX webhook_deliveries_due_idx
  ON auth.webhook_deliveries (webhook_id, due_at, position) WHERE status = 'pending' AND due_at IS NOT NULL;
-- The next delivery of an aggregate.
CREATE INDEX webhook_deliveries_next_idx
  ON auth.webhook_deliveries (webhook_id, aggregate_id, position) WHERE status = 'pending';
-- Failed deliveries that wait for a retry: resuming their webhook makes them due.
CREATE INDEX webhook_deliveries_back_off_idx
  ON auth.webhook_deliveries (webhook_id, series_started_at)
  WHERE status = 'pending' AND lease_token IS NULL AND series_started_at IS NOT NULL;
-- Retention.
CREATE INDEX webhook_deliveries_closed_idx ON auth.webhook_deliveries (closed_at) WHERE closed_at IS NOT NULL;

-- One attempt to deliver, written when it ends or when another node takes over.
CREATE TABLE auth.webhook_attempts (
  delivery_id uuid NOT NULL REFERENCES auth.webhook_deliveries ON UPDATE CASCADE ON DELETE CASCADE,
  number integer NOT NULL,
  outcome text NOT NULL,
  error_message text,
  http_status integer,
  answer text,
  node_id uuid,
  started_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3) NOT NULL,
  PRIMARY KEY (delivery_id, number)
);

-- ------------------------------------------------------------------------------------ identity

CREATE TYPE auth.circuit_state AS ENUM ('closed', 'open', 'half_open');

-- The circuit of an identity provider: while it is not closed, nothing is claimed.
CREATE TABLE auth.identity_circuits (
  provider text PRIMARY KEY,
  state auth.circuit_state NOT NULL DEFAULT 'closed',
  cause text,
  reason text,
  opened_by text,
  opened_at timestamptz(3),
  next_probe_at timestamptz(3),
  failed_probes integer NOT NULL DEFAULT 0,
  failing_entry_ids uuid[] DEFAULT ARRAY[]::uuid[],
  probe_token uuid,
  probe_expires_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
-- Counting a failure changes nothing that is shown.
CALL auth.track_changes('circuit', 'auth.identity_circuits', key => 'provider',
  columns => 'state, cause, reason, opened_by, opened_at, next_probe_at');

-- The history of the circuits.
CREATE TABLE auth.identity_circuit_transitions (
  id bigserial PRIMARY KEY,
  provider text NOT NULL,
  from_state auth.circuit_state NOT NULL,
  to_state auth.circuit_state NOT NULL,
  cause text,
  reason text,
  actor text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX identity_circuit_transitions_provider_idx ON auth.identity_circuit_transitions (provider, id DESC);

CREATE TYPE identity_simulator.fault AS ENUM ('none', 'unavailable', 'invalid_token', 'invalid_username', 'slow');

-- An account at the built-in simulator.
CREATE TABLE identity_simulator.accounts (
  user_id text PRIMARY KEY,
  organization_id text NOT NULL,
  username text NOT NULL,
  body jsonb NOT NULL,
  password_digest text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
-- Zitadel refuses a second account with the same username, so the simulator does too.
CREATE UNIQUE INDEX accounts_username_key ON identity_simulator.accounts (lower(username));

-- One row: the fault that the simulators of all nodes are to show.
CREATE TABLE identity_simulator.fault_order (
  id integer PRIMARY KEY DEFAULT 1,
  fault identity_simulator.fault NOT NULL DEFAULT 'none',
  delay_ms integer,
  reason text,
  changed_by text,
  changed_at timestamptz(3),
  CONSTRAINT fault_order_delay_check CHECK ((fault = 'slow') = (delay_ms IS NOT NULL) AND delay_ms > 0),
  CONSTRAINT fault_order_one_row_check CHECK (id = 1)
);
INSERT INTO identity_simulator.fault_order DEFAULT VALUES;

-- -------------------------------------------------------------------- accounts: bulk actions

CREATE TYPE auth.bulk_action_kind AS ENUM ('retry', 'cancel', 'set_run_at');
CREATE TYPE auth.bulk_action_status AS ENUM ('planned', 'running', 'finished', 'undoing', 'undone');
CREATE TYPE auth.bulk_entry_state AS ENUM ('planned', 'done', 'skipped', 'undone', 'kept');

-- A plan and its result: the planned entries are changed, or listed as skipped.
CREATE TABLE auth.bulk_actions (
  id uuid PRIMARY KEY,
  action auth.bulk_action_kind NOT NULL,
  status auth.bulk_action_status NOT NULL DEFAULT 'planned',
  run_at timestamptz(3),
  reason text,
  actor text NOT NULL,
  family_id uuid,
  total_count integer NOT NULL,
  done_count integer NOT NULL DEFAULT 0,
  skipped_count integer NOT NULL DEFAULT 0,
  undone_count integer NOT NULL DEFAULT 0,
  kept_count integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(3) NOT NULL,
  applied_at timestamptz(3),
  finished_at timestamptz(3),
  filter jsonb,
  exclusions jsonb,
  undone_by text,
  undo_reason text,
  undo_asked_at timestamptz(3),
  lease_node_id uuid,
  lease_expires_at timestamptz(3)
);
CREATE INDEX bulk_actions_created_at_idx ON auth.bulk_actions (created_at DESC, id DESC);
-- Bulk actions under way.
CREATE INDEX bulk_actions_active_idx ON auth.bulk_actions (status) WHERE status IN ('running', 'undoing');
-- Plans that were never applied, for their removal.
CREATE INDEX bulk_actions_planned_idx ON auth.bulk_actions (expires_at) WHERE status = 'planned';
-- Renewing a lease changes nothing that is shown.
CALL auth.track_changes('bulk_action', 'auth.bulk_actions', key => 'id',
  columns => 'status, total_count, done_count, skipped_count, undone_count, kept_count, run_at, reason, actor,
              applied_at, finished_at');

-- ------------------------------------------------------------------------- accounts: the queue

CREATE TYPE auth.entry_status AS ENUM ('pending', 'processing', 'completed', 'failed', 'cancelled');
CREATE TYPE auth.attempt_outcome AS ENUM (
  'succeeded', 'transient_failure', 'permanent_failure', 'configuration_failure', 'unknown', 'interrupted'
);
CREATE TYPE auth.password_destruction AS ENUM ('completed', 'cancelled', 'retention', 'key_lost');

-- One row: how fast all nodes together may start attempts.
CREATE TABLE auth.queue_limits (
  id integer PRIMARY KEY DEFAULT 1,
  starts_per_second integer,
  concurrency integer,
  tokens double precision NOT NULL DEFAULT 0,
  refilled_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_by text,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT queue_limits_concurrency_check CHECK (concurrency BETWEEN 1 AND 100000),
  CONSTRAINT queue_limits_one_row_check CHECK (id = 1),
  CONSTRAINT queue_limits_starts_per_second_check CHECK (starts_per_second BETWEEN 1 AND 100000)
);
INSERT INTO auth.queue_limits DEFAULT VALUES;
CREATE TRIGGER announce_limits AFTER UPDATE ON auth.queue_limits
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION auth.announce('{"queue":true}');

-- A pause of the whole queue (scope 'queue') or of one family (its id).
CREATE TABLE auth.queue_pauses (
  scope text PRIMARY KEY,
  family_id uuid REFERENCES auth.families ON UPDATE CASCADE ON DELETE CASCADE,
  paused_by text NOT NULL,
  reason text NOT NULL,
  paused_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  paused_until timestamptz(3),
  CONSTRAINT queue_pauses_scope_check CHECK (scope = coalesce(family_id::text, 'queue'))
);
CREATE TRIGGER announce_pauses AFTER INSERT OR UPDATE OR DELETE ON auth.queue_pauses
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION auth.announce('{"queue":true}');

-- An entry of the queue: a managed account to be created.
CREATE TABLE auth.queued_managed_account_creations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  family_id uuid REFERENCES auth.families ON UPDATE CASCADE ON DELETE SET NULL,
  username text NOT NULL,
  full_name text NOT NULL,
  role auth.user_role NOT NULL DEFAULT 'managed_account',
  encrypted_password text,
  created_by_user_id uuid REFERENCES auth.users ON UPDATE CASCADE ON DELETE SET NULL,
  enqueuer text,
  retry_count integer NOT NULL DEFAULT 0,
  status auth.entry_status NOT NULL DEFAULT 'pending',
  next_retry_at timestamptz(3) DEFAULT CURRENT_TIMESTAMP,
  last_error_message text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_error_code text,
  last_outcome auth.attempt_outcome,
  attempt_count integer NOT NULL DEFAULT 0,
  interruption_count integer NOT NULL DEFAULT 0,
  needs_lookup boolean NOT NULL DEFAULT false,
  lookup_final_at timestamptz(3),
  is_lookup_only boolean NOT NULL DEFAULT false,
  is_password_replaced boolean NOT NULL DEFAULT false,
  lease_token uuid,
  lease_node_id uuid,
  leased_at timestamptz(3),
  lease_expires_at timestamptz(3),
  is_held boolean NOT NULL DEFAULT false,
  probed_at timestamptz(3),
  user_id uuid REFERENCES auth.users ON UPDATE CASCADE ON DELETE SET NULL,
  completed_at timestamptz(3),
  failed_at timestamptz(3),
  cancelled_at timestamptz(3),
  password_destroyed_at timestamptz(3),
  password_destroyed_because auth.password_destruction,
  failure_group text,
  bulk_action_id uuid REFERENCES auth.bulk_actions ON UPDATE CASCADE ON DELETE SET NULL,
  CONSTRAINT queued_managed_account_creations_completed_password_check
    CHECK (status <> 'completed' OR encrypted_password IS NULL),
  CONSTRAINT queued_managed_account_creations_counts_check
    CHECK (attempt_count BETWEEN 0 AND 1000000 AND interruption_count BETWEEN 0 AND 2),
  CONSTRAINT queued_managed_account_creations_failed_due_check
    CHECK (status <> 'failed' OR next_retry_at IS NULL),
  CONSTRAINT queued_managed_account_creations_held_check
    CHECK (NOT is_held OR (status = 'pending' AND family_id IS NOT NULL)),
  CONSTRAINT queued_managed_account_creations_retry_count_check CHECK (retry_count BETWEEN 0 AND 5)
);
CREATE INDEX queued_managed_account_creations_created_at_idx
  ON auth.queued_managed_account_creations (created_at DESC, id DESC);
CREATE INDEX queued_managed_account_creations_created_by_user_id_idx
  ON auth.queued_managed_account_creations (created_by_user_id);
CREATE INDEX queued_managed_account_creations_family_id_idx
  ON auth.queued_managed_account_creations (family_id, created_at DESC, id DESC);
CREATE INDEX queued_managed_account_creations_status_created_at_idx
  ON auth.queued_managed_account_creations (status, created_at DESC, id DESC);
CREATE UNIQUE INDEX queued_managed_account_creations_user_id_key ON auth.queued_managed_account_creations (user_id);
-- One active entry per username.
CREATE UNIQUE INDEX queued_managed_account_creations_active_username_key
  ON auth.queued_managed_account_creations (lower(username)) WHERE status IN ('pending', 'processing');
-- Claims, by due time. Entries of a paused family are not in it.
CREATE INDEX queued_managed_account_creations_due_idx
  ON auth.queued_managed_account_creations (next_retry_at) WHERE status = 'pending' AND NOT is_held;
-- Probes of an open circuit rotate: the entry that was probed longest ago comes first.
CREATE INDEX queued_managed_account_creations_probe_idx
  ON auth.queued_managed_account_creations (probed_at NULLS FIRST, next_retry_at)
  WHERE status = 'pending' AND NOT is_held;
-- A family's pending entries by their mark: those to mark when it is paused, and to release after that.
CREATE INDEX queued_managed_account_creations_held_idx
  ON auth.queued_managed_account_creations (is_held, family_id) WHERE status = 'pending';
-- Leases that have run out.
CREATE INDEX queued_managed_account_creations_lease_idx
  ON auth.queued_managed_account_creations (lease_expires_at) WHERE status = 'processing';
-- Passwords to destroy: of cancelled entries, and of failed ones.
CREATE INDEX queued_managed_account_creations_cancelled_password_idx
  ON auth.queued_managed_account_creations (coalesce(cancelled_at, updated_at))
  WHERE encrypted_password IS NOT NULL AND status = 'cancelled';
CREATE INDEX queued_managed_account_creations_failed_password_idx
  ON auth.queued_managed_account_creations (coalesce(failed_at, updated_at))
  WHERE encrypted_password IS NOT NULL AND status = 'failed';
-- Pages filtered by username, whole or by prefix.
CREATE INDEX queued_managed_account_creations_username_idx
  ON auth.queued_managed_account_creations (username text_pattern_ops);
-- Pages filtered by error code, whole or by prefix.
CREATE INDEX queued_managed_account_creations_last_error_code_idx
  ON auth.queued_managed_account_creations (last_error_code text_pattern_ops, created_at DESC, id DESC)
  WHERE last_error_code IS NOT NULL;
-- Pages in order of due time. The columns that filters use are in the index, so that filtering reads no
-- rows.
CREATE INDEX queued_managed_account_creations_next_retry_at_idx
  ON auth.queued_managed_account_creations (next_retry_at, id, status, created_at, last_error_code text_pattern_ops)
  WHERE next_retry_at IS NOT NULL;
-- Only entries of callers with the role ENQUEUER have one.
CREATE INDEX queued_managed_account_creations_enqueuer_idx
  ON auth.queued_managed_account_creations (enqueuer, created_at DESC, id DESC) WHERE enqueuer IS NOT NULL;
-- Entries of a failure group. A status in the predicate would hide the index from Prisma's queries.
CREATE INDEX queued_managed_account_creations_failure_group_idx
  ON auth.queued_managed_account_creations (failure_group, created_at DESC, id DESC)
  WHERE failure_group IS NOT NULL;
-- How many entries of how many families fail for one cause: counted in the index alone.
CREATE INDEX queued_managed_account_creations_failing_family_idx
  ON auth.queued_managed_account_creations (failure_group, family_id)
  WHERE failure_group IS NOT NULL AND status IN ('pending', 'failed');
-- Recent permanent failures with their cause: read without the rows.
CREATE INDEX queued_managed_account_creations_failed_at_idx
  ON auth.queued_managed_account_creations (failed_at) INCLUDE (failure_group, last_error_code)
  WHERE status = 'failed';
-- Deleting a bulk action looks up the entries that refer to it.
CREATE INDEX queued_managed_account_creations_bulk_action_id_idx
  ON auth.queued_managed_account_creations (bulk_action_id) WHERE bulk_action_id IS NOT NULL;

-- Re-encrypting a password, and the columns that only workers use, change nothing that is shown.
CALL auth.track_changes('entry', 'auth.queued_managed_account_creations', key => 'id', scope => 'family_id',
  columns => 'status, retry_count, next_retry_at, attempt_count, last_error_code, last_error_message,
              password_destroyed_at, username, full_name, role, family_id, created_by_user_id, user_id,
              completed_at, failed_at, cancelled_at');

CREATE TRIGGER refuse_closed_keys_inserted AFTER INSERT ON auth.queued_managed_account_creations
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_closed_keys();
CREATE TRIGGER refuse_closed_keys_updated BEFORE UPDATE OF encrypted_password ON auth.queued_managed_account_creations
  FOR EACH ROW
  WHEN (NEW.encrypted_password IS NOT NULL AND NEW.encrypted_password IS DISTINCT FROM OLD.encrypted_password)
  EXECUTE FUNCTION auth.refuse_closed_keys('encrypted_password');

-- A pending entry always has a due time, so that "due by now" is one range of an index. Where an INSERT
-- by hand has none, it is due now.
CREATE FUNCTION auth.fill_due_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.next_retry_at := date_trunc('milliseconds', now());
  RETURN NEW;
END
$$;
CREATE TRIGGER fill_due_time BEFORE INSERT OR UPDATE OF status, next_retry_at ON auth.queued_managed_account_creations
  FOR EACH ROW WHEN (NEW.status = 'pending' AND NEW.next_retry_at IS NULL)
  EXECUTE FUNCTION auth.fill_due_time();

-- An entry that becomes pending is marked if its family is paused, whoever writes it. The lock keeps the
-- pause from being deleted before the mark is visible: whoever releases the entries then finds this one.
CREATE FUNCTION auth.hold_paused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.is_held := false;
  IF NEW.status = 'pending' THEN
    PERFORM FROM auth.queue_pauses
    WHERE scope = NEW.family_id::text AND (paused_until IS NULL OR paused_until > clock_timestamp())
    FOR KEY SHARE;
    NEW.is_held := FOUND;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER hold_paused BEFORE UPDATE OF status, family_id ON auth.queued_managed_account_creations
  FOR EACH ROW WHEN (NEW.status = 'pending' OR NEW.is_held)
  EXECUTE FUNCTION auth.hold_paused();

-- Inserted entries are marked once per statement: they come in batches, and there is rarely a paused family.
CREATE FUNCTION auth.hold_paused_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM auth.queue_pauses WHERE family_id IS NOT NULL) THEN
    WITH paused AS MATERIALIZED (
      SELECT family_id FROM auth.queue_pauses
      WHERE family_id IN (SELECT family_id FROM new_rows)
        AND (paused_until IS NULL OR paused_until > clock_timestamp())
      FOR KEY SHARE
    )
    UPDATE auth.queued_managed_account_creations AS entry SET is_held = true
    FROM new_rows JOIN paused USING (family_id)
    WHERE entry.id = new_rows.id AND new_rows.status = 'pending';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER hold_paused_inserted AFTER INSERT ON auth.queued_managed_account_creations
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION auth.hold_paused_inserted();
-- An INSERT by hand that gives the mark itself.
CREATE TRIGGER hold_paused_given BEFORE INSERT ON auth.queued_managed_account_creations
  FOR EACH ROW WHEN (NEW.is_held)
  EXECUTE FUNCTION auth.hold_paused();

-- Entries inserted by hand wake the workers, and have their event, unless the same statement or transaction wrote it.
CREATE TRIGGER announce_work AFTER INSERT ON auth.queued_managed_account_creations
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION auth.announce('{"work":true}');

CREATE FUNCTION auth.record_inserted_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
  SELECT 'ManagedAccountCreationQueued', 'ManagedAccountCreation', id, family_id,
         jsonb_build_object('entryId', id, 'familyId', family_id, 'username', username, 'role', role, 'dueAt', next_retry_at)
  FROM new_rows
  WHERE status = 'pending' AND NOT EXISTS (
    SELECT FROM auth.outbox_events AS written
    WHERE written.aggregate_id = new_rows.id AND written.event_type = 'ManagedAccountCreationQueued');
  RETURN NULL;
END
$$;
CREATE TRIGGER record_inserted_entries AFTER INSERT ON auth.queued_managed_account_creations
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION auth.record_inserted_entries();

-- One attempt to create an entry's account, written when it ends and never changed.
CREATE TABLE auth.account_creation_attempts (
  entry_id uuid NOT NULL REFERENCES auth.queued_managed_account_creations ON UPDATE CASCADE ON DELETE CASCADE,
  number integer NOT NULL,
  outcome auth.attempt_outcome NOT NULL,
  node_id uuid REFERENCES auth.server_nodes ON UPDATE CASCADE ON DELETE SET NULL,
  due_at timestamptz(3),
  started_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3) NOT NULL,
  error_code text,
  error_message text,
  provider_request_id text,
  is_probe boolean NOT NULL DEFAULT false,
  failure_group text,
  PRIMARY KEY (entry_id, number)
);
CREATE INDEX account_creation_attempts_node_id_idx ON auth.account_creation_attempts (node_id);
-- When a failure group was first and last seen, and how often in the last hour.
CREATE INDEX account_creation_attempts_failure_group_idx
  ON auth.account_creation_attempts (failure_group, finished_at) WHERE failure_group IS NOT NULL;
-- Rows are inserted in this order, so a summary of each block is enough.
CREATE INDEX account_creation_attempts_finished_at_idx ON auth.account_creation_attempts USING brin (finished_at);

-- An entry of a bulk action, in the order of its plan.
CREATE TABLE auth.bulk_action_entries (
  bulk_action_id uuid NOT NULL REFERENCES auth.bulk_actions ON UPDATE CASCADE ON DELETE CASCADE,
  position integer NOT NULL,
  entry_id uuid NOT NULL REFERENCES auth.queued_managed_account_creations ON UPDATE CASCADE ON DELETE CASCADE,
  state auth.bulk_entry_state NOT NULL DEFAULT 'planned',
  planned_at timestamptz(3) NOT NULL,
  planned_status auth.entry_status NOT NULL,
  skip_code text,
  before jsonb,
  changed_at timestamptz(3),
  undone_at timestamptz(3),
  PRIMARY KEY (bulk_action_id, position)
);
CREATE INDEX bulk_action_entries_entry_id_idx ON auth.bulk_action_entries (entry_id);
-- The next batch of a bulk action.
CREATE INDEX bulk_action_entries_planned_idx
  ON auth.bulk_action_entries (bulk_action_id, position) WHERE state = 'planned';

-- ------------------------------------------------------------------- sealing: re-encryption

CREATE TYPE auth.resealing_status AS ENUM ('running', 'finished', 'replaced');

-- A re-encryption of passwords under the active key, in the background.
CREATE TABLE auth.resealings (
  id uuid PRIMARY KEY,
  key_id uuid,
  status auth.resealing_status NOT NULL DEFAULT 'running',
  per_second integer NOT NULL,
  reason text,
  actor text NOT NULL,
  total_count integer NOT NULL,
  resealed_count integer NOT NULL DEFAULT 0,
  skipped_count integer NOT NULL DEFAULT 0,
  passed_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  finished_at timestamptz(3),
  lease_node_id uuid,
  lease_expires_at timestamptz(3),
  CONSTRAINT resealings_finished_check CHECK ((status = 'running') = (finished_at IS NULL)),
  CONSTRAINT resealings_per_second_check CHECK (per_second BETWEEN 1 AND 10000)
);
CREATE INDEX resealings_created_at_idx ON auth.resealings (created_at DESC, id DESC);
-- One at a time: a new one replaces the one that is running.
CREATE UNIQUE INDEX resealings_one_running_key ON auth.resealings ((true)) WHERE status = 'running';

-- An entry whose password could not be decrypted; it was left as it is.
CREATE TABLE auth.resealing_skips (
  resealing_id uuid NOT NULL REFERENCES auth.resealings ON UPDATE CASCADE ON DELETE CASCADE,
  entry_id uuid NOT NULL REFERENCES auth.queued_managed_account_creations ON UPDATE CASCADE ON DELETE CASCADE,
  problem text NOT NULL,
  PRIMARY KEY (resealing_id, entry_id)
);
CREATE INDEX resealing_skips_entry_id_idx ON auth.resealing_skips (entry_id);

-- ---------------------------------------------------------------------------------------- jobs

CREATE TYPE auth.misfire_policy AS ENUM ('run_once', 'skip', 'run_all');
CREATE TYPE auth.fire_outcome AS ENUM (
  'on_time', 'late', 'caught_up', 'skipped_overlap', 'skipped_paused', 'skipped_policy', 'missed'
);
CREATE TYPE auth.run_trigger AS ENUM ('schedule', 'manual', 'catch_up');
CREATE TYPE auth.run_status AS ENUM ('running', 'succeeded', 'failed', 'interrupted');
CREATE TYPE auth.run_log_level AS ENUM ('info', 'warn', 'error');

-- The schedule of a recurring job, inserted when a node that knows the job first starts.
CREATE TABLE auth.job_schedules (
  name text PRIMARY KEY,
  cron text NOT NULL,
  time_zone text NOT NULL,
  misfire_policy auth.misfire_policy NOT NULL,
  is_overridden boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  resolved_through timestamptz(3) NOT NULL,
  paused_at timestamptz(3),
  paused_by text,
  pause_reason text,
  paused_until timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
-- Every update counts, also a resolved fire: the next fire is part of what is shown.
CALL auth.track_changes('schedule', 'auth.job_schedules', key => 'name');

-- What a schedule said, and from when: each change is a row.
CREATE TABLE auth.job_schedule_versions (
  job_name text NOT NULL REFERENCES auth.job_schedules ON UPDATE CASCADE ON DELETE CASCADE,
  version integer NOT NULL,
  in_force_after timestamptz(3) NOT NULL,
  cron text NOT NULL,
  time_zone text NOT NULL,
  misfire_policy auth.misfire_policy NOT NULL,
  is_overridden boolean NOT NULL,
  paused_at timestamptz(3),
  paused_by text,
  pause_reason text,
  paused_until timestamptz(3),
  changed_by text,
  change_reason text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (job_name, version)
);

-- The fire ledger: one row per due instant, or per gap of instants with the same outcome.
CREATE TABLE auth.job_fires (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_name text NOT NULL REFERENCES auth.job_schedules ON UPDATE CASCADE ON DELETE CASCADE,
  fired_at timestamptz(3) NOT NULL,
  through_at timestamptz(3) NOT NULL,
  count integer NOT NULL DEFAULT 1,
  outcome auth.fire_outcome NOT NULL,
  reason text,
  actor text,
  node_id uuid REFERENCES auth.server_nodes ON UPDATE CASCADE ON DELETE SET NULL,
  schedule_version integer NOT NULL,
  started_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- A single instant, or a gap with its first and last instant.
  CONSTRAINT job_fires_range_check
    CHECK (count >= 1 AND through_at >= fired_at AND (count > 1 OR through_at = fired_at))
);
CREATE UNIQUE INDEX job_fires_job_name_fired_at_key ON auth.job_fires (job_name, fired_at);
CREATE INDEX job_fires_job_name_outcome_idx ON auth.job_fires (job_name, outcome, fired_at DESC);
CREATE INDEX job_fires_node_id_idx ON auth.job_fires (node_id);
-- Missed fires that are still to run.
CREATE INDEX job_fires_owed_idx
  ON auth.job_fires (job_name, fired_at) WHERE outcome = 'caught_up' AND started_at IS NULL;

-- One execution of a job: by a fire, by hand, or as a catch-up.
CREATE TABLE auth.job_runs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_name text NOT NULL REFERENCES auth.job_schedules ON UPDATE CASCADE ON DELETE CASCADE,
  trigger auth.run_trigger NOT NULL,
  status auth.run_status NOT NULL DEFAULT 'running',
  scheduled_for timestamptz(3),
  fire_id uuid REFERENCES auth.job_fires ON UPDATE CASCADE ON DELETE SET NULL,
  started_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  finished_at timestamptz(3),
  counts jsonb NOT NULL DEFAULT '{}',
  is_empty boolean NOT NULL DEFAULT false,
  error_message text,
  reason text,
  actor text,
  node_id uuid REFERENCES auth.server_nodes ON UPDATE CASCADE ON DELETE SET NULL,
  lease_token uuid,
  lease_expires_at timestamptz(3),
  interrupted_at timestamptz(3),
  interrupted_by text,
  interrupt_reason text,
  progress_done_count integer,
  progress_total_count integer,
  progress_label text,
  progress_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT job_runs_finished_check CHECK ((status = 'running') = (finished_at IS NULL)),
  -- All three are set or none is; a job may do more than it estimated at its start.
  CONSTRAINT job_runs_progress_check CHECK (
    (progress_at IS NULL) = (progress_done_count IS NULL)
    AND (progress_at IS NULL) = (progress_label IS NULL)
    AND (progress_at IS NOT NULL OR progress_total_count IS NULL)
    AND progress_done_count >= 0 AND progress_total_count >= 0
  ),
  CONSTRAINT job_runs_scheduled_for_check CHECK (trigger = 'manual' OR scheduled_for IS NOT NULL)
);
CREATE INDEX job_runs_fire_id_idx ON auth.job_runs (fire_id);
CREATE INDEX job_runs_job_name_started_at_idx ON auth.job_runs (job_name, started_at DESC, id DESC);
CREATE INDEX job_runs_node_id_idx ON auth.job_runs (node_id);
CREATE INDEX job_runs_started_at_idx ON auth.job_runs (started_at DESC, id DESC);
-- A job that fires every minute has a thousand empty runs for each that did something.
CREATE INDEX job_runs_not_empty_idx ON auth.job_runs (started_at DESC, id DESC) WHERE NOT is_empty;
-- A job never overlaps itself, on any number of nodes.
CREATE UNIQUE INDEX job_runs_one_running_key ON auth.job_runs (job_name) WHERE status = 'running';
-- A fire runs once as scheduled, and once more when caught up.
CREATE UNIQUE INDEX job_runs_scheduled_fire_key ON auth.job_runs (job_name, scheduled_for)
  WHERE trigger = 'schedule';
-- Renewing a lease changes nothing that is shown.
CALL auth.track_changes('run', 'auth.job_runs', key => 'id', scope => 'job_name',
  columns => 'status, counts, error_message, reason, started_at, finished_at, interrupted_at, node_id,
              progress_done_count, progress_total_count, progress_label');

-- What a run logged, in order.
CREATE TABLE auth.job_run_log_lines (
  run_id uuid NOT NULL REFERENCES auth.job_runs ON UPDATE CASCADE ON DELETE CASCADE,
  sequence bigserial,
  at timestamptz(3) NOT NULL,
  level auth.run_log_level NOT NULL,
  message text NOT NULL,
  fields jsonb,
  PRIMARY KEY (run_id, sequence)
);

-- A new line changes its run.
CREATE FUNCTION auth.record_run_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.changes (topic, kind, keys)
  SELECT 'run', 'updated', array_agg(DISTINCT run_id::text) FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER record_inserts AFTER INSERT ON auth.job_run_log_lines
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION auth.record_run_lines();

-- -------------------------------------------------------------------------------------- alerts

CREATE TYPE auth.alert_severity AS ENUM ('info', 'warning', 'critical');

-- Something that needs attention, from when it starts until it is resolved.
CREATE TABLE auth.alerts (
  id uuid PRIMARY KEY,
  number bigserial,
  rule text NOT NULL,
  group_key text NOT NULL,
  severity auth.alert_severity NOT NULL,
  summary text NOT NULL,
  advice text NOT NULL,
  cure jsonb,
  subject_kind text NOT NULL,
  subject_key text,
  count integer NOT NULL,
  started_at timestamptz(3) NOT NULL,
  raised_at timestamptz(3) NOT NULL,
  announced_at timestamptz(3),
  clear_since timestamptz(3),
  is_on boolean NOT NULL DEFAULT true,
  resolved_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT alerts_count_check CHECK (count >= 1),
  CONSTRAINT alerts_resolved_check CHECK (is_on = (resolved_at IS NULL))
);
CREATE UNIQUE INDEX alerts_number_key ON auth.alerts (number);
CREATE INDEX alerts_page_idx ON auth.alerts (is_on DESC, number DESC);
-- One active alert per rule and group, whichever node evaluates.
CREATE UNIQUE INDEX alerts_one_on_key ON auth.alerts (rule, group_key) WHERE is_on;
-- Retention: resolved alerts, oldest first.
CREATE INDEX alerts_resolved_idx ON auth.alerts (resolved_at) WHERE NOT is_on;
-- That it was evaluated again, or is clear for a moment, changes nothing that is shown.
CALL auth.track_changes('alert', 'auth.alerts', key => 'id',
  columns => 'is_on, count, severity, summary, advice, announced_at, resolved_at');

-- Until it ends, the alerts that it covers are not announced.
CREATE TABLE auth.alert_silences (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  alert_id uuid REFERENCES auth.alerts ON UPDATE CASCADE ON DELETE CASCADE,
  rule text,
  group_key text,
  reason text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ends_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  ended_by text,
  end_told_at timestamptz(3),
  -- A silence is for one alert, or for a rule (or one group of a rule).
  CONSTRAINT alert_silences_target_check
    CHECK (num_nonnulls(alert_id, rule) = 1 AND (group_key IS NULL OR rule IS NOT NULL))
);
CREATE INDEX alert_silences_alert_id_idx ON auth.alert_silences (alert_id);
CREATE INDEX alert_silences_ends_at_idx ON auth.alert_silences (ends_at);

-- A silence that begins or ends changes the active alerts that it covers. One that is announced in the same
-- transaction because its silence has ended is in the feed already.
CREATE FUNCTION auth.record_silence_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.changes (topic, kind, keys)
  SELECT 'alert', 'updated', array_agg(DISTINCT alert.id::text)
  FROM new_rows silence
  JOIN auth.alerts alert ON alert.is_on
    AND (alert.id = silence.alert_id OR (alert.rule = silence.rule AND alert.group_key = coalesce(silence.group_key, alert.group_key)))
    AND NOT EXISTS (SELECT FROM auth.changes
                    WHERE transaction_id = (pg_current_xact_id())::text::bigint AND topic = 'alert' AND alert.id::text = ANY (keys))
  HAVING count(*) > 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER record_inserts AFTER INSERT ON auth.alert_silences
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION auth.record_silence_changes();
CREATE TRIGGER record_updates AFTER UPDATE ON auth.alert_silences
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION auth.record_silence_changes();

-- One row: which node evaluates the alerts, and which rules cannot be evaluated.
CREATE TABLE auth.alert_turn (
  id integer PRIMARY KEY DEFAULT 1,
  token uuid,
  node_id uuid,
  taken_at timestamptz(3),
  done_at timestamptz(3),
  unreadable jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT alert_turn_one_row_check CHECK (id = 1)
);
INSERT INTO auth.alert_turn DEFAULT VALUES;

-- ------------------------------------------------------------------------------- all tables: instants

DO $$
DECLARE of_table record;
BEGIN
  FOR of_table IN
    SELECT table_schema, table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS instants
    FROM information_schema.columns
    WHERE table_schema IN ('auth', 'identity_simulator') AND data_type = 'timestamp with time zone'
      -- The verification of the audit trail reports whatever stands there.
      AND table_name NOT IN ('_prisma_migrations', 'audit_entries', 'audit_prunings')
    GROUP BY table_schema, table_name
  LOOP
    EXECUTE format(
      'ALTER TABLE %I.%I ADD CONSTRAINT %I CHECK (least(%s) >= ''0001-01-01 00:00:00+00'' AND greatest(%s) < ''10000-01-01 00:00:00+00'')',
      of_table.table_schema, of_table.table_name, of_table.table_name || '_instants_check', of_table.instants, of_table.instants);
  END LOOP;
END
$$;
