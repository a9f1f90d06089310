/** Unknown outcomes: whatever is interrupted at whatever moment, one entry creates exactly one account. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cancelEntry } from '../../src/accounts/cancel.ts';
import { claimDue } from '../../src/accounts/claim.ts';
import { retryEntry } from '../../src/accounts/retry.ts';
import { hasPassword } from '../../src/identity/simulator/accounts.ts';
import { createGate, createTestQueue, PASSWORD, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let node: TestNode;
const MINUTE = 60_000;
const NEW_PASSWORD = 'Brand-New-Password-8';

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

async function attemptAgain(id: string, attempts: number) {
  await queue.makeDue(id);
  node.worker.wake();
  return queue.untilAttempts(id, attempts);
}

/** An entry whose account was created while both the response and the lookup failed. */
async function leaveOpen(): Promise<string> {
  queue.simulator.faults.set([
    { kind: 'cut-after', path: 'create' },
    { kind: '503', path: 'find' },
  ]);
  const id = await node.enqueue();
  await queue.untilAttempts(id, 1);
  return id;
}

async function expectOneOfEach(id: string): Promise<void> {
  expect(await queue.accounts()).toMatchObject([{ userId: id }]);
  expect(await queue.events()).toHaveLength(1);
  expect(await queue.db.prisma.user.count({ where: { zitadelUserId: id } })).toBe(1);
}

describe('an answer that does not come', () => {
  it.each(['cut-after', 'garbage'] as const)('is looked for in the same attempt: %s', async (kind) => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind, path: 'create', times: 1 }]);
    const id = await node.enqueue();
    await queue.untilStatus(id, 'completed');
    expect((await queue.attempts(id)).map(({ outcome }) => outcome)).toEqual(['succeeded']);
    await expectOneOfEach(id);
  });

  it('in time is looked for too', async () => {
    node = await queue.startNode({ timeoutMs: 300, leaseMs: 2_000 });
    queue.simulator.faults.set([{ kind: 'hang-after', path: 'create', times: 1 }]);
    const id = await node.enqueue();
    await queue.untilStatus(id, 'completed');
    expect(await queue.attempts(id)).toHaveLength(1);
    await expectOneOfEach(id);
  });

  it('and finds no account leaves the outcome open: the request may still be under way', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'cut-before', path: 'create', times: 1 }]);
    const id = await node.enqueue();
    const entry = await queue.untilAttempts(id, 1);
    expect(entry).toMatchObject({ status: 'pending', retryCount: 1, needsLookup: true, lastOutcome: 'unknown' });
    expect(queue.delayAfter((await queue.attempts(id))[0], entry)).toBe(MINUTE);
    await attemptAgain(id, 2);
    await queue.untilStatus(id, 'completed');
    await expectOneOfEach(id);
  });
});

describe('an open outcome', () => {
  it('is settled by a look before anything else, and the account adopted', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    expect(await queue.entry(id)).toMatchObject({
      status: 'pending',
      retryCount: 1,
      needsLookup: true,
      lastErrorCode: 'OUTCOME_UNKNOWN',
    });
    queue.simulator.faults.clear();
    const { create } = queue.simulator.calls;
    await attemptAgain(id, 2);
    await queue.untilStatus(id, 'completed');
    expect(queue.simulator.calls.create).toBe(create);
    expect((await queue.attempts(id)).map(({ outcome }) => outcome)).toEqual(['unknown', 'succeeded']);
    await expectOneOfEach(id);
  });

  it('left by a proxy that gave up on a create which went through: the next attempt looks, and no cancel goes past it', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'html', status: 502, path: 'create', isAfterMade: true, times: 1 }]);
    const id = await node.enqueue();
    expect(await queue.untilAttempts(id, 1)).toMatchObject({
      status: 'pending',
      retryCount: 1,
      needsLookup: true,
      lookupFinalAt: expect.any(Date),
      lastErrorCode: 'PROVIDER_UNAVAILABLE',
    });
    const { create } = queue.simulator.calls;
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await queue.untilStatus(id, 'completed');
    expect(queue.simulator.calls.create).toBe(create);
    await expectOneOfEach(id);
  });

  it('with the retries used up has a last look and nothing else: found, it is completed', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    for (let attempts = 2; attempts <= 6; attempts++) await attemptAgain(id, attempts);
    const entry = await queue.entry(id);
    expect(entry).toMatchObject({ status: 'pending', retryCount: 5, isLookupOnly: true });
    expect(queue.delayAfter((await queue.attempts(id)).at(-1), entry)).toBe(MINUTE);
    const { create } = queue.simulator.calls;
    const after = await attemptAgain(id, 7);
    expect(after).toMatchObject({ status: 'pending', retryCount: 5, isLookupOnly: true });
    expect(queue.delayAfter((await queue.attempts(id)).at(-1), after)).toBe(15 * MINUTE);
    queue.simulator.faults.clear();
    await attemptAgain(id, 8);
    await queue.untilStatus(id, 'completed');
    expect(queue.simulator.calls.create).toBe(create);
    await expectOneOfEach(id);
  });

  it('with the retries used up and no account fails, and a retry by hand starts anew', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'cut-before', path: 'create' }]);
    const id = await node.enqueue();
    await queue.untilAttempts(id, 1);
    for (let attempts = 2; attempts <= 6; attempts++) await attemptAgain(id, attempts);
    expect(await queue.entry(id)).toMatchObject({ status: 'pending', retryCount: 5, isLookupOnly: true });
    queue.simulator.faults.clear();
    await queue.setUnderWay(id, false);
    await attemptAgain(id, 7);
    expect(await queue.entry(id)).toMatchObject({
      status: 'failed',
      retryCount: 5,
      nextRetryAt: null,
      lastErrorCode: 'RETRIES_USED_UP',
      needsLookup: false,
    });
    expect(await queue.accounts()).toEqual([]);
    await retryEntry(node.context, { entryId: id });
    await queue.untilStatus(id, 'completed');
    await expectOneOfEach(id);
  });

  it('with the retries used up may be retried by hand before its last look: a whole new series', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'cut-before', path: 'create' }]);
    const id = await node.enqueue();
    await queue.untilAttempts(id, 1);
    for (let attempts = 2; attempts <= 6; attempts++) await attemptAgain(id, attempts);
    expect(await queue.entry(id)).toMatchObject({ status: 'pending', isLookupOnly: true, needsLookup: true });
    queue.simulator.faults.clear();
    const { find } = queue.simulator.calls;
    await retryEntry(node.context, { entryId: id });
    expect(await queue.untilStatus(id, 'completed')).toMatchObject({ retryCount: 0, attemptCount: 7 });
    expect(queue.simulator.calls.find).toBe(find + 1);
    await expectOneOfEach(id);
  });

  it('and a new password by hand: the adopted account has the new one', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    expect(await hasPassword(queue.db, id, PASSWORD)).toBe(true);
    queue.simulator.faults.clear();
    await queue.setUnderWay(id, false);
    await retryEntry(node.context, { entryId: id, password: NEW_PASSWORD });
    await queue.untilStatus(id, 'completed');
    expect(await hasPassword(queue.db, id, NEW_PASSWORD)).toBe(true);
    await expectOneOfEach(id);
  });

  it('is not completed with the earlier password when the new one cannot be set', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    await queue.setUnderWay(id, false);
    queue.simulator.faults.set([{ kind: '503', path: 'setPassword', times: 1 }]);
    await retryEntry(node.context, { entryId: id, password: NEW_PASSWORD });
    expect(await queue.untilAttempts(id, 2)).toMatchObject({ status: 'pending', retryCount: 1, needsLookup: true });
    await queue.setUnderWay(id, false);
    await attemptAgain(id, 3);
    await queue.untilStatus(id, 'completed');
    expect(await hasPassword(queue.db, id, NEW_PASSWORD)).toBe(true);
    await expectOneOfEach(id);
  });
});

/** An entry whose create request arrived, timed out on our side, and is executed when the gate opens. */
async function leaveUnderWay(): Promise<{ id: string; carryOut: () => Promise<void> }> {
  node = await queue.startNode({ timeoutMs: 300, leaseMs: 5_000 });
  const gate = createGate();
  let isHeld = true;
  queue.onRequest(({ stage, path }) => {
    if (!isHeld || path !== 'create' || stage !== 'received') return undefined;
    isHeld = false;
    return gate.passed;
  });
  const id = await node.enqueue();
  await queue.untilAttempts(id, 1);
  await queue.setUnderWay(id, true);
  return {
    id,
    async carryOut() {
      gate.open();
      await expect.poll(() => queue.accounts(), { timeout: 30_000, interval: 10 }).toHaveLength(1);
    },
  };
}

describe('an outcome that may still come about at the provider', () => {
  it('lets no cancel be final: it is refused with the time to try again, and what appears is adopted', async () => {
    const { id, carryOut } = await leaveUnderWay();
    const { lookupFinalAt } = await queue.entry(id);
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining(
        `may still be processing the request of an earlier attempt. Cancel the entry again after ${lookupFinalAt?.toISOString()}`,
      ),
    });
    expect(await queue.entry(id)).toMatchObject({
      status: 'pending',
      attemptCount: 1,
      needsLookup: true,
      lookupFinalAt,
    });
    await carryOut();
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      message: expect.stringContaining('is completed now'),
    });
    await expectOneOfEach(id);
  });

  it('lets no permanent failure be final either: the entry is tried again after that, and what appeared is adopted', async () => {
    const { id, carryOut } = await leaveUnderWay();
    const { lookupFinalAt } = await queue.entry(id);
    const refused = {
      kind: 'error',
      path: 'create',
      code: 'invalid_argument',
      errorId: 'COMMA-VoaRj',
      times: 1,
    } as const;
    queue.simulator.faults.set([refused]);
    const after = await attemptAgain(id, 2);
    expect(after).toMatchObject({
      status: 'pending',
      lastErrorCode: 'PASSWORD_REFUSED',
      nextRetryAt: lookupFinalAt,
      needsLookup: true,
    });
    await carryOut();
    await queue.setUnderWay(id, false);
    await attemptAgain(id, 3);
    await queue.untilStatus(id, 'completed');
    await expectOneOfEach(id);
  });

  it('lets no last look be the last: it is put off until then, and costs no attempt', async () => {
    const { id, carryOut } = await leaveUnderWay();
    const { lookupFinalAt } = await queue.entry(id);
    await queue.db.query('UPDATE auth.queued_managed_account_creations SET retry_count = 5, is_lookup_only = true');
    await queue.makeDue(id);
    const { find } = queue.simulator.calls;
    node.worker.wake();
    await expect.poll(() => queue.simulator.calls.find, { timeout: 30_000, interval: 10 }).toBe(find + 1);
    await expect
      .poll(() => queue.entry(id), { timeout: 30_000, interval: 10 })
      .toMatchObject({
        status: 'pending',
        attemptCount: 1,
        nextRetryAt: lookupFinalAt,
      });
    await carryOut();
    await attemptAgain(id, 2);
    await queue.untilStatus(id, 'completed');
    await expectOneOfEach(id);
  });

  it('lets no account be given a new password, which an earlier request might overwrite', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    await queue.setUnderWay(id, true);
    queue.simulator.faults.clear();
    const { lookupFinalAt } = await queue.entry(id);
    await retryEntry(node.context, { entryId: id, password: NEW_PASSWORD });
    await expect
      .poll(() => queue.entry(id), { timeout: 30_000, interval: 10 })
      .toMatchObject({
        status: 'pending',
        nextRetryAt: lookupFinalAt,
      });
    expect(await hasPassword(queue.db, id, PASSWORD)).toBe(true);
    await queue.setUnderWay(id, false);
    await queue.makeDue(id);
    node.worker.wake();
    await queue.untilStatus(id, 'completed');
    expect(await hasPassword(queue.db, id, NEW_PASSWORD)).toBe(true);
    await expectOneOfEach(id);
  });

  it('is looked into after a node died too: its request may outlive it', async () => {
    node = await queue.startNode();
    await node.worker.stop(1_000);
    const [id = ''] = await queue.insertUnnoticed(1);
    await claimDue(queue.db, { provider: PROVIDER, nodeId: node.id, leaseMs: 30_000 }, 1);
    await queue.expireLease(id);
    const before = Date.now();
    await node.takeOver();
    const { needsLookup, lookupFinalAt } = await queue.entry(id);
    expect(needsLookup).toBe(true);
    expect(lookupFinalAt?.getTime()).toBeGreaterThan(before);
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
  });

  it('is kept in mind when the provider says that the account exists, and then nothing more', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    await queue.db.query('UPDATE auth.queued_managed_account_creations SET needs_lookup = false');
    queue.simulator.faults.set([{ kind: '503', path: 'find', times: 1 }]);
    expect(await attemptAgain(id, 2)).toMatchObject({ status: 'pending', needsLookup: true });
  });
});

describe('cancelling an entry whose outcome is open', () => {
  it('looks first: an account that exists completes the entry', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    queue.simulator.faults.clear();
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('is completed now'),
    });
    await queue.untilStatus(id, 'completed');
    await expectOneOfEach(id);
  });

  it('that was given a new password meanwhile ends with the account having that', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    await queue.setUnderWay(id, false);
    // The open circuit keeps the new series from being attempted before the cancel.
    await queue.db.query(`UPDATE auth.identity_circuits SET state = 'open', next_probe_at = NULL`);
    await retryEntry(node.context, { entryId: id, password: NEW_PASSWORD });
    queue.simulator.faults.clear();
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    await queue.db.query(`UPDATE auth.identity_circuits SET state = 'closed'`);
    node.worker.wake();
    await queue.untilStatus(id, 'completed');
    expect(await hasPassword(queue.db, id, NEW_PASSWORD)).toBe(true);
    await expectOneOfEach(id);
  });

  it('whose new password the provider refused is not cancelled: its account exists', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    await queue.setUnderWay(id, false);
    queue.simulator.faults.set([
      { kind: 'error', path: 'setPassword', code: 'invalid_argument', errorId: 'COMMA-HuJf6', times: 1 },
    ]);
    await retryEntry(node.context, { entryId: id, password: NEW_PASSWORD });
    expect(await queue.untilStatus(id, 'failed')).toMatchObject({
      lastErrorCode: 'PASSWORD_REFUSED',
      needsLookup: true,
    });
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('The account exists'),
    });
    await retryEntry(node.context, { entryId: id, password: `${NEW_PASSWORD}-longer` });
    await queue.untilStatus(id, 'completed');
    expect(await hasPassword(queue.db, id, `${NEW_PASSWORD}-longer`)).toBe(true);
    await expectOneOfEach(id);
  });

  it('twice at once is done once', async () => {
    node = await queue.startNode();
    const id = await node.enqueue({ runAt: new Date(Date.now() + 60_000) });
    const answers = await Promise.all([1, 2, 3, 4].map(() => cancelEntry(node.context, { entryId: id })));
    expect(answers.filter(({ isChanged }) => isChanged)).toHaveLength(1);
  });

  it('looks first: without an account it is cancelled', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'cut-before', path: 'create', times: 1 }]);
    const id = await node.enqueue();
    await queue.untilAttempts(id, 1);
    await queue.setUnderWay(id, false);
    expect(await cancelEntry(node.context, { entryId: id })).toMatchObject({ isChanged: true });
    expect(await queue.entry(id)).toMatchObject({
      status: 'cancelled',
      nextRetryAt: null,
      needsLookup: false,
      leaseToken: null,
      attemptCount: 1,
    });
    expect(await cancelEntry(node.context, { entryId: id })).toMatchObject({ isChanged: false });
  });

  it('is refused when no look is possible, and leaves the entry as it was', async () => {
    node = await queue.startNode();
    const id = await leaveOpen();
    const before = await queue.entry(id);
    await expect(cancelEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining('the check failed'),
    });
    const { updatedAt, ...rest } = await queue.entry(id);
    const { updatedAt: earlier, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect(updatedAt.getTime()).toBeGreaterThanOrEqual(earlier.getTime());
    expect(await queue.attempts(id)).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('ends waiting and failed entries, and refuses the others with the reason', async () => {
    node = await queue.startNode();
    const waiting = await node.enqueue({ runAt: new Date(Date.now() + 60_000) });
    expect(await cancelEntry(node.context, { entryId: waiting })).toMatchObject({ isChanged: true });
    queue.simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1 }]);
    const failed = await node.enqueue();
    await queue.untilStatus(failed, 'failed');
    expect(await cancelEntry(node.context, { entryId: failed })).toMatchObject({ isChanged: true });
    const done = await node.enqueue();
    await queue.untilStatus(done, 'completed');
    await expect(cancelEntry(node.context, { entryId: done })).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    const { find } = queue.simulator.calls;
    expect(find).toBe(queue.simulator.calls.find);
    await expect(cancelEntry(node.context, { entryId: '00000000-0000-4000-8000-000000000000' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('and an attempt that begins at the same moment never both win', async () => {
    node = await queue.startNode();
    const other = await queue.startNode();
    const ids = await Promise.all(
      Array.from({ length: 60 }, () => node.enqueue({ runAt: new Date(Date.now() + 60_000) })),
    );
    await queue.db.query('UPDATE auth.queued_managed_account_creations SET next_retry_at = now()');
    node.worker.wake();
    const cancels = await Promise.allSettled(ids.map((id) => cancelEntry(other.context, { entryId: id })));
    for (const [index, id] of ids.entries()) {
      const isCancelled = cancels[index]?.status === 'fulfilled';
      await queue.untilStatus(id, isCancelled ? 'cancelled' : 'completed');
    }
    const completed = cancels.filter(({ status }) => status === 'rejected').length;
    expect(await queue.accounts()).toHaveLength(completed);
    expect(await queue.events()).toHaveLength(completed);
  });
});
