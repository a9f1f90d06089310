/** Bulk enqueue: a result for each item, all-or-nothing mode, races between nodes, replays. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Enqueued } from '../../src/accounts/enqueue.ts';
import { enqueueAccounts, type NewEntries, type NewItem } from '../../src/accounts/enqueue-many.ts';
import { Refusal } from '../../src/refusals.ts';
import { openCircuit } from '../support/circuit.ts';
import { as } from '../support/context.ts';
import { createTestQueue, PASSWORD, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** A node that accepts entries but attempts none. */
async function startQuietNode(): Promise<TestNode> {
  await openCircuit(queue.db, PROVIDER, 'the test', 'entries are only taken in', null);
  return queue.startNode();
}

const items = (count: number, change: (index: number) => Partial<NewItem> = () => ({})): NewItem[] =>
  Array.from({ length: count }, (_, index) => ({ ...queue.account(), clientRef: `line ${index}`, ...change(index) }));

const send = ({ context }: TestNode, request: Partial<NewEntries> & Pick<NewEntries, 'items'>, caller = 'local') =>
  enqueueAccounts(as(context, caller), { atomic: false, ...request });

const isEnqueued = (result: Enqueued | Refusal): result is Enqueued => 'entryId' in result;
const codesOf = (results: readonly (Enqueued | Refusal)[]): string[] =>
  results.map((result) => (isEnqueued(result) ? 'ok' : result.code));
const count = (): Promise<number> => queue.db.prisma.queuedCreation.count();

describe('a bulk request', () => {
  it('of 1,000 with three wrong completes 997 and names the three', async () => {
    const node = await queue.startNode();
    const wrong: Record<number, Partial<NewItem>> = {
      7: { username: 'no!' },
      500: { familyId: randomUUID() },
      998: { createdByUserId: randomUUID() },
    };
    const { results, acceptedCount } = await send(node, { items: items(1_000, (index) => wrong[index] ?? {}) });
    expect(acceptedCount).toBe(997);
    const refused = results.flatMap((result, index) => (isEnqueued(result) ? [] : [[index, result] as const]));
    expect(refused).toMatchObject([
      [7, { code: 'INVALID_INPUT', issues: [{ path: ['items', '7', 'username'], code: 'INVALID_CHARACTERS' }] }],
      [500, { code: 'NOT_FOUND' }],
      [998, { code: 'INVALID_INPUT', issues: [{ path: ['items', '998', 'createdByUserId'], code: 'NOT_A_MEMBER' }] }],
    ]);
    const completed = () => queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } });
    await expect.poll(completed, { timeout: 30_000, interval: 50 }).toBe(997);
    expect(await queue.accounts()).toHaveLength(997);
  });

  it('seals each item’s password, generated ones too, and answers those once', async () => {
    const node = await startQuietNode();
    const { results } = await send(node, { items: items(3, (index) => (index === 1 ? {} : { password: null })) });
    const plain: string[] = [];
    for (const result of results) {
      if (!isEnqueued(result)) throw result;
      const entry = await queue.entry(result.entryId);
      plain.push(queue.keyRing.unseal(entry.encryptedPassword ?? '', result.entryId));
    }
    expect(results.map((result) => isEnqueued(result) && result.generatedPassword)).toEqual([plain[0], null, plain[2]]);
    expect(plain[1]).toBe(PASSWORD);
    expect(plain[0]).not.toBe(plain[2]);
  });

  it('tells a name that is twice in it from one that is taken already', async () => {
    const node = await startQuietNode();
    await node.enqueue({ username: 'waiting' });
    await queue.db.query(
      `INSERT INTO auth.users (family_id, username, full_name, role) VALUES ($1, 'Settled', 'Settled', 'member')`,
      [queue.familyId],
    );
    const names = ['waiting', 'twin', 'settled', ' TWIN ', 'x', 'twin'];
    const { results } = await send(node, { items: items(6, (index) => ({ username: names[index] })) });
    expect(results).toMatchObject([
      { code: 'USERNAME_TAKEN', message: expect.stringContaining('an entry') },
      { entryId: expect.any(String) },
      { code: 'USERNAME_TAKEN', message: expect.stringContaining('a user') },
      { code: 'USERNAME_TAKEN', message: expect.stringContaining('Item 1 of this request'), username: 'twin' },
      { code: 'INVALID_INPUT' },
      { code: 'USERNAME_TAKEN', message: expect.stringContaining('Item 1 of this request') },
    ]);
  });

  it('gives a name to the first item that can have it', async () => {
    const node = await startQuietNode();
    const { results } = await send(node, {
      items: items(2, (index) => ({ username: 'wanted', ...(index === 0 && { familyId: randomUUID() }) })),
    });
    expect(codesOf(results)).toEqual(['NOT_FOUND', 'ok']);
  });

  it('with half of its items duplicates of the other half enqueues one of each', async () => {
    const node = await startQuietNode();
    const { results, acceptedCount } = await send(node, {
      items: items(1_000, (index) => ({ username: `pair_${index % 500}` })),
    });
    expect(acceptedCount).toBe(500);
    expect(codesOf(results.slice(0, 500))).toEqual(Array.from({ length: 500 }, () => 'ok'));
    for (const [index, result] of results.slice(500).entries())
      expect(result).toMatchObject({ message: expect.stringContaining(`Item ${index} of this request`) });
    expect(await count()).toBe(500);
  });

  it.each([0, 1_001])('of %i items is refused as a whole', async (size) => {
    const node = await startQuietNode();
    await expect(send(node, { items: items(size) })).rejects.toMatchObject({
      issues: [{ path: ['items'], code: 'INVALID_LENGTH' }],
    });
    expect(await count()).toBe(0);
  });

  it('is refused as a whole for a key that is none; an item for its clientRef', async () => {
    const node = await startQuietNode();
    await expect(send(node, { items: items(1), idempotencyKey: 'x'.repeat(201) })).rejects.toMatchObject({
      issues: [{ path: ['idempotencyKey'] }],
    });
    const { results } = await send(node, { items: items(1, () => ({ clientRef: 'x'.repeat(101) })) });
    expect(results).toMatchObject([{ issues: [{ path: ['items', '0', 'clientRef'], code: 'TOO_LONG' }] }]);
  });
});

describe('an atomic request', () => {
  it('enqueues all', async () => {
    const node = await startQuietNode();
    expect(await send(node, { items: items(50), atomic: true })).toMatchObject({ acceptedCount: 50 });
    expect(await count()).toBe(50);
  });

  it.each<[string, Partial<NewItem>, string]>([
    ['wrong by itself', { username: 'no!' }, 'INVALID_INPUT'],
    ['of no family', { familyId: randomUUID() }, 'NOT_FOUND'],
    ['a duplicate of another', { username: 'double' }, 'USERNAME_TAKEN'],
  ])('enqueues none if one item is %s', async (_what, change, code) => {
    const node = await startQuietNode();
    const request = {
      items: items(20, (index) => (index === 19 ? change : index === 0 ? { username: 'double' } : {})),
      atomic: true,
      idempotencyKey: 'all',
    };
    const { results, acceptedCount } = await send(node, request);
    expect(acceptedCount).toBe(0);
    expect(codesOf(results)).toEqual([...Array.from({ length: 19 }, () => 'NOT_ATTEMPTED'), code]);
    expect(await count()).toBe(0);
    // Nothing was stored: the corrected request can use the key.
    expect(await queue.db.prisma.idempotencyKey.count()).toBe(0);
    expect(await send(node, { ...request, items: items(20) })).toMatchObject({ acceptedCount: 20, isReplay: false });
  });

  it('tells all that is wrong, also of items that only the database can judge', async () => {
    const node = await startQuietNode();
    await node.enqueue({ username: 'waiting' });
    const names = ['fine_1', 'no!', 'waiting'];
    const { results } = await send(node, { items: items(3, (index) => ({ username: names[index] })), atomic: true });
    expect(codesOf(results)).toEqual(['NOT_ATTEMPTED', 'INVALID_INPUT', 'USERNAME_TAKEN']);
  });

  it('stays all or nothing when two nodes race for overlapping names', async () => {
    const [one, other] = [await startQuietNode(), await queue.startNode()];
    for (let round = 0; round < 8; round++) {
      const named = (from: number, direction: 1 | -1) =>
        items(60, (index) => ({ username: `r${round}_${from + direction * index}` }));
      const answers = await Promise.all([
        send(one, { items: named(0, 1), atomic: true }),
        send(other, { items: named(70, -1), atomic: true }),
      ]);
      expect(answers.map(({ acceptedCount }) => acceptedCount).sort()).toEqual([0, 60]);
      const loser = answers.find(({ acceptedCount }) => acceptedCount === 0);
      expect(new Set(codesOf(loser?.results ?? []))).toEqual(new Set(['NOT_ATTEMPTED', 'USERNAME_TAKEN']));
    }
    expect(await count()).toBe(8 * 60);
  });
});

describe('two nodes with overlapping names', () => {
  it('enqueue each name once, in whatever order they are given', async () => {
    const [one, other] = [await startQuietNode(), await queue.startNode()];
    const answers = await Promise.all(
      [0, 100, 200, 300].map((from, index) => {
        const some = items(400, (at) => ({ username: `name_${from + at}` }));
        return send(index % 2 === 0 ? one : other, { items: index < 2 ? some : some.reverse() });
      }),
    );
    expect(await count()).toBe(700);
    expect(answers.reduce((sum, { acceptedCount }) => sum + acceptedCount, 0)).toBe(700);
    const refused = answers.flatMap(({ results }) => results.filter((result) => !isEnqueued(result)));
    for (const refusal of refused) expect(refusal).toMatchObject({ code: 'USERNAME_TAKEN' });
  });
});

describe('an idempotency key', () => {
  it('answers the same again for each item, also after completion, without passwords', async () => {
    const node = await queue.startNode();
    const names = ['first', 'no!', 'first', undefined];
    const request = {
      items: items(4, (index) => ({ username: names[index] ?? 'fourth', password: null })),
      idempotencyKey: 'again',
    };
    const first = await send(node, request);
    expect(codesOf(first.results)).toEqual(['ok', 'INVALID_INPUT', 'USERNAME_TAKEN', 'ok']);
    for (const result of first.results) if (isEnqueued(result)) await queue.untilStatus(result.entryId, 'completed');
    const again = await send(node, request);
    expect(again).toMatchObject({ isReplay: true, acceptedCount: 2 });
    expect(again.results).toEqual(
      first.results.map((result) =>
        isEnqueued(result) ? { entryId: result.entryId, generatedPassword: null, isReplay: true } : result,
      ),
    );
    expect(again.results[2]).toMatchObject({ message: expect.stringContaining('Item 0') });
    expect(await count()).toBe(2);
  });

  it('is worth one request, however many come at once on two nodes', async () => {
    const [one, other] = [await startQuietNode(), await queue.startNode()];
    const request = { items: items(100), idempotencyKey: 'once' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => send(index % 2 === 0 ? one : other, request)),
    );
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    const ids = answers.map(({ results }) => results.map((result) => isEnqueued(result) && result.entryId).join());
    expect(new Set(ids).size).toBe(1);
    expect(await count()).toBe(100);
  });

  it('refuses another input, naming the item’s field and no value', async () => {
    const node = await startQuietNode();
    const request = { items: items(10), idempotencyKey: 'k' };
    await send(node, request);
    const other = request.items.map((item, index) => (index === 3 ? { ...item, username: 'other_name' } : item));
    await expect(send(node, { ...request, items: other })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      fields: ['items.3.username'],
      message: expect.not.stringContaining('other_name'),
    });
    await expect(send(node, { ...request, atomic: true })).rejects.toMatchObject({ fields: ['atomic'] });
    await expect(send(node, { ...request, items: request.items.slice(1) })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    expect(await send(node, { items: items(1), idempotencyKey: 'k' }, 'somebody else')).toMatchObject({
      isReplay: false,
    });
  });

  it('keeps little, and nothing that tells a password', async () => {
    const node = await startQuietNode();
    const request = { items: items(1_000, () => ({ password: null })), idempotencyKey: 'small' };
    const { results } = await send(node, request);
    const [row] = await queue.db.query<{ text: string }>('SELECT k::text AS text FROM auth.idempotency_keys k');
    expect(row?.text.length).toBeLessThan(110_000);
    for (const result of results) {
      if (!isEnqueued(result)) throw result;
      expect(row?.text).toContain(result.entryId);
      expect(row?.text).not.toContain(result.generatedPassword);
    }
    expect(results.every((result) => !(result instanceof Refusal))).toBe(true);
  });
});
