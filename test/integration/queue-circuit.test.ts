/** The circuit, with two workers on two pools: an outage uses up no retries and causes few requests. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExplanations } from '../../src/accounts/insight/explanation.ts';
import type { Database } from '../../src/database/database.ts';
import { loadTransitions, releaseProbe, takeProbe } from '../../src/identity/circuit.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { closeCircuit, openCircuit } from '../support/circuit.ts';
import { showFigures } from '../support/flow.ts';
import { createGate, createTestQueue, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** Makes the next probe due and wakes the nodes. */
async function letProbe(...nodes: TestNode[]): Promise<void> {
  await queue.db.query(`UPDATE auth.identity_circuits SET next_probe_at = now() - interval '1 second'`);
  for (const node of nodes) node.worker.wake();
}

const probes = () => queue.db.prisma.attempt.findMany({ where: { isProbe: true }, orderBy: { startedAt: 'asc' } });
const untilProbes = (count: number) =>
  expect.poll(async () => (await probes()).length, { interval: 10, timeout: 30_000 }).toBe(count);
const untilCompleted = (count: number) =>
  expect
    .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } }), { timeout: 30_000 })
    .toBe(count);
const untilState = (state: string) =>
  expect.poll(async () => (await queue.circuit()).state, { interval: 10, timeout: 30_000 }).toBe(state);

describe('a wrong token', () => {
  it('opens the circuit at once, costs no entry a retry, and once mended all are completed', async () => {
    let token = 'wrong';
    const options = { token: () => token, concurrency: 2 };
    const [one, other] = [await queue.startNode(options), await queue.startNode(options)];
    const due: Date = new Date(Date.now() - 1_000);
    const { create } = queue.simulator.calls;
    const ids = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).enqueue({ runAt: due })));
    await untilState('open');
    await expect.poll(() => one.worker.attemptsInHand() + other.worker.attemptsInHand(), { interval: 10 }).toBe(0);
    expect(await queue.circuit()).toMatchObject({ cause: 'PROVIDER_TOKEN_INVALID', openedBy: null, failedProbes: 0 });
    // Of the 100, only those claimed before the first response are sent.
    expect(queue.simulator.calls.create - create).toBeLessThan(40);
    for (const id of ids) {
      const entry = await queue.entry(id);
      expect(entry).toMatchObject({ status: 'pending', retryCount: 0 });
      expect(entry.nextRetryAt).toEqual(due);
    }

    const before = queue.simulator.calls.create;
    await letProbe(one, other);
    await untilProbes(1);
    expect(queue.simulator.calls.create - before).toBe(1);
    expect(await queue.circuit()).toMatchObject({ state: 'open', failedProbes: 1 });

    token = queue.simulator.token;
    await letProbe(one, other);
    for (const id of ids) expect(await queue.untilStatus(id, 'completed')).toMatchObject({ retryCount: 0 });
    expect(await queue.circuit()).toMatchObject({ state: 'closed', failedProbes: 0, cause: null });
    expect(await queue.accounts()).toHaveLength(100);
  });
});

const REFUSALS: [string, FaultOrder, string][] = [
  ['401', { kind: '401' }, 'PROVIDER_TOKEN_INVALID'],
  ['403', { kind: '403' }, 'PROVIDER_PERMISSION_DENIED'],
  ['404', { kind: '404' }, 'PROVIDER_NOT_FOUND'],
  ['a redirect', { kind: 'redirect' }, 'PROVIDER_REDIRECTED'],
  ['a quota', { kind: '429', errorId: 'QUOTA-nMqT4' }, 'PROVIDER_QUOTA_EXHAUSTED'],
];

describe('a refusal of one account alone', () => {
  it.each(REFUSALS)('(%s) costs that entry a retry, and holds up nobody', async (_, fault, code) => {
    const [one, other] = [await queue.startNode({ concurrency: 4 }), await queue.startNode({ concurrency: 4 })];
    queue.simulator.faults.set([{ ...fault, username: 'refused_one' }]);
    const refused = await one.enqueue({ username: 'refused_one' });
    await queue.insertUnnoticed(300);
    const begun = performance.now();
    for (const node of [one, other]) node.worker.wake();
    await untilCompleted(300);
    showFigures(`300 entries beside one that is refused with ${code}`, {
      tookMs: Math.round(performance.now() - begun),
    });
    const entry = await queue.untilAttempts(refused, 1);
    expect(entry).toMatchObject({
      status: 'pending',
      retryCount: 1,
      lastErrorCode: code,
      lastOutcome: 'transient_failure',
    });
    expect(entry.lastErrorMessage).toMatch(/^Only this account is refused/);
    expect(await loadTransitions(queue.db, PROVIDER, 100)).toEqual([]);
  });

  it('ends as failed after its retries, with the code', async () => {
    const node = await queue.startNode();
    queue.simulator.faults.set([{ kind: '403', username: 'refused_one' }]);
    const id = await node.enqueue({ username: 'refused_one' });
    for (let attempts = 1; attempts <= 5; attempts++) {
      expect(await queue.untilAttempts(id, attempts)).toMatchObject({ status: 'pending', retryCount: attempts });
      await queue.makeDue(id);
      node.worker.wake();
    }
    expect(await queue.untilStatus(id, 'failed')).toMatchObject({ lastErrorCode: 'PROVIDER_PERMISSION_DENIED' });
    expect((await queue.circuit()).state).toBe('closed');
  });

  it('opens the circuit where several in a row meet it, which no check sees, until one account is made', async () => {
    const node = await queue.startNode({ circuit: { failureThreshold: 3 }, concurrency: 1 });
    queue.simulator.faults.set([{ kind: '403', path: 'create' }]);
    const ids = await Promise.all(Array.from({ length: 5 }, () => node.enqueue()));
    await untilState('open');
    // An attempt that started before is refused too, and would postpone the next probe.
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 10 }).toBe(0);
    await letProbe(node);
    await untilProbes(1);
    await untilState('open');
    expect(await queue.circuit()).toMatchObject({ cause: 'PROVIDER_PERMISSION_DENIED', failedProbes: 1 });
    queue.simulator.faults.clear();
    await letProbe(node);
    await untilState('closed');
    await untilCompleted(2);
    const counts = await Promise.all(ids.map(async (id) => (await queue.entry(id)).retryCount));
    expect(counts.sort()).toEqual([0, 0, 1, 1, 1]);
  });

  it('that meets the probe does not keep the circuit open: the check decides', async () => {
    const node = await queue.startNode();
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    queue.simulator.faults.set([{ kind: '403', username: 'refused_one' }]);
    const refused = await node.enqueue({ username: 'refused_one' });
    await letProbe(node);
    await untilState('closed');
    await queue.untilAttempts(refused, 2);
    expect(await queue.attempts(refused)).toMatchObject([{ isProbe: true }, { isProbe: false }]);
    expect(await queue.entry(refused)).toMatchObject({ status: 'pending', retryCount: 1 });
    expect((await queue.circuit()).state).toBe('closed');
  });

  it('is neither confirmed nor refuted by a check that fails itself: it costs a retry, and opens nothing', async () => {
    const node = await queue.startNode();
    queue.simulator.faults.set([
      { kind: '403', path: 'create', times: 1 },
      { kind: '503', path: 'check', times: 1 },
    ]);
    const id = await node.enqueue();
    const entry = await queue.untilAttempts(id, 1);
    expect(entry).toMatchObject({ status: 'pending', retryCount: 1, lastErrorCode: 'PROVIDER_PERMISSION_DENIED' });
    expect(entry.lastErrorMessage).toMatch(/^It is not known whether all accounts are refused/);
    expect((await queue.circuit()).state).toBe('closed');
  });
});

describe('a refusal of all', () => {
  it.each(REFUSALS)('(%s) opens the circuit at once and costs no entry a retry', async (_, fault, code) => {
    const node = await queue.startNode({ concurrency: 8 });
    queue.simulator.faults.set([fault]);
    const ids = await Promise.all(Array.from({ length: 30 }, () => node.enqueue()));
    await untilState('open');
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 10 }).toBe(0);
    expect(await queue.circuit()).toMatchObject({ cause: code, openedBy: null });
    // Entries claimed ahead are returned to the queue in parallel to the attempts.
    for (const id of ids) expect(await queue.untilStatus(id, 'pending')).toMatchObject({ retryCount: 0 });
  });

  it('puts the entries that met it behind the others: the next probe is another one', async () => {
    let token = 'wrong';
    const node = await queue.startNode({ token: () => token, concurrency: 1 });
    const first = await node.enqueue({ runAt: new Date(Date.now() - 60_000) });
    await untilState('open');
    const second = await node.enqueue();
    token = queue.simulator.token;
    await letProbe(node);
    await untilState('closed');
    for (const id of [first, second]) await queue.untilStatus(id, 'completed');
    expect((await probes()).map(({ entryId }) => entryId)).toEqual([second]);
  });
});

describe('what the provider says of one account', () => {
  it('stays with that entry: the circuit and the other entries show our own sentence', async () => {
    const node = await queue.startNode({ circuit: { failureThreshold: 1 } });
    const text = 'Wilhelmina Quarterstaff of Elm Street is under review';
    queue.simulator.faults.set([{ kind: 'error', code: 'unavailable', text }]);
    const spoken = await node.enqueue();
    await untilState('open');
    const other = await node.enqueue();
    expect((await queue.entry(spoken)).lastErrorMessage).toContain(text);
    const explained = await createExplanations(node.context).add({
      ...(await queue.entry(other)),
      hasPassword: true,
      isSealed: true,
    });
    const [shared] = await queue.db.query(
      `SELECT (SELECT json_agg(c) FROM auth.identity_circuits c)::text
           || (SELECT json_agg(t) FROM auth.identity_circuit_transitions t)::text
           || (SELECT json_agg(o) FROM auth.outbox_events o)::text
           || (SELECT json_agg(a) FROM auth.audit_entries a WHERE action LIKE 'circuit%')::text AS text`,
    );
    const shown = JSON.stringify([explained, shared]);
    expect(shown).toContain('reports that it is unavailable');
    expect(shown).not.toMatch(/Wilhelmina|Quarterstaff|Elm Street/);
  });
});

describe('an open circuit', () => {
  it('is probed by itself when the time has come, and closes once the provider works', async () => {
    let token = 'wrong';
    const options = { token: () => token, circuit: { probeIntervalMs: 150 } };
    const [node, other] = [await queue.startNode(options), await queue.startNode(options)];
    const ids = [await node.enqueue(), await other.enqueue()];
    await untilProbes(2);
    token = queue.simulator.token;
    for (const id of ids) expect(await queue.untilStatus(id, 'completed')).toMatchObject({ retryCount: 0 });
    await untilState('closed');
  });
});

describe('probes', () => {
  it('are made by one node at a time, rotate over the entries, cost nothing, and come ever more seldom', async () => {
    const [one, other] = [await queue.startNode(), await queue.startNode()];
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    const ids = await Promise.all(Array.from({ length: 3 }, () => one.enqueue()));
    queue.simulator.faults.set([{ kind: '503' }]);
    for (let round = 1; round <= 6; round++) {
      await letProbe(one, other);
      await untilProbes(round);
      await untilState('open');
      const { nextProbeAt, now, failedProbes } = await queue.circuit();
      expect(failedProbes).toBe(round);
      const seconds = ((nextProbeAt?.getTime() ?? Number.NaN) - now.getTime()) / 1_000;
      const expected = Math.min(60 * 2 ** round, 300);
      expect(seconds).toBeGreaterThan(expected - 10);
      expect(seconds).toBeLessThanOrEqual(expected);
    }
    const made = await probes();
    expect(
      made
        .map(({ entryId }) => entryId)
        .slice(0, 3)
        .sort(),
    ).toEqual([...ids].sort());
    expect(made.slice(3).map(({ entryId }) => entryId)).toEqual(made.slice(0, 3).map(({ entryId }) => entryId));
    for (const id of ids) {
      expect(await queue.entry(id)).toMatchObject({ status: 'pending', retryCount: 0 });
      expect(await queue.attempts(id)).toHaveLength(2);
    }
  });

  it('are not made by the other node while one is under way', async () => {
    const gate = createGate();
    queue.onRequest(({ stage }) => (stage === 'received' ? gate.passed : undefined));
    const [one, other] = [await queue.startNode(), await queue.startNode()];
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    const ids = await Promise.all(Array.from({ length: 3 }, () => one.enqueue()));
    const { create } = queue.simulator.calls;
    await letProbe(one, other);
    await untilState('half_open');
    await expect.poll(() => queue.simulator.calls.create, { interval: 5 }).toBe(create + 1);
    for (let i = 0; i < 5; i++) {
      one.worker.wake();
      other.worker.wake();
    }
    expect(one.worker.attemptsInHand() + other.worker.attemptsInHand()).toBe(1);
    gate.open();
    for (const id of ids) await queue.untilStatus(id, 'completed');
    expect(await probes()).toHaveLength(1);
  });

  it('of a node that died are made anew when its lease has ended', async () => {
    const node = await queue.startNode();
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    const id = await node.enqueue();
    await queue.db.query(
      `UPDATE auth.identity_circuits SET state = 'half_open', probe_token = gen_random_uuid(), probe_expires_at = now() - interval '1 ms'`,
    );
    node.worker.wake();
    await queue.untilStatus(id, 'completed');
    await untilState('closed');
  });

  it('keep their say when they had to wait for a free slot', async () => {
    const gate = createGate();
    let isHolding = true;
    queue.onRequest(({ stage }) => (isHolding && stage === 'received' ? gate.passed : undefined));
    const node = await queue.startNode({ concurrency: 1 });
    await node.enqueue();
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 5 }).toBe(1);
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    const id = await node.enqueue();
    await letProbe(node);
    await untilState('half_open');
    isHolding = false;
    gate.open();
    await queue.untilStatus(id, 'completed');
    await untilState('closed');
  });

  it('say nothing of the provider when their entry never reached it: the next one is tried at once', async () => {
    const node = await queue.startNode({ token: () => 'wrong' });
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    await queue.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, encrypted_password, next_retry_at)
       VALUES ($1, 'by_hand', 'By Hand', 'ENCRYPTED_PASSWORD_PLACEHOLDER', now() - interval '1 hour')`,
      [queue.familyId],
    );
    const sound = await node.enqueue();
    await letProbe(node);
    await untilProbes(2);
    await untilState('open');
    expect(await queue.circuit()).toMatchObject({ cause: 'PROVIDER_TOKEN_INVALID', failedProbes: 1 });
    expect((await probes()).map(({ errorCode }) => errorCode)).toEqual([
      'PASSWORD_NOT_SEALED',
      'PROVIDER_TOKEN_INVALID',
    ]);
    expect(await queue.entry(sound)).toMatchObject({ status: 'pending', retryCount: 0 });
  });
});

describe('transient failures', () => {
  it('of enough different entries open it; those after cost nothing', async () => {
    const node = await queue.startNode({ circuit: { failureThreshold: 5 }, concurrency: 4 });
    queue.simulator.faults.set([{ kind: '503' }]);
    const ids = await Promise.all(Array.from({ length: 20 }, () => node.enqueue()));
    await untilState('open');
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 10 }).toBe(0);
    const counts = await Promise.all(ids.map(async (id) => (await queue.entry(id)).retryCount));
    expect(counts.filter((count) => count === 1)).toHaveLength(5);
    expect(counts.filter((count) => count === 0)).toHaveLength(15);
    expect(await queue.circuit()).toMatchObject({ cause: 'PROVIDER_UNAVAILABLE' });

    queue.simulator.faults.clear();
    await letProbe(node);
    await untilState('closed');
    await expect
      .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } }), { timeout: 30_000 })
      .toBe(15);
  });

  it('with successes between them do not', async () => {
    const node = await queue.startNode({ circuit: { failureThreshold: 3 } });
    for (let i = 0; i < 4; i++) {
      queue.simulator.faults.set([{ kind: '503', times: 1 }]);
      await queue.untilAttempts(await node.enqueue(), 1);
      await queue.untilAttempts(await node.enqueue(), 1);
    }
    expect((await queue.circuit()).state).toBe('closed');
  });
});

describe('by hand', () => {
  it('it stays open until the instant, and then probes', async () => {
    const node = await queue.startNode();
    const until = new Date(Date.now() + 3_600_000);
    expect(await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', until)).toMatchObject({ isChanged: true });
    expect(await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', until)).toMatchObject({ isChanged: false });
    expect(await queue.circuit()).toMatchObject({
      state: 'open',
      openedBy: 'anna',
      reason: 'maintenance',
      nextProbeAt: until,
    });
    const id = await node.enqueue();
    const soon = new Date((await queue.circuit()).now.getTime() + 300);
    expect(await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', soon)).toMatchObject({ isChanged: true });
    node.notices.notify('circuit', 'changes');
    await queue.untilStatus(id, 'completed');
    const [attempt] = await queue.attempts(id);
    expect(attempt).toMatchObject({ isProbe: true, outcome: 'succeeded' });
    expect(attempt?.startedAt.getTime()).toBeGreaterThanOrEqual(soon.getTime());
    await untilState('closed');
  });

  it('is not opened until an instant that has passed', async () => {
    const past = new Date(Date.now() - 60_000);
    await expect(openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', past)).rejects.toMatchObject({
      issues: [{ path: ['until'], code: 'IN_THE_PAST' }],
    });
    expect((await queue.circuit()).state).toBe('closed');
  });

  it('closing it wakes the workers of every node', async () => {
    const [one, other] = [await queue.startNode(), await queue.startNode()];
    await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', null);
    const ids = await Promise.all(Array.from({ length: 5 }, () => one.enqueue()));
    expect(await queue.db.prisma.attempt.count()).toBe(0);
    await one.worker.stop(1_000);
    expect(await closeCircuit(queue.db, PROVIDER, 'anna', 'mended')).toMatchObject({ isChanged: true });
    one.notices.notify('circuit', 'changes');
    for (const id of ids) await queue.untilStatus(id, 'completed');
    expect((await queue.attempts(ids[0] ?? ''))[0]?.nodeId).toBe(other.id);
    expect(await closeCircuit(queue.db, PROVIDER, 'anna', 'mended')).toMatchObject({ isChanged: false });
  });
});

describe('its history', () => {
  const history = () => loadTransitions(queue.db, PROVIDER, 100);

  it('has every change of state with cause and actor, newest first, and nothing else', async () => {
    let token = 'wrong';
    const node = await queue.startNode({ token: () => token });
    const id = await node.enqueue();
    await untilState('open');
    await letProbe(node);
    await untilProbes(1);
    await untilState('open');
    token = queue.simulator.token;
    await letProbe(node);
    await queue.untilStatus(id, 'completed');
    await untilState('closed');
    const until = new Date(Date.now() + 3_600_000);
    await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', null);
    await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', until);
    await closeCircuit(queue.db, PROVIDER, 'bert', 'done');
    await closeCircuit(queue.db, PROVIDER, 'bert', 'done again');
    const invalid = 'PROVIDER_TOKEN_INVALID';
    expect(await history()).toMatchObject([
      { fromState: 'open', toState: 'closed', cause: null, reason: 'done', actor: 'bert' },
      { fromState: 'closed', toState: 'open', cause: null, reason: 'maintenance', actor: 'anna' },
      { fromState: 'half_open', toState: 'closed', cause: null, actor: null },
      { fromState: 'open', toState: 'half_open', cause: null, actor: null },
      {
        fromState: 'half_open',
        toState: 'open',
        cause: invalid,
        reason: expect.stringContaining('token'),
        actor: null,
      },
      { fromState: 'open', toState: 'half_open', cause: null, actor: null },
      { fromState: 'closed', toState: 'open', cause: invalid, reason: expect.stringContaining('token'), actor: null },
    ]);
    expect(await loadTransitions(queue.db, PROVIDER, 2)).toEqual((await history()).slice(0, 2));
  });

  it('is taken back with the change itself', async () => {
    const refused = openCircuit(queue.db, PROVIDER, 'anna', 'too late', new Date(Date.now() - 1_000));
    await expect(refused).rejects.toThrow('passed');
    expect(await history()).toEqual([]);
  });
});

describe('after it closed', () => {
  it('a node starts slowly: at most two at a time in the first second and four in the next', async () => {
    queue.simulator.faults.set([{ kind: 'slow', delayMs: 50 }]);
    const node = await queue.startNode({ concurrency: 32 });
    await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', null);
    node.notices.notify('circuit', 'changes');
    await queue.insertUnnoticed(100);
    let underWay = 0;
    const counts: { at: number; underWay: number }[] = [];
    queue.onRequest(({ stage }) => {
      underWay += stage === 'received' ? 1 : -1;
      counts.push({ at: Date.now(), underWay });
    });
    await closeCircuit(queue.db, PROVIDER, 'anna', null);
    node.notices.notify('circuit', 'changes');
    await expect
      .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } }), { timeout: 30_000 })
      .toBe(100);
    // Measured from the database's time of the closing: no node considers the circuit closed earlier.
    const closedAt = await queue.db.query<{ at: Date }>(
      `SELECT max(created_at) AS at FROM auth.identity_circuit_transitions WHERE to_state = 'closed'`,
    );
    const mostWithin = (seconds: number): number => {
      const end = (closedAt[0]?.at.getTime() ?? 0) + seconds * 1_000;
      return Math.max(0, ...counts.filter(({ at }) => at < end).map((count) => count.underWay));
    };
    expect(mostWithin(1)).toBeLessThanOrEqual(2);
    expect(mostWithin(2)).toBeLessThanOrEqual(4);
    expect(counts.length).toBeGreaterThanOrEqual(200);
  });

  it('a node that was away meanwhile starts slowly too', async () => {
    queue.simulator.faults.set([{ kind: 'slow', delayMs: 100 }]);
    await openCircuit(queue.db, PROVIDER, 'anna', 'maintenance', null);
    await queue.insertUnnoticed(40);
    await closeCircuit(queue.db, PROVIDER, 'anna', null);
    const node = await queue.startNode({ concurrency: 32 });
    node.worker.wake();
    await expect.poll(() => queue.simulator.calls.create, { interval: 5 }).toBeGreaterThan(0);
    expect(node.worker.attemptsInHand()).toBeLessThanOrEqual(2);
    await queue.db.query(`UPDATE auth.identity_circuit_transitions SET created_at = created_at - interval '1 minute'`);
    node.worker.reconsider();
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 2 }).toBeGreaterThan(8);
  });
});

describe('a worker that is woken while the circuit is open', () => {
  it('reads it ten times a second at most, and finds its end without a notice', async () => {
    let reads = 0;
    const wrap = (db: Database): Database => ({
      ...db,
      query: (sql, values) => {
        if (sql.includes('auth.identity_circuits')) reads++;
        return db.query(sql, values);
      },
    });
    const node = await queue.startNode({ wrap });
    await openCircuit(queue.db, PROVIDER, 'the test', 'quiet', null);
    await queue.insertUnnoticed(3);
    const begun = performance.now();
    for (let wakes = 0; wakes < 500; wakes++) {
      node.worker.wake();
      await queue.db.query('SELECT 1');
    }
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(2 + (performance.now() - begun) / 100);
    await closeCircuit(queue.db, PROVIDER, 'the test', null);
    node.worker.wake();
    await untilCompleted(3);
  });
});

describe('a probe that is given back', () => {
  it('lets another one through at once; one that was taken back before changes nothing', async () => {
    await openCircuit(queue.db, PROVIDER, 'the test', 'a probe is tried', null);
    await queue.db.query(
      `UPDATE auth.identity_circuits SET opened_by = NULL, next_probe_at = now() - interval '1 second'`,
    );
    const token = await takeProbe(queue.db, PROVIDER, 30_000);
    expect(token).toBeDefined();
    expect(await takeProbe(queue.db, PROVIDER, 30_000)).toBeUndefined();
    expect(await releaseProbe(queue.db, PROVIDER, token ?? '')).toBe(true);
    expect(await releaseProbe(queue.db, PROVIDER, token ?? '')).toBe(false);
    expect(await takeProbe(queue.db, PROVIDER, 30_000)).not.toBe(token);
  });
});
