/**
 * schema.prisma and the migrations agree: one database is created by the migrations, another by the engine from
 * schema.prisma alone, and their catalogs are compared. What only migrations can express is listed here by name, so
 * that neither side changes unnoticed.
 */
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../../src/database/migration-engine.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts';

/** Indexes, constraints, triggers and functions that Prisma's schema language cannot express. */
const ADDITIONS = [
  'check auth.queued_managed_account_creations.queued_managed_account_creations_counts_check',
  'function auth.record_alert_changes',
  'function auth.record_silence_changes',
  'trigger auth.alerts.record_inserts',
  'trigger auth.alerts.record_updates',
  'trigger auth.alerts.record_deletes',
  'trigger auth.alert_silences.record_inserts',
  'trigger auth.alert_silences.record_updates',
  'check auth.alert_silences.alert_silences_target_check',
  'check auth.alert_turn.alert_turn_one_row_check',
  'check auth.alerts.alerts_count_check',
  'check auth.alerts.alerts_resolved_check',
  'index auth.alerts.alerts_one_on_key',
  'index auth.alerts.alerts_resolved_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_failed_at_idx',
  'index auth.server_nodes.server_nodes_lost_at_idx',
  'check auth.webhooks.webhooks_disabled_check',
  'check auth.webhook_deliveries.webhook_deliveries_closed_check',
  'check auth.webhook_deliveries.webhook_deliveries_lease_check',
  'index auth.webhook_deliveries.webhook_deliveries_back_off_idx',
  'index auth.webhook_deliveries.webhook_deliveries_closed_idx',
  'index auth.webhook_deliveries.webhook_deliveries_due_idx',
  'index auth.webhook_deliveries.webhook_deliveries_next_idx',
  'trigger auth.webhook_secrets.refuse_closed_keys',
  'check auth.change_feed.change_feed_one_row_check',
  'function auth.announce',
  'function auth.change_epoch',
  'function auth.record_bulk_action_changes',
  'function auth.record_circuit_changes',
  'function auth.record_entry_changes',
  'function auth.record_run_changes',
  'function auth.record_schedule_changes',
  'function auth.track_changes',
  'trigger auth.changes.announce_changes',
  'trigger auth.queued_managed_account_creations.record_inserts',
  'trigger auth.queued_managed_account_creations.record_updates',
  'trigger auth.queued_managed_account_creations.record_deletes',
  'trigger auth.job_runs.record_inserts',
  'trigger auth.job_runs.record_updates',
  'trigger auth.job_runs.record_deletes',
  'trigger auth.job_schedules.record_inserts',
  'trigger auth.job_schedules.record_updates',
  'trigger auth.job_schedules.record_deletes',
  'trigger auth.identity_circuits.record_inserts',
  'trigger auth.identity_circuits.record_updates',
  'trigger auth.identity_circuits.record_deletes',
  'trigger auth.bulk_actions.record_inserts',
  'trigger auth.bulk_actions.record_updates',
  'trigger auth.bulk_actions.record_deletes',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_enqueuer_idx',
  'check auth.audit_entries.audit_entries_chain_check',
  'index auth.audit_entries.audit_entries_family_id_idx',
  'index auth.audit_entries.audit_entries_unchained_idx',
  'check auth.data_protection_keys.data_protection_keys_destroyed_check',
  'check auth.resealings.resealings_finished_check',
  'check auth.resealings.resealings_per_second_check',
  'function auth.refuse_closed_keys',
  'index auth.resealings.resealings_one_running_key',
  'trigger auth.queued_managed_account_creations.refuse_closed_keys_inserted',
  'trigger auth.queued_managed_account_creations.refuse_closed_keys_updated',
  'check auth.queue_limits.queue_limits_concurrency_check',
  'check auth.queue_limits.queue_limits_one_row_check',
  'check auth.queue_limits.queue_limits_starts_per_second_check',
  'check auth.queue_pauses.queue_pauses_scope_check',
  'index auth.account_creation_attempts.account_creation_attempts_failure_group_idx',
  'index auth.bulk_action_entries.bulk_action_entries_planned_idx',
  'index auth.bulk_actions.bulk_actions_active_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_bulk_action_id_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_failure_group_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_failing_family_idx',
  'check auth.data_protection_keys.data_protection_keys_purpose_check',
  'check auth.sessions.sessions_kind_check',
  'check auth.job_fires.job_fires_range_check',
  'check auth.job_runs.job_runs_finished_check',
  'check auth.job_runs.job_runs_progress_check',
  'function auth.record_run_lines',
  'trigger auth.job_run_log_lines.record_inserts',
  'check auth.job_runs.job_runs_scheduled_for_check',
  'check auth.queued_managed_account_creations.queued_managed_account_creations_completed_password_check',
  'check auth.queued_managed_account_creations.queued_managed_account_creations_failed_due_check',
  'check auth.queued_managed_account_creations.queued_managed_account_creations_retry_count_check',
  'function auth.fill_due_time',
  'index auth.family_member_invitations.family_member_invitations_expired_idx',
  'index auth.job_fires.job_fires_owed_idx',
  'index auth.job_runs.job_runs_not_empty_idx',
  'index auth.job_runs.job_runs_one_running_key',
  'index auth.job_runs.job_runs_scheduled_fire_key',
  'index auth.outbox_events.outbox_events_processed_idx',
  'index auth.outbox_events.outbox_events_pending_idx',
  'index auth.outbox_events.outbox_events_created_at_idx',
  'index auth.outbox_events.outbox_events_waiting_idx',
  'index auth.outbox_events.outbox_events_parked_idx',
  'function auth.record_inserted_entries',
  'trigger auth.queued_managed_account_creations.record_inserted_entries',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_active_username_key',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_due_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_held_idx',
  'check auth.queued_managed_account_creations.queued_managed_account_creations_held_check',
  'function auth.hold_paused',
  'trigger auth.queued_managed_account_creations.hold_paused',
  'function auth.hold_paused_inserted',
  'trigger auth.queued_managed_account_creations.hold_paused_inserted',
  'trigger auth.queued_managed_account_creations.hold_paused_given',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_lease_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_cancelled_password_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_failed_password_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_probe_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_next_retry_at_idx',
  'index auth.queued_managed_account_creations.queued_managed_account_creations_last_error_code_idx',
  'index auth.bulk_actions.bulk_actions_planned_idx',
  'index auth.users.users_username_key',
  'index identity_simulator.accounts.accounts_username_key',
  'check identity_simulator.fault_order.fault_order_delay_check',
  'check identity_simulator.fault_order.fault_order_one_row_check',
  'trigger auth.queue_limits.announce_limits',
  'trigger auth.queue_pauses.announce_pauses',
  'trigger auth.queued_managed_account_creations.announce_work',
  'trigger auth.queued_managed_account_creations.fill_due_time',
];

/** The CHECK of a table's instants; each table that has instants has one. */
const isOfInstants = (name: string): boolean => /^check \w+\.(\w+)\.\1_instants_check$/.test(name);

let migrated: Catalog;
let declared: Catalog;
const drops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const [fromMigrations, fromSchema] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
  drops.push(fromMigrations.drop, fromSchema.drop);
  await applySchema(fromSchema.url);
  [migrated, declared] = await Promise.all([readCatalog(fromMigrations.url), readCatalog(fromSchema.url)]);
});

afterAll(() => Promise.all(drops.map((drop) => drop())));

describe('schema.prisma and the migrations', () => {
  it('were both read', () => {
    expect(declared.get('table auth.families')).toBeDefined();
    expect(declared.size).toBeGreaterThan(200);
  });

  it('agree on everything that both can say', () => {
    const shared = new Map([...migrated].filter(([name]) => !ADDITIONS.includes(name) && !isOfInstants(name)));
    expect(Object.fromEntries(shared)).toEqual(Object.fromEntries(declared));
  });

  it('differ by the listed additions, all of which are there', () => {
    const added = [...migrated.keys()].filter((name) => !declared.has(name) && !isOfInstants(name));
    expect(added.sort()).toEqual([...ADDITIONS].sort());
  });

  it('let no table take an instant that JavaScript cannot hold', () => {
    const instants = [...migrated].flatMap(([name, definition]) => {
      const [, table, column] = /^column (\w+\.\w+)\.(\w+)$/.exec(name) ?? [];
      return table !== undefined && !table.startsWith('auth.audit_') && definition.startsWith('timestamp')
        ? [{ table, column }]
        : [];
    });
    expect(instants.length).toBeGreaterThan(100);
    for (const { table, column } of instants) {
      const check = migrated.get(`check ${table}.${table.split('.')[1]}_instants_check`);
      expect(check, `${table}.${column}`).toMatch(
        new RegExp(`LEAST\\(.*\\b${column}\\b.*GREATEST\\(.*\\b${column}\\b`),
      );
    }
  });
});

type Catalog = Map<string, string>;

async function applySchema(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const engine = await loadEngine(pool);
    const schema = await readFile(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
    await pool.query(await engine.diff(undefined, schema));
    engine.free();
  } finally {
    await pool.end();
  }
}

/** Every object of our schemas by kind and name, with its full definition. */
async function readCatalog(url: string): Promise<Catalog> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; definition: string }>(
      `WITH ours AS (
         SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('auth', 'identity_simulator')
       )
       SELECT 'table ' || nspname || '.' || relname AS name, relkind::text || coalesce(array_to_string(reloptions, ','), '') AS definition
         FROM pg_class JOIN ours ON ours.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
       UNION ALL
       SELECT 'column ' || nspname || '.' || relname || '.' || attname,
              format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
                || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '') || attidentity::text || attgenerated::text
         FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p')
         JOIN ours ON ours.oid = relnamespace
         LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped
       UNION ALL
       SELECT 'index ' || nspname || '.' || relation.relname || '.' || index.relname, pg_get_indexdef(indexrelid)
         FROM pg_index
         JOIN pg_class AS index ON index.oid = indexrelid
         JOIN pg_class AS relation ON relation.oid = indrelid
         JOIN ours ON ours.oid = relation.relnamespace
       UNION ALL
       SELECT CASE contype WHEN 'c' THEN 'check ' ELSE 'constraint ' END || nspname || '.' || relname || '.' || conname,
              pg_get_constraintdef(pg_constraint.oid)
         FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid JOIN ours ON ours.oid = relnamespace
        -- From PostgreSQL 18 on, NOT NULL is a constraint too; it is compared with its column.
        WHERE contype <> 'n'
       UNION ALL
       SELECT 'enum ' || nspname || '.' || typname, string_agg(enumlabel, ',' ORDER BY enumsortorder)
         FROM pg_type JOIN ours ON ours.oid = typnamespace JOIN pg_enum ON enumtypid = pg_type.oid
        GROUP BY nspname, typname
       UNION ALL
       SELECT 'trigger ' || nspname || '.' || relname || '.' || tgname, pg_get_triggerdef(pg_trigger.oid)
         FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN ours ON ours.oid = relnamespace
        WHERE NOT tgisinternal
       UNION ALL
       SELECT 'function ' || nspname || '.' || proname, pg_get_functiondef(pg_proc.oid)
         FROM pg_proc JOIN ours ON ours.oid = pronamespace
       ORDER BY 1`,
    );
    return new Map(rows.map(({ name, definition }) => [name, definition]));
  } finally {
    await client.end();
  }
}
