/** Completing: one statement per batch, fenced by lease tokens; a violated constraint fails only its own entry. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClaimedEntry, claimDue } from '../../src/accounts/claim.ts';
import { completeEntries, type MadeAccount } from '../../src/accounts/complete.ts';
import { type FailedEntry, failEntries } from '../../src/accounts/fail.ts';
import type { Database } from '../../src/database/database.ts';
import { openCircuit } from '../support/circuit.ts';
import { testContext } from '../support/context.ts';
import { createGate, createTestQueue, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let nodeId: string;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** Inserts and claims `count` entries without attempting them. */
async function claimFresh(count: number): Promise<ClaimedEntry[]> {
  await openCircuit(queue.db, PROVIDER, 'the test', 'entries are claimed by hand', null);
  const node = await queue.startNode();
  nodeId = node.id;
  for (let i = 0; i < count; i++) await node.enqueue();
  await node.worker.stop(1_000);
  await queue.db.query(`UPDATE auth.identity_circuits SET state = 'closed'`);
  return claimDue(queue.db, { provider: PROVIDER, nodeId, leaseMs: 30_000 }, count);
}

const madeOf = (entry: ClaimedEntry): MadeAccount => ({
  entry,
  result: { kind: 'created', providerUserId: entry.id, wasAdopted: false, providerRequestId: 'request-1' },
  userId: randomUUID(),
  startedAt: new Date(),
  finishedAt: new Date(),
});

describe('a completed entry', () => {
  it('has its user, its event, its attempt and no password any more', async () => {
    const node = await queue.startNode();
    const id = await node.enqueue({ username: 'berta', fullName: 'Berta Beispiel', role: 'member' });
    const entry = await queue.untilStatus(id, 'completed');
    expect(entry).toMatchObject({
      encryptedPassword: null,
      passwordDestroyedBecause: 'completed',
      retryCount: 0,
      nextRetryAt: null,
      lastErrorMessage: null,
      lastErrorCode: null,
      lastOutcome: 'succeeded',
      leaseToken: null,
    });
    const user = await queue.db.prisma.user.findUniqueOrThrow({ where: { id: entry.userId ?? '' } });
    expect(user).toMatchObject({
      familyId: queue.familyId,
      username: 'berta',
      fullName: 'Berta Beispiel',
      role: 'member',
      zitadelUserId: id,
    });
    expect(await queue.events()).toEqual([
      {
        type: 'ManagedAccountCreated',
        aggregateId: id,
        payload: {
          entryId: id,
          userId: user.id,
          familyId: queue.familyId,
          username: 'berta',
          role: 'member',
          providerUserId: id,
        },
      },
    ]);
    const [attempt, ...more] = await queue.attempts(id);
    expect(more).toEqual([]);
    expect(attempt).toMatchObject({
      number: 1,
      outcome: 'succeeded',
      nodeId: node.id,
      errorCode: null,
      isProbe: false,
    });
    expect(attempt?.providerRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(attempt?.finishedAt.getTime()).toBeGreaterThanOrEqual(attempt?.startedAt.getTime() ?? Number.NaN);
  });
});

const failedOf = (entry: ClaimedEntry): FailedEntry => ({
  entry,
  failure: {
    kind: 'failure',
    class: 'transient',
    code: 'PROVIDER_TIMEOUT',
    message: 'x',
    needsLookup: false,
    lookupFinalAt: null,
    wasProviderAsked: true,
  },
  startedAt: new Date(),
  finishedAt: new Date(),
});
const fail = (failed: readonly FailedEntry[]) =>
  failEntries(
    testContext({ db: queue.db, provider: { name: PROVIDER } as never, config: { CIRCUIT_FAILURE_THRESHOLD: 100 } }),
    failed,
  );

describe('a batch of failures', () => {
  it('of which the database refuses one is written but for that one, which fails with a name', async () => {
    const claimed = await claimFresh(9);
    const offender = claimed[4];
    if (offender === undefined) throw new Error('Nothing was claimed');
    await queue.db.query(
      `ALTER TABLE auth.account_creation_attempts ADD CONSTRAINT whim CHECK (error_message <> 'x' OR entry_id <> '${offender.id}')`,
    );
    try {
      const { written } = await fail(claimed.map(failedOf));
      expect(written.map(({ decision }) => decision?.status)).toEqual(
        claimed.map(({ id }) => (id === offender.id ? 'failed' : 'pending')),
      );
    } finally {
      await queue.db.query('ALTER TABLE auth.account_creation_attempts DROP CONSTRAINT whim');
    }
    expect(await queue.entry(offender.id)).toMatchObject({
      status: 'failed',
      lastErrorCode: 'DATABASE_REFUSED',
      lastErrorMessage: expect.stringContaining('(whim)'),
      leaseToken: null,
    });
    expect(await queue.db.prisma.queuedCreation.count({ where: { status: 'pending', retryCount: 1 } })).toBe(8);
    expect(await queue.db.prisma.attempt.count()).toBe(9);
  });

  it('knows its own work again when the answer to the commit was lost', async () => {
    const claimed = await claimFresh(3);
    const failed = claimed.map(failedOf);
    const first = await fail(failed);
    const before = await queue.db.query('SELECT * FROM auth.queued_managed_account_creations ORDER BY id');
    expect((await fail(failed)).written.map(({ decision }) => decision?.status)).toEqual(
      first.written.map(({ decision }) => decision?.status),
    );
    expect(await queue.db.query('SELECT * FROM auth.queued_managed_account_creations ORDER BY id')).toEqual(before);
    const [one] = failed;
    if (one === undefined) throw new Error('Nothing was claimed');
    // An attempt with a different finish time is a different attempt.
    expect((await fail([{ ...one, finishedAt: new Date(0) }])).written).toMatchObject([{ decision: undefined }]);
  });
});

describe('a batch', () => {
  it('of 50 in which two cannot be written completes 48; the two fail with names', async () => {
    const claimed = await claimFresh(50);
    const [named, orphan] = claimed;
    if (named === undefined || orphan === undefined) throw new Error('Nothing was claimed');
    await queue.db.query(
      `INSERT INTO auth.users (family_id, username, full_name, role) VALUES ($1, upper($2), 'Was Quicker', 'member')`,
      [queue.familyId, named.username],
    );
    await queue.deleteFamilyOf(orphan.id);

    const answers = await completeEntries(queue.db, PROVIDER, claimed.map(madeOf));
    expect(answers.filter(({ kind }) => kind === 'completed')).toHaveLength(48);
    expect(answers[0]).toMatchObject({ kind: 'refused', failure: { class: 'permanent', code: 'USERNAME_TAKEN' } });
    expect(answers[1]).toMatchObject({ kind: 'refused', failure: { class: 'permanent', code: 'FAMILY_DELETED' } });
    expect(await queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } })).toBe(48);
    expect(await queue.events()).toHaveLength(48);
    expect(await queue.db.prisma.attempt.count()).toBe(48);
  });

  it('leaves the two offenders failed, with the reason, when a worker meets them', async () => {
    const gate = createGate();
    queue.onRequest(({ stage }) => (stage === 'made' ? gate.passed : undefined));
    const node = await queue.startNode();
    const ids = await Promise.all(Array.from({ length: 12 }, () => node.enqueue()));
    const [named = '', orphan = ''] = ids;
    await expect.poll(() => queue.simulator.calls.create, { interval: 10 }).toBeGreaterThanOrEqual(12);
    await queue.db.query(
      `INSERT INTO auth.users (family_id, username, full_name, role)
       SELECT $1, username, 'Was Quicker', 'member' FROM auth.queued_managed_account_creations WHERE id = $2`,
      [queue.familyId, named],
    );
    await queue.deleteFamilyOf(orphan);
    gate.open();

    expect(await queue.untilStatus(named, 'failed')).toMatchObject({ lastErrorCode: 'USERNAME_TAKEN', retryCount: 0 });
    expect(await queue.untilStatus(orphan, 'failed')).toMatchObject({ lastErrorCode: 'FAMILY_DELETED', retryCount: 0 });
    for (const id of ids.slice(2)) await queue.untilStatus(id, 'completed');
    expect(await queue.attempts(named)).toMatchObject([{ outcome: 'permanent_failure', errorCode: 'USERNAME_TAKEN' }]);
    expect(await queue.events()).toHaveLength(10);
    expect((await queue.circuit()).state).toBe('closed');
  });

  it('names an account that another user refers to already', async () => {
    const [claimed] = await claimFresh(1);
    if (claimed === undefined) throw new Error('Nothing was claimed');
    await queue.db.query(
      `INSERT INTO auth.users (family_id, full_name, role, zitadel_user_id) VALUES ($1, 'Refers', 'member', $2)`,
      [queue.familyId, claimed.id],
    );
    expect(await completeEntries(queue.db, PROVIDER, [madeOf(claimed)])).toMatchObject([
      { kind: 'refused', failure: { code: 'ACCOUNT_TAKEN' } },
    ]);
  });
});

describe('a database that goes away while an outcome is written', () => {
  /** Fails the first two completing statements, before they are sent or after they are executed. */
  const breaking = (when: 'before' | 'after') => {
    let left = 2;
    return (db: Database): Database => ({
      ...db,
      async query<Row>(sql: string, values?: readonly unknown[]) {
        const isBroken = sql.includes('WITH made AS') && left-- > 0;
        if (isBroken && when === 'before') throw new Error('Connection terminated unexpectedly');
        const rows = await db.query<Row>(sql, values);
        if (isBroken) throw new Error('Connection terminated unexpectedly');
        return rows;
      },
    });
  };

  it.each(['before', 'after'] as const)('costs nothing: the outcome is written once (broken %s)', async (when) => {
    const node = await queue.startNode({ wrap: breaking(when) });
    const id = await node.enqueue();
    const entry = await queue.untilStatus(id, 'completed');
    await node.worker.stop(5_000);
    expect(await queue.entry(id)).toEqual(entry);
    expect((await queue.attempts(id)).map(({ outcome }) => outcome)).toEqual(['succeeded']);
    expect(await queue.events()).toHaveLength(1);
    expect(await queue.db.prisma.user.count()).toBe(2);
  });
});

it('knows its own work again when the answer to the commit was lost', async () => {
  const [claimed] = await claimFresh(1);
  if (claimed === undefined) throw new Error('Nothing was claimed');
  const made = madeOf(claimed);
  expect(await completeEntries(queue.db, PROVIDER, [made])).toEqual([{ kind: 'completed' }]);
  expect(await completeEntries(queue.db, PROVIDER, [made])).toEqual([{ kind: 'completed' }]);
  expect(await completeEntries(queue.db, PROVIDER, [madeOf(claimed)])).toEqual([{ kind: 'lost' }]);
  expect(await queue.events()).toHaveLength(1);
});

it('outcomes that cannot be written hold claims back: a node keeps no more in hand than it can write', async () => {
  const ids = await queue.insertUnnoticed(300);
  queue.simulator.faults.set([{ kind: '503', path: 'create' }]);
  const node = await queue.startNode({ concurrency: 4, circuit: { failureThreshold: 1_000 } });
  const processing = () => queue.db.prisma.queuedCreation.count({ where: { status: 'processing' } });
  await queue.db.transaction(async (tx) => {
    // Writing failures needs this row.
    await tx.query('SELECT 1 FROM auth.identity_circuits FOR UPDATE');
    node.worker.wake();
    const { create } = queue.simulator.calls;
    await expect
      .poll(
        async () => {
          const called = queue.simulator.calls.create - create;
          return called > 16 && called === node.worker.attemptsInHand() && called === (await processing());
        },
        { timeout: 30_000, interval: 20 },
      )
      .toBe(true);
    expect(await processing()).toBeLessThanOrEqual(4 * 4 + 2 * 4);
  });
  await expect.poll(() => queue.db.prisma.attempt.count(), { timeout: 30_000, interval: 20 }).toBe(ids.length);
});

describe('a worker whose lease was taken over', () => {
  it('writes nothing: no completion, no failure, no attempt', async () => {
    const [completing, failing] = await claimFresh(2);
    if (completing === undefined || failing === undefined) throw new Error('Nothing was claimed');
    for (const { id } of [completing, failing])
      await queue.db.query('UPDATE auth.queued_managed_account_creations SET lease_token = $2 WHERE id = $1', [
        id,
        randomUUID(),
      ]);
    const before = await queue.db.query('SELECT * FROM auth.queued_managed_account_creations ORDER BY id');

    expect(await completeEntries(queue.db, PROVIDER, [madeOf(completing)])).toEqual([{ kind: 'lost' }]);
    const { written } = await fail([failedOf(failing)]);
    expect(written).toMatchObject([{ decision: undefined }]);
    expect(await queue.db.query('SELECT * FROM auth.queued_managed_account_creations ORDER BY id')).toEqual(before);
    expect(await queue.events()).toEqual([]);
    expect(await queue.db.prisma.attempt.count()).toBe(0);
    expect(await queue.db.prisma.user.count()).toBe(1);
  });

  it('does not undo what the new holder wrote, and there is one of everything', async () => {
    const gate = createGate();
    let isHeld = true;
    queue.onRequest(({ stage, path }) => (isHeld && path === 'create' && stage === 'made' ? gate.passed : undefined));
    const slow: TestNode = await queue.startNode();
    const id = await slow.enqueue();
    await expect.poll(async () => (await queue.accounts()).length, { interval: 10 }).toBe(1);
    isHeld = false;
    await queue.expireLease(id);
    const other = await queue.startNode();
    // A takeover passes over a row that is locked at that instant; the next one takes it.
    const taken: string[] = [];
    await expect
      .poll(async () => {
        taken.push(...(await other.takeOver()));
        return taken;
      })
      .toEqual([id]);
    const entry = await queue.untilStatus(id, 'completed');
    gate.open();
    await slow.worker.stop(5_000);

    expect(await queue.entry(id)).toEqual(entry);
    expect(await queue.accounts()).toHaveLength(1);
    expect(await queue.events()).toHaveLength(1);
    expect(await queue.db.prisma.user.count()).toBe(2);
    expect((await queue.attempts(id)).map(({ outcome }) => outcome)).toEqual(['interrupted', 'succeeded']);
  });
});

describe('a completion', () => {
  it('waits for its node to be registered again after a restore, and fails no entry for that', async () => {
    const [entry] = await claimFresh(1);
    if (entry === undefined) throw new Error('Nothing was claimed.');
    const [row] = await queue.db.query<{ row: string }>(
      'DELETE FROM auth.server_nodes AS node WHERE id = $1 RETURNING to_json(node)::text AS row',
      [nodeId],
    );
    const made = madeOf(entry);
    await expect(completeEntries(queue.db, PROVIDER, [made])).rejects.toMatchObject({ code: '23503' });
    expect((await queue.entry(entry.id)).status).toBe('processing');
    await queue.db.query(
      'INSERT INTO auth.server_nodes SELECT * FROM json_populate_record(NULL::auth.server_nodes, $1::json)',
      [row?.row],
    );
    expect(await completeEntries(queue.db, PROVIDER, [made])).toEqual([{ kind: 'completed' }]);
  });

  it('is none the worse for a number of attempts that somebody set back with SQL', async () => {
    const [entry] = await claimFresh(1);
    if (entry === undefined) throw new Error('Nothing was claimed.');
    await queue.db.query(
      `INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, node_id, due_at, started_at, finished_at)
       VALUES ($1, $2, 'interrupted', $3, now(), now(), now())`,
      [entry.id, entry.attemptNumber, nodeId],
    );
    expect(await completeEntries(queue.db, PROVIDER, [madeOf(entry)])).toEqual([{ kind: 'completed' }]);
    expect((await queue.entry(entry.id)).status).toBe('completed');
  });
});
