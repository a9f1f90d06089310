/**
 * Each alert rule against real rows: raised while its condition holds, resolved afterwards, with the right text.
 * Rows are backdated, so no test waits. Also: an evaluation with a rule that hangs.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { buildSchema, coerceInputValue } from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../src/alerts/alert.rules.ts';
import type { AlertRule } from '../../src/alerts/alert-rule.ts';
import { createRules } from '../../src/alerts/alert-rules.ts';
import { createAsking } from '../../src/alerts/asking.ts';
import { createAlertWatch, endTurn, evaluate, takeTurn } from '../../src/alerts/evaluate.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../src/config/alerts.ts';
import { createDatabaseClock } from '../../src/database/database-clock.ts';
import type { Cure } from '../../src/diagnosis/cure.ts';
import { startHeartbeat } from '../../src/nodes/heartbeat.ts';
import { registerNode, setNodeState } from '../../src/nodes/nodes.ts';
import { deletions } from '../../src/retention/retention.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  await sql(`INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
             VALUES ('NightlyJob', '0 3 * * *', 'UTC', 'run_once', now())`);
});
afterAll(() => database?.drop());

const sql = (text: string, values?: readonly unknown[]) => database.db.query(text, values);

const NEVER = new Promise<void>(() => undefined);

/** The dependencies of a node's evaluation, which may run at any time and by default has no hold time. */
const lookBy = (nodeId: string, rules: readonly AlertRule[], longestMs?: number, alertHoldMs = 0) => {
  const { db } = database;
  const ask = createAsking({ rules, reading: db.reading, outage: db.outage, ...(longestMs && { longestMs }) });
  return { ...testContext({ db, nodeId, config: { alertIntervalMs: 0, alertHoldMs } }), ask };
};

/** Evaluates the rules as a new node and returns the changes. Fails when a rule not listed could not be evaluated. */
async function look(
  settings: Partial<Thresholds> & { readonly holdMs?: number } = {},
  dataDir?: string,
  unreadable: readonly string[] = [],
): Promise<readonly Change[]> {
  const { db } = database;
  const rules = createRules({ ...DEFAULT_THRESHOLDS, ...settings }, dataDir);
  const tools = lookBy(randomUUID(), rules, undefined, settings.holdMs);
  const changes = await evaluate(tools, NEVER);
  if (changes === undefined) throw new Error('It was not this node’s turn.');
  const [turn] = await db.query<{ rules: string[] }>(
    `SELECT ARRAY(SELECT jsonb_object_keys(unreadable) ORDER BY 1) AS rules FROM auth.alert_turn`,
  );
  expect(turn?.rules).toEqual(unreadable);
  return changes;
}

const edges = (changes: readonly Change[], rule: string) =>
  changes.filter(({ alert }) => alert.rule === rule).map(({ edge, alert }) => ({ edge, ...alert }));

const failEntries = (count: number, code: string, group: string | null, age = '1 minute') =>
  sql(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, username, full_name, created_by_user_id, status, next_retry_at, last_error_code, last_error_message, failure_group, failed_at)
     SELECT $1, 'f_' || substr(md5(random()::text || n), 1, 16), 'Somebody', $2, 'failed', NULL, $3, 'It failed.', $4, now() - $5::interval
     FROM generate_series(1, $6) AS n`,
    [family.familyId, family.ownerId, code, group, age, count],
  );

const enqueueOld = (age: string) =>
  sql(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, created_by_user_id, next_retry_at)
     VALUES ($1, 'due_' || substr(md5(random()::text), 1, 12), 'Somebody', $2, now() - $3::interval)`,
    [family.familyId, family.ownerId, age],
  );

const insertNode = (name: string, host: string, state: string, lostAgo: string | null, provider?: string) =>
  sql(
    `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id, started_at, last_beat_at, lost_at, provider)
     VALUES (gen_random_uuid(), $1, '1', $3::auth.node_state, $2, 1, now() - CASE WHEN $4::text IS NULL THEN interval '0' ELSE interval '1 day' END,
             now() - coalesce($4::interval, '0'), now() - $4::interval, $5)`,
    [name, host, state, lostAgo, provider ?? null],
  );

interface Case {
  readonly rule: string;
  cause(): Promise<unknown>;
  /** Creates a similar condition that must not raise the alert. */
  harmless?(): Promise<unknown>;
  readonly expected: object;
  cure(): Promise<unknown>;
}

const CASES: readonly Case[] = [
  {
    rule: 'ENTRY_FAILED',
    harmless: () => failEntries(2, 'USERNAME_INVALID', 'long-ago', '8 days'),
    cause: () => failEntries(1, 'USERNAME_TAKEN_AT_PROVIDER', 'group-a'),
    expected: {
      groupKey: 'group-a',
      subject: { kind: 'failure_group', key: 'group-a' },
      count: 1,
      severity: 'warning',
      summary:
        '1 entry failed permanently with USERNAME_TAKEN_AT_PROVIDER. Another account at the identity provider has this username.',
      advice: expect.stringContaining('free the username'),
      cure: expect.objectContaining({
        mutation: 'planBulkAction',
        input: { action: 'CANCEL', filter: { status: ['FAILED'], failureGroup: 'group-a' } },
      }),
    },
    cure: () => sql(`DELETE FROM auth.queued_managed_account_creations WHERE status = 'failed'`),
  },
  {
    rule: 'ENTRY_OVERDUE',
    harmless: () => enqueueOld('4 minutes'),
    cause: () => enqueueOld('6 minutes'),
    expected: {
      count: 1,
      severity: 'critical',
      advice: expect.stringContaining('whether nodes are running'),
      cure: null,
      summary: '1 entry is overdue.',
    },
    cure: () => sql(`DELETE FROM auth.queued_managed_account_creations WHERE status = 'pending'`),
  },
  {
    rule: 'QUEUE_PAUSED',
    harmless: () =>
      sql(
        `INSERT INTO auth.queue_pauses (scope, family_id, paused_by, reason, paused_at) VALUES ($1::uuid::text, $1, 'them', 'theirs', now() - interval '9 hours')`,
        [family.familyId],
      ),
    cause: () =>
      sql(
        `INSERT INTO auth.queue_pauses (scope, paused_by, reason, paused_at) VALUES ('queue', 'ann', 'a secret', now() - interval '5 hours')`,
      ),
    expected: {
      cure: expect.objectContaining({ mutation: 'resumeQueue' }),
      summary: expect.not.stringContaining('secret'),
    },
    cure: () => sql('DELETE FROM auth.queue_pauses'),
  },
  {
    rule: 'CIRCUIT_OPEN',
    harmless: async () => {
      await sql(
        `INSERT INTO auth.identity_circuits (provider, state, opened_by, opened_at, cause)
         VALUES ('by-hand', 'open', 'ann', now() - interval '1 hour', NULL),
                ('used-once', 'open', NULL, now() - interval '1 day', 'PROVIDER_UNREACHABLE')`,
      );
      await insertNode('one', 'host-c', 'running', null, 'by-hand');
      await insertNode('two', 'host-d', 'draining', null, 'zitadel');
      await insertNode('former', 'host-e', 'gone', null, 'used-once');
    },
    cause: () =>
      sql(
        `INSERT INTO auth.identity_circuits (provider, state, cause, opened_at) VALUES ('zitadel', 'half_open', 'PROVIDER_TOKEN_INVALID', now() - interval '3 minutes')`,
      ),
    expected: {
      groupKey: 'zitadel',
      severity: 'critical',
      summary: expect.stringContaining('PROVIDER_TOKEN_INVALID'),
      cure: { label: 'Close the circuit', mutation: 'closeCircuit', input: {} },
    },
    cure: () => sql(`UPDATE auth.identity_circuits SET state = 'closed', cause = NULL, opened_at = NULL`),
  },
  {
    rule: 'FIRE_MISSED',
    harmless: () =>
      sql(
        `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version, started_at)
         VALUES ('NightlyJob', now() - interval '2 minutes', now() - interval '2 minutes', 'late', 1, now() - interval '1 minute'),
                ('NightlyJob', now() - interval '3 minutes', now() - interval '3 minutes', 'skipped_paused', 1, NULL)`,
      ),
    cause: () =>
      sql(
        `INSERT INTO auth.job_fires (job_name, fired_at, through_at, count, outcome, schedule_version, started_at)
         VALUES ('NightlyJob', now() - interval '3 days', now() - interval '2 days', 2, 'missed', 1, NULL),
                ('NightlyJob', now() - interval '1 hour', now() - interval '1 hour', 1, 'caught_up', 1, now())`,
      ),
    expected: { groupKey: 'NightlyJob', count: 3, cure: expect.objectContaining({ input: { jobName: 'NightlyJob' } }) },
    cure: () => sql(`UPDATE auth.job_fires SET created_at = now() - interval '61 minutes'`),
  },
  {
    rule: 'JOB_FAILING',
    harmless: () => insertRun('failed', '50 minutes'),
    cause: async () => {
      await insertRun('interrupted', '40 minutes');
      await insertRun('failed', '30 minutes');
    },
    expected: { groupKey: 'NightlyJob', count: 2, summary: 'The last 2 runs of NightlyJob failed.' },
    cure: () => insertRun('succeeded', '1 minute'),
  },
  {
    rule: 'NODE_GONE',
    harmless: () => insertNode('stopped', 'host-b', 'gone', null),
    cause: () => insertNode('jobs-1', 'host-a', 'gone', '10 minutes'),
    expected: {
      groupKey: 'host-a',
      count: 1,
      summary: expect.stringContaining('jobs-1 on host-a stopped sending heartbeats'),
    },
    cure: () => insertNode('jobs-1', 'host-a', 'running', null),
  },
  {
    rule: 'OUTBOX_STUCK',
    harmless: () => insertEvent('4 minutes'),
    cause: () => insertEvent('6 minutes'),
    expected: { severity: 'critical', summary: expect.stringContaining('to be published') },
    cure: () => sql(`UPDATE auth.outbox_events SET processed_at = now()`),
  },
  {
    rule: 'OUTBOX_PARKED',
    cause: async () => {
      await insertEvent('1 minute');
      await sql(`UPDATE auth.outbox_events SET parked_at = now() WHERE processed_at IS NULL`);
    },
    expected: { count: 1, cure: expect.objectContaining({ mutation: 'redeliverOutboxEvent' }) },
    cure: () => sql(`DELETE FROM auth.outbox_events WHERE parked_at IS NOT NULL`),
  },
  {
    rule: 'WEBHOOK_STUCK',
    harmless: () => insertWebhook('active', '10 minutes'),
    cause: () => insertWebhook('active', '20 minutes'),
    expected: { summary: expect.stringMatching(/^The webhook [0-9a-f]{8} accepts nothing/) },
    cure: () => sql('UPDATE auth.webhooks SET failing_since = NULL'),
  },
  {
    rule: 'WEBHOOK_DISABLED',
    cause: () => insertWebhook('disabled', '5 days'),
    expected: { severity: 'critical', subject: { kind: 'webhook', key: expect.any(String) } },
    cure: () => sql('DELETE FROM auth.webhooks'),
  },
  {
    rule: 'KEY_OLD',
    harmless: () => insertKey('digest', '900 days'),
    cause: () => insertKey('seal', '366 days'),
    expected: { severity: 'info', cure: expect.objectContaining({ mutation: 'rotateEncryptionKey' }) },
    cure: () => sql(`UPDATE auth.data_protection_keys SET superseded_at = now()`),
  },
  {
    rule: 'TOKEN_EXPIRING',
    harmless: async () => {
      await insertToken('renewed', '1 day');
      await insertToken('renewed', '400 days');
      await insertToken('gone', '-1 day');
    },
    cause: () => insertToken('frontend', '13 days'),
    expected: { summary: expect.stringMatching(/^The API token frontend expires in 1[23] days\.$/) },
    cure: () => insertToken('frontend', '400 days'),
  },
];

const insertRun = (status: string, age: string) =>
  sql(
    `INSERT INTO auth.job_runs (job_name, trigger, status, started_at, finished_at)
     VALUES ('NightlyJob', 'manual', $1::auth.run_status, now() - $2::interval, now() - $2::interval)`,
    [status, age],
  );
const insertEvent = (age: string) =>
  sql(
    `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, created_at)
     VALUES ('Test', 'Test', gen_random_uuid(), '{}', now() - $1::interval)`,
    [age],
  );
const insertWebhook = (state: string, failingFor: string) =>
  sql(
    `INSERT INTO auth.webhooks (id, url, state, state_changed_by, state_changed_at, created_by, failing_since, disabled_at)
     VALUES (gen_random_uuid(), 'https://hooks.example/very/secret', $1::auth.webhook_state, 'ann', now() - $2::interval, 'ann', now() - $2::interval,
             CASE WHEN $1 = 'disabled' THEN now() END)`,
    [state, failingFor],
  );
const insertKey = (purpose: string, age: string) =>
  sql(
    `INSERT INTO auth.data_protection_keys (id, purpose, wrapped_key, master_key_id, activated_at)
     VALUES (gen_random_uuid(), $1, 'x', 'm', now() - $2::interval)`,
    [purpose, age],
  );
const insertToken = (name: string, expiresIn: string) =>
  sql(
    `INSERT INTO auth.api_tokens (name, role, prefix, digest, created_by, expires_at)
     VALUES ($1, 'viewer', 'fhj_x', decode(md5(random()::text), 'hex'), 'ann', now() + $2::interval)`,
    [name, expiresIn],
  );

const cures: Cure[] = [];

describe.each(CASES)('$rule', ({ rule, harmless, cause, expected, cure }) => {
  beforeEach(async () => {
    // Resolve the alerts of earlier tests and mark their events as published.
    await look();
    await sql(`UPDATE auth.outbox_events SET processed_at = now() WHERE event_type LIKE 'Alert%'`);
  });

  it('goes on, and off', async () => {
    await harmless?.();
    expect(edges(await look(), rule)).toEqual([]);
    await cause();
    const on = edges(await look(), rule);
    expect(on).toMatchObject([{ edge: 'raised', ...expected }]);
    for (const { cure: offered } of on) if (offered !== null) cures.push(offered);
    // Raising the alert writes rows that may increase a count; that must not raise it again.
    expect(edges(await look(), rule).filter(({ edge }) => edge !== null)).toEqual([]);
    await cure();
    expect(edges(await look(), rule)).toMatchObject([{ edge: 'resolved', id: on[0]?.id }]);
    const events = await sql(
      `SELECT event_type AS type, payload ->> 'rule' AS rule FROM auth.outbox_events WHERE aggregate_id = $1 ORDER BY sequence`,
      [on[0]?.id],
    );
    expect(events).toEqual([
      { type: 'AlertRaised', rule },
      { type: 'AlertResolved', rule },
    ]);
  });
});

it('offers only cures that the API takes', () => {
  const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  expect(cures.length).toBeGreaterThanOrEqual(9);
  for (const { mutation, input } of cures) {
    const argument = schema.getMutationType()?.getFields()[mutation]?.args[0];
    if (argument === undefined) throw new Error(`There is no mutation ${mutation}.`);
    expect(coerceInputValue(input, argument.type), mutation).toMatchObject(input);
  }
});

describe('since when it is so', () => {
  it('a token that was made with a near end ends soon since it was made, and not before', async () => {
    await insertToken('brief', '1 day');
    await look();
    const [alert] = await sql(
      `SELECT started_at >= (SELECT created_at FROM auth.api_tokens WHERE name = 'brief') AS "isAfter"
       FROM auth.alerts WHERE rule = 'TOKEN_EXPIRING' AND is_on AND summary LIKE '%brief%'`,
    );
    expect(alert).toEqual({ isAfter: true });
    await sql(`DELETE FROM auth.api_tokens WHERE name = 'brief'`);
    await look();
  });
});

describe('what is not a row', () => {
  it('a transaction that stays open', async () => {
    const name = `slow-${randomUUID()}`;
    const client = new pg.Client({ connectionString: database.url, application_name: name });
    await client.connect();
    const settings = { FEED_HELD_BACK: 100 };
    /** The number of alerts that name this transaction; of several open transactions, the oldest is named. */
    const shown = async () => {
      await look(settings);
      const rows = await sql(
        `SELECT FROM auth.alerts WHERE is_on AND rule = 'FEED_HELD_BACK' AND summary LIKE '%' || $1 || '%'`,
        [name],
      );
      return rows.length;
    };
    try {
      await client.query('BEGIN');
      expect(await shown()).toBe(0);
      await client.query('SELECT pg_current_xact_id()');
      await expect.poll(shown, { timeout: 30_000 }).toBe(1);
      await client.query('ROLLBACK');
      expect(await shown()).toBe(0);
    } finally {
      await client.end();
    }
    await look();
  });

  it('a transaction that only reads, and keeps its snapshot', async () => {
    const name = `reader-${randomUUID()}`;
    const client = new pg.Client({ connectionString: database.url, application_name: name });
    await client.connect();
    const shown = async () => {
      await look({ SNAPSHOT_OLD: 100 });
      const rows = await sql(
        `SELECT FROM auth.alerts WHERE is_on AND rule = 'SNAPSHOT_OLD' AND summary LIKE '%' || $1 || '%'`,
        [name],
      );
      return rows.length;
    };
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await client.query('SELECT 1');
      await expect.poll(shown, { timeout: 30_000 }).toBe(1);
      await client.query('ROLLBACK');
      expect(await shown()).toBe(0);
    } finally {
      await client.end();
    }
    await look();
  });

  it('a disk that is nearly full, of the embedded database only', async () => {
    const full = { DISK_FULL: 1e15 };
    expect(edges(await look(full), 'DISK_FULL')).toEqual([]);
    expect(edges(await look({ DISK_FULL: 1 }, tmpdir()), 'DISK_FULL')).toEqual([]);
    expect(edges(await look(full, tmpdir()), 'DISK_FULL')).toMatchObject([{ edge: 'raised', severity: 'critical' }]);
    expect(edges(await look({}, tmpdir()), 'DISK_FULL')).toMatchObject([{ edge: 'resolved' }]);
  });

  it('a reading that cannot be made, after a minute, while the rule stays as it is', async () => {
    await insertWebhook('disabled', '5 days');
    expect(edges(await look(), 'WEBHOOK_DISABLED')).toMatchObject([{ edge: 'raised' }]);
    await sql('ALTER TABLE auth.webhooks RENAME COLUMN disabled_at TO elsewhere');
    const away = ['WEBHOOK_DISABLED'];
    expect(await look({}, undefined, away)).toEqual([]);
    await sql(
      `UPDATE auth.alert_turn SET unreadable = (SELECT jsonb_object_agg(key, now() - interval '61 seconds') FROM jsonb_each(unreadable))`,
    );
    expect(await look({}, undefined, away)).toMatchObject([
      { edge: 'raised', alert: { rule: 'RULE_UNREADABLE', groupKey: 'WEBHOOK_DISABLED' } },
    ]);
    await sql('ALTER TABLE auth.webhooks RENAME COLUMN elsewhere TO disabled_at');
    expect(await look()).toMatchObject([{ edge: 'resolved', alert: { rule: 'RULE_UNREADABLE' } }]);
    await sql('DELETE FROM auth.webhooks');
    expect(edges(await look(), 'WEBHOOK_DISABLED')).toMatchObject([{ edge: 'resolved' }]);
  });
});

describe('a node', () => {
  it('that fell silent is lost, but not one that was stopping, or that beats again', async () => {
    const { db } = database;
    await sql(`DELETE FROM auth.server_nodes`);
    const silent = async (name: string, state: 'running' | 'draining') => {
      const node = await registerNode(db, name, '1');
      await setNodeState(db, node.id, state);
      await sql(
        `UPDATE auth.server_nodes SET last_beat_at = now() - interval '10 minutes', host_name = name WHERE id = $1`,
        [node.id],
      );
      return node;
    };
    const crashed = await silent('crashed', 'running');
    await silent('stopping', 'draining');
    const witness = await registerNode(db, 'witness', '1');
    const heartbeat = startHeartbeat({
      db: database.db,
      nodeId: witness.id,
      intervalMs: 100,
      clock: createDatabaseClock(),
      inHand: () => ({ attempts: 0, runs: 0 }),
      register: async () => undefined,
      onBeat: async () => undefined,
      onDrainAsked: () => undefined,
      onUnchainedActs: () => undefined,
    });
    await heartbeat.say('running');
    await expect
      .poll(() => sql(`SELECT name, state FROM auth.server_nodes ORDER BY name`), { timeout: 30_000 })
      .toEqual([
        { name: 'crashed', state: 'gone' },
        { name: 'stopping', state: 'gone' },
        { name: 'witness', state: 'running' },
      ]);
    expect(edges(await look(), 'NODE_GONE')).toMatchObject([
      { edge: 'raised', groupKey: 'crashed', subject: { kind: 'node', key: crashed.id } },
    ]);
    await setNodeState(db, crashed.id, 'running');
    expect(edges(await look(), 'NODE_GONE')).toMatchObject([{ edge: 'resolved', groupKey: 'crashed' }]);
    await heartbeat.stop();
  });
});

describe('a look', () => {
  const rule = (name: string, find: AlertRule['find']): AlertRule => ({
    name,
    severity: 'warning',
    find,
  });
  const finding = {
    groupKey: '',
    subject: { kind: 'queue', key: null },
    count: 1,
    since: null,
    summary: 's',
    advice: 'a',
    cure: null,
  } as const;
  const plain = rule('PLAIN', async () => ({ findings: [finding], isComplete: true }));
  afterAll(() => sql('DELETE FROM auth.alerts'));

  it('ends in time whatever a rule does: the others go on and off, and that one is told of', async () => {
    let askedCount = 0;
    let answer = (): void => undefined;
    const hanging = rule('HANGING', () => {
      askedCount++;
      return new Promise((resolve) => {
        answer = () => resolve({ findings: [], isComplete: true });
      });
    });
    const tools = lookBy(randomUUID(), [plain, hanging, rule('BEHIND', plain.find)], 50);
    expect(await evaluate(tools, NEVER)).toMatchObject([{ edge: 'raised', alert: { rule: 'PLAIN' } }]);
    answer();
    // Rules that were not reached come first the next time; one that still hangs is not started again.
    expect(await evaluate(tools, NEVER)).toMatchObject([{ edge: 'raised', alert: { rule: 'BEHIND' } }]);
    expect(askedCount).toBe(2);
    await sql(
      `UPDATE auth.alert_turn SET unreadable = (SELECT jsonb_object_agg(key, now() - interval '61 seconds') FROM jsonb_each(unreadable))`,
    );
    expect(await evaluate(tools, NEVER)).toMatchObject([
      { edge: 'raised', alert: { rule: 'RULE_UNREADABLE', groupKey: 'HANGING' } },
    ]);
    expect(askedCount).toBe(2);
  });

  it('that the database’s absence broke off is made again by the same node at once, by others when its turn is over', async () => {
    const nodeId = randomUUID();
    const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    const broken = lookBy(nodeId, [rule('AWAY', () => Promise.reject(away))]);
    await expect(evaluate(broken, NEVER)).rejects.toThrow(away);
    expect(await evaluate(lookBy(randomUUID(), [plain]), NEVER)).toBeUndefined();
    expect(await evaluate(lookBy(nodeId, [plain]), NEVER)).toBeDefined();
  });

  it('is broken off when its node stops, and the turn given back', async () => {
    let isAsked = false;
    const hanging = rule('HANGING', () => {
      isAsked = true;
      return new Promise(() => undefined);
    });
    const watch = createAlertWatch(lookBy(randomUUID(), [hanging]));
    const looked = watch.look();
    await expect.poll(() => isAsked, { timeout: 30_000, interval: 5 }).toBe(true);
    await watch.stop(20_000);
    await looked;
    const next = await takeTurn(database.db, randomUUID(), 0);
    expect(next).toBeDefined();
    await endTurn(database.db, next?.token ?? '', {});
  });

  it('that waits for the database keeps a node that stops no longer than it may', async () => {
    const watch = createAlertWatch(lookBy(randomUUID(), [plain]));
    let looked: Promise<void> | undefined;
    await database.db.transaction(async (tx) => {
      await tx.query('SELECT FROM auth.alert_turn FOR UPDATE');
      looked = watch.look();
      await watch.stop(50);
    });
    await looked;
  });
});

describe('what is kept', () => {
  it('is what is on, and what was over lately', async () => {
    const row = (key: string, resolved: string | null) =>
      sql(
        `INSERT INTO auth.alerts (id, rule, group_key, severity, summary, advice, subject_kind, count, started_at, raised_at, is_on, resolved_at)
         VALUES (gen_random_uuid(), 'KEPT', $1, 'info', 'x', 'y', 'queue', 1, now() - interval '1 year', now() - interval '1 year', $2::text IS NULL, now() - $2::interval)`,
        [key, resolved],
      );
    await Promise.all([row('on', null), row('lately', '29 days'), row('long ago', '31 days')]);
    await sql(
      `INSERT INTO auth.alert_silences (alert_id, rule, reason, created_by, ends_at)
       SELECT id, NULL, 'of the alert', 'ann', now() + interval '1 day' FROM auth.alerts WHERE group_key = 'long ago'
       UNION ALL VALUES (NULL::uuid, 'KEPT', 'ended', 'ann', now() - interval '31 days'), (NULL, 'KEPT', 'holds', 'ann', now() + interval '1 day')`,
    );
    const removed: Record<string, number> = {};
    for (const { name, delete: remove } of deletions({ prune: async () => 0 }))
      if (name.startsWith('alert')) removed[name] = await remove(database.db, 30 * 86_400_000, 100);
    expect(removed).toEqual({ alerts: 1, alertSilences: 1 });
    expect(await sql(`SELECT group_key AS key FROM auth.alerts WHERE rule = 'KEPT' ORDER BY 1`)).toEqual([
      { key: 'lately' },
      { key: 'on' },
    ]);
    expect(await sql(`SELECT reason FROM auth.alert_silences`)).toEqual([{ reason: 'holds' }]);
  });
});

describe('4,000 entries that failed by one cause', () => {
  it('are one alert on, with a count that grows, and one off', async () => {
    await look();
    await failEntries(1_500, 'NOT_A_KNOWN_CODE', 'one-cause');
    const [on] = await look();
    expect(on).toMatchObject({ edge: 'raised', alert: { rule: 'ENTRY_FAILED', count: 1_500 } });
    await failEntries(2_500, 'NOT_A_KNOWN_CODE', 'one-cause');
    expect(await look()).toMatchObject([
      { edge: null, alert: { id: on?.alert.id, summary: '4,000 entries failed permanently with NOT_A_KNOWN_CODE.' } },
    ]);
    await failEntries(3, 'USERNAME_INVALID', null);
    expect(await look()).toMatchObject([
      {
        edge: 'raised',
        alert: { groupKey: 'USERNAME_INVALID', count: 3, subject: { kind: 'failure_group', key: null } },
      },
    ]);
    await sql(`DELETE FROM auth.queued_managed_account_creations WHERE failure_group = 'one-cause'`);
    expect(await look()).toMatchObject([{ edge: 'resolved', alert: { id: on?.alert.id } }]);
    expect(
      await sql(
        `SELECT event_type AS type, (payload ->> 'count')::int AS count FROM auth.outbox_events WHERE aggregate_id = $1 ORDER BY sequence`,
        [on?.alert.id],
      ),
    ).toEqual([
      { type: 'AlertRaised', count: 1_500 },
      { type: 'AlertResolved', count: 4_000 },
    ]);
  });

  it('are not off and on again when they fail once more within the hold time', async () => {
    await look();
    await failEntries(10, 'NOT_A_KNOWN_CODE', 'again');
    expect(await look({ holdMs: 60_000 })).toMatchObject([{ edge: 'raised' }]);
    await sql(
      `UPDATE auth.queued_managed_account_creations SET status = 'pending', next_retry_at = now() WHERE failure_group = 'again'`,
    );
    expect(await look({ holdMs: 60_000 })).toMatchObject([{ edge: null, alert: { clearSince: expect.any(Date) } }]);
    expect(await look({ holdMs: 60_000 })).toEqual([]);
    await sql(
      `UPDATE auth.queued_managed_account_creations SET status = 'failed', next_retry_at = NULL WHERE failure_group = 'again'`,
    );
    expect(await look({ holdMs: 60_000 })).toMatchObject([{ edge: null, alert: { clearSince: null } }]);
    await sql(`DELETE FROM auth.queued_managed_account_creations WHERE failure_group = 'again'`);
    await look({ holdMs: 60_000 });
    await sql(
      `UPDATE auth.alerts SET clear_since = now() - interval '61 seconds' WHERE is_on AND clear_since IS NOT NULL`,
    );
    expect(await look({ holdMs: 60_000 })).toMatchObject([{ edge: 'resolved' }]);
  });
});
