/**
 * Subscriptions that resume where they stopped: by cursor, on another node and across a restart, for everything
 * that can be watched; and the error that a client gets when that is impossible.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntryFilter } from '../../src/accounts/entry-queries.graphql.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let app: TestApp;
let other: TestApp;
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  app = await startTestApp({ url: database.url, nodeName: 'one', config: { alertIntervalMs: 1_000 } });
  // As behind a pooler: it polls every second and receives no notices.
  other = await startTestApp({ url: database.url, nodeName: 'two', isListening: false, simulator: app.simulator });
});
afterAll(async () => {
  await Promise.all([app?.close(), other?.close()]);
  await database?.drop();
});

const soon = { timeout: 30_000, interval: 10 };

async function ask<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const { body } = await app.graphql<Data>(query, variables);
  expect(body.errors).toBeUndefined();
  return body.data;
}

const cursorOfNow = async (): Promise<string> => (await ask<{ changeCursor: string }>('{ changeCursor }')).changeCursor;

async function enqueue(): Promise<string> {
  const { enqueueAccount } = await ask<{ enqueueAccount: { entry: { entryId: string } } }>(
    `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } } }`,
    {
      input: {
        familyId: family.familyId,
        createdByUserId: family.ownerId,
        username: `live_${++made}`,
        fullName: 'Live Update',
      },
    },
  );
  return enqueueAccount.entry.entryId;
}

interface Event {
  readonly cursor: string;
  readonly kind: string;
  readonly at: string;
  readonly [field: string]: unknown;
}

/** Subscribes on a node; `events` are those received so far, `problems` the codes of its errors. */
async function watch(field: string, selection: string, on = app) {
  const name = field.split('(')[0] ?? '';
  const stream = await subscribe(on, `subscription { ${field} { cursor kind at ${selection} } }`);
  const answers = () =>
    stream.events().map(
      (text) =>
        JSON.parse(text) as {
          data?: Record<string, Event>;
          errors?: { message: string; extensions: Record<string, unknown> }[];
        },
    );
  return {
    events: () => answers().flatMap(({ data }) => (data?.[name] ? [data[name]] : [])),
    problems: () => answers().flatMap(({ errors }) => errors ?? []),
    close: stream.close,
    ended: stream.ended,
  };
}

describe('a subscription that goes on', () => {
  it('tells everything since its cursor, once, on another node, and then what is new', async () => {
    const cursor = await cursorOfNow();
    const entryId = await enqueue();
    const first = await watch(
      `queuedCreationChanged(after: "${cursor}")`,
      'entryId queuedCreation { status user { username } }',
    );
    await expect
      .poll(() => first.events().at(-1), soon)
      .toMatchObject({ entryId, queuedCreation: { status: 'COMPLETED' } });
    first.close();
    const seen = first.events();
    expect(seen[0]).toMatchObject({ kind: 'CREATED', entryId });
    const [begun] = seen;

    const missed = await enqueue();
    const second = await watch(
      `queuedCreationChanged(after: "${begun?.cursor}")`,
      'entryId queuedCreation { username }',
      other,
    );
    await expect
      .poll(() => second.events().filter((event) => event.entryId === missed).length, soon)
      .toBeGreaterThanOrEqual(3);
    const added = await enqueue();
    await expect.poll(() => second.events().some((event) => event.entryId === added), soon).toBe(true);
    second.close();
    const cursors = [seen[0], ...second.events()].map((event) => event?.cursor ?? '');
    expect(new Set(cursors).size).toBe(cursors.length);
    expect([...cursors].sort()).toEqual(cursors);
    // The second received what the first had seen since its start: the same changes with the same cursors.
    expect(second.events().map((event) => event.cursor)).toEqual(
      expect.arrayContaining(seen.slice(1).map((event) => event.cursor)),
    );
  });

  it('goes on over a restart of its node', async () => {
    const third = await startTestApp({ url: database.url, nodeName: 'three', simulator: app.simulator });
    const before = await watch('queuedCreationChanged', 'entryId', third);
    const entryId = await enqueue();
    await expect.poll(() => before.events().some((event) => event.entryId === entryId), soon).toBe(true);
    await third.close();
    await before.ended;
    const last = before.events().at(-1)?.cursor;
    const missed = await enqueue();
    const again = await startTestApp({ url: database.url, nodeName: 'three', simulator: app.simulator });
    const after = await watch(`queuedCreationChanged(after: "${last}")`, 'entryId', again);
    await expect.poll(() => after.events().some((event) => event.entryId === missed), soon).toBe(true);
    after.close();
    await again.close();
  });

  it('says why it cannot, with where one can go on from', async () => {
    const old = await cursorOfNow();
    await enqueue();
    await database.db.query(`UPDATE auth.changes SET at = at - interval '10 days'`);
    await ask(`mutation { runJobNow(input: { jobName: "RetentionJob", wait: true }) { __typename } }`);
    const expired = await app
      .graphql(
        'subscription ($after: String) { queuedCreationChanged(after: $after) { kind } }',
        { after: old },
        { accept: 'text/event-stream' },
      )
      .catch(() => undefined);
    expect(expired).toBeUndefined();
    const stream = await watch(`queuedCreationChanged(after: "${old}")`, 'entryId');
    await expect
      .poll(() => stream.problems(), soon)
      .toMatchObject([
        { extensions: { code: 'CURSOR_EXPIRED', oldestCursor: expect.any(String), requestId: expect.any(String) } },
      ]);
    const oldest = stream.problems()[0]?.extensions.oldestCursor;
    const resumed = await watch(`queuedCreationChanged(after: "${oldest}")`, 'entryId');
    const entryId = await enqueue();
    await expect.poll(() => resumed.events().some((event) => event.entryId === entryId), soon).toBe(true);
    resumed.close();

    const wrong = await watch('queuedCreationChanged(after: "yesterday")', 'entryId');
    await expect
      .poll(() => wrong.problems(), soon)
      .toMatchObject([{ message: expect.stringContaining('after:'), extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

describe('a filter', () => {
  /** For each field a filter, and the columns of an entry that it matches. */
  const FILTERS: Record<keyof EntryFilter, { filter: string; columns: string; values: string }> = {
    entryIds: { filter: '["$ID"]', columns: '', values: '' },
    status: { filter: '[CANCELLED]', columns: '', values: '' },
    familyId: { filter: '"$FAMILY"', columns: '', values: '' },
    username: { filter: '{ equals: "by_username" }', columns: '', values: '' },
    errorCode: { filter: '{ equals: "ODD" }', columns: ', last_error_code', values: `, 'ODD'` },
    createdAt: { filter: '{ from: "$NOW" }', columns: ', created_at', values: `, now() + interval '1 s'` },
    completedAt: {
      filter: '{ from: "$NOW" }',
      columns: ', completed_at',
      values: `, now() + interval '1 s'`,
    },
    nextRetryAt: { filter: '{ from: "$NOW" }', columns: ', next_retry_at', values: `, now() + interval '1 h'` },
    dueNow: { filter: 'false', columns: '', values: '' },
    failureGroup: {
      filter: '"ODD:Odd."',
      columns: ', failure_group, failed_at, next_retry_at',
      values: `, 'ODD:Odd.', now(), NULL`,
    },
  };
  const STATUS: Partial<Record<string, string>> = {
    completedAt: 'completed',
    nextRetryAt: 'pending',
    failureGroup: 'failed',
  };

  it.each(Object.entries(FILTERS))('lets live updates through by %s', async (name, { filter, columns, values }) => {
    const id = randomUUID();
    const given = filter
      .replace('$ID', id)
      .replace('$FAMILY', family.familyId)
      .replace('$NOW', new Date().toISOString());
    const stream = await watch(`queuedCreationChanged(filter: { ${name}: ${given} })`, 'entryId');
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, status${columns})
       VALUES ($1, $2, $3, 'Filtered', $4${values})`,
      [id, family.familyId, `by_${name.toLowerCase()}`, STATUS[name] ?? 'cancelled'],
    );
    await expect.poll(() => stream.events().some(({ entryId }) => entryId === id), soon).toBe(true);
    stream.close();
  });
});

describe('what can be watched', () => {
  it('the circuit', async () => {
    const stream = await watch('circuitChanged', 'circuit { state reason }');
    await ask('mutation { openCircuit(input: { reason: "Maintenance" }) { __typename } }');
    await expect
      .poll(() => stream.events().at(-1), soon)
      .toMatchObject({ kind: 'UPDATED', circuit: { state: 'OPEN', reason: 'Maintenance' } });
    await ask('mutation { closeCircuit(input: { reason: "Done" }) { __typename } }');
    await expect.poll(() => stream.events().at(-1), soon).toMatchObject({ circuit: { state: 'CLOSED', reason: null } });
    stream.close();
  });

  it('schedules, of one job', async () => {
    const stream = await watch(
      'scheduleChanged(jobName: "ExpiredInvitationCleanupJob")',
      'jobName jobSchedule { isPaused }',
      other,
    );
    await ask('mutation { pauseJob(input: { jobName: "RetentionJob", reason: "Not this one" }) { __typename } }');
    await ask(
      'mutation { pauseJob(input: { jobName: "ExpiredInvitationCleanupJob", reason: "Quiet night" }) { __typename } }',
    );
    await expect
      .poll(() => stream.events().at(-1), soon)
      .toMatchObject({ jobName: 'ExpiredInvitationCleanupJob', jobSchedule: { isPaused: true } });
    expect(new Set(stream.events().map((event) => event.jobName)).size).toBe(1);
    stream.close();
  });

  it('bulk actions, with their progress', async () => {
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status, encrypted_password, failed_at, next_retry_at)
       SELECT $1, 'bulk_' || n, 'Bulk', 'failed', 'sealed', now(), NULL FROM generate_series(1, 700) AS n`,
      [family.familyId],
    );
    const stream = await watch('bulkActionChanged', 'bulkActionId bulkAction { status doneCount }');
    const { planBulkAction } = await ask<{ planBulkAction: { planId: string } }>(
      `mutation { planBulkAction(input: { action: CANCEL, filter: { username: { startsWith: "bulk_" } }, reason: "A test" }) { ... on PlanBulkActionPayload { planId } } }`,
    );
    await ask('mutation ($input: ApplyBulkActionInput!) { applyBulkAction(input: $input) { __typename } }', {
      input: { planId: planBulkAction.planId },
    });
    await expect
      .poll(() => stream.events().at(-1), soon)
      .toMatchObject({ bulkActionId: planBulkAction.planId, bulkAction: { status: 'FINISHED', doneCount: 700 } });
    expect(stream.events()[0]).toMatchObject({ kind: 'CREATED' });
    expect(stream.events().length).toBeGreaterThanOrEqual(4);
    stream.close();
  });

  it('alerts, on, silenced and over', async () => {
    const stream = await watch('alertChanged', 'alertId alert { rule isOn isSilenced }');
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status, failed_at, next_retry_at, last_error_code)
       VALUES ($1, 'alerting', 'Alerting', 'failed', now(), NULL, 'USERNAME_TAKEN')`,
      [family.familyId],
    );
    const isOn = () => stream.events().find(({ alert }) => (alert as { rule: string } | null)?.rule === 'ENTRY_FAILED');
    // The rules are evaluated once per interval, on either node.
    await expect
      .poll(isOn, { timeout: 30_000, interval: 50 })
      .toMatchObject({ kind: 'CREATED', alert: { isOn: true } });
    const alertId = isOn()?.alertId;
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const { silenceAlert } = await ask<{ silenceAlert: object }>(
      'mutation ($input: SilenceAlertInput!) { silenceAlert(input: $input) { __typename ... on MutationError { message } } }',
      { input: { alertId, until, reason: 'Known' } },
    );
    expect(silenceAlert).toEqual({ __typename: 'SilenceAlertPayload' });
    await expect
      .poll(() => stream.events().at(-1), soon)
      .toMatchObject({ kind: 'UPDATED', alertId, alert: { isSilenced: true } });
    // As if its time had passed, which only the next evaluation detects.
    await database.db.transaction(async (tx) => {
      await tx.query('SET LOCAL session_replication_role = replica');
      await tx.query('UPDATE auth.alert_silences SET ends_at = clock_timestamp() WHERE alert_id = $1', [alertId]);
    });
    await expect
      .poll(() => stream.events().at(-1), { timeout: 30_000, interval: 50 })
      .toMatchObject({ kind: 'UPDATED', alertId, alert: { isOn: true, isSilenced: false } });
    stream.close();
  });

  it('what somebody changes and deletes with SQL', async () => {
    const stream = await watch(
      'queuedCreationChanged(filter: { username: { startsWith: "by_hand" } })',
      'entryId queuedCreation { fullName }',
      other,
    );
    const [row] = await database.db.query<{ id: string }>(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status) VALUES ($1, 'by_hand', 'By Hand', 'cancelled') RETURNING id`,
      [family.familyId],
    );
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET full_name = 'Changed' WHERE username = 'by_hand'`,
    );
    await expect
      .poll(() => stream.events(), soon)
      .toMatchObject([
        { kind: 'CREATED' },
        { kind: 'UPDATED', entryId: row?.id, queuedCreation: { fullName: 'Changed' } },
      ]);
    await database.db.query(`DELETE FROM auth.queued_managed_account_creations WHERE username = 'by_hand'`);
    await expect
      .poll(() => stream.events().at(-1), soon)
      .toMatchObject({ kind: 'REMOVED', entryId: row?.id, queuedCreation: null });
    stream.close();
  });
});
