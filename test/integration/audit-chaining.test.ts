/**
 * Writing and chaining: audit entries are read back unchanged, and any number of nodes build one chain without
 * gaps, even when transactions commit late or nodes die.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CHAIN_LOCK, chainEntries } from '../../src/access/audit/chainer.ts';
import { createAuditTrail } from '../../src/access/audit/trail.ts';
import { verifyAuditTrail } from '../../src/access/audit/verify.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { Act, AuditKeys } from '../../src/work/audit-trail.ts';
import { callerNamed, testAudit, testTrail } from '../support/acts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const [first, second] = [1, 2].map(() => ({ id: randomUUID(), key: randomBytes(32) }));
if (first === undefined || second === undefined) throw new Error('No keys.');
const ring = new Map<string, Buffer>([first, second].map(({ id, key }) => [id, key]));
const keys: AuditKeys = { newest: first, byId: (id) => ring.get(id) };
const act = (more: Partial<Act> = {}): Act => ({ caller: callerNamed('somebody'), action: 'cancelEntry', ...more });

/** Writes audit entries without waking a chainer. */
const quiet = testTrail(keys);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 20 });
  ({ db } = database);
});
afterAll(() => database?.drop());

const verify = () => verifyAuditTrail(db, keys, { from: null, to: null });
const chained = () =>
  db.query<{ sequence: number; link: number | null }>(
    'SELECT sequence::float8 AS sequence, link::float8 AS link FROM auth.audit_entries ORDER BY link NULLS LAST, sequence',
  );

describe('an act', () => {
  it('comes back to the letter, whatever characters it has', async () => {
    const audit = testAudit(db, undefined, keys);
    const text = fc.string({ unit: 'binary' }).map((value) => `${value}\0\ud800`);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ actor: text, id: text, type: text, reason: fc.option(text) }),
        fc.option(fc.dictionary(text, fc.jsonValue())),
        fc.dictionary(text, fc.oneof(fc.double(), fc.maxSafeInteger(), fc.bigInt(), fc.jsonValue())),
        async ({ actor, id, type, reason }, before, after) => {
          await quiet.record(
            db,
            act({ caller: callerNamed(actor), action: id, target: { type, id }, reason, before, after }),
          );
        },
      ),
      { seed: 7, numRuns: 40 },
    );
    expect(await verify()).toMatchObject({ isIntact: true, uncheckedCount: 40 });
    await audit.chainer.stop();
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: 40, uncheckedCount: 0 });
    // Fields written as JSON can be queried as JSON.
    const [row] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.audit_entries WHERE jsonb_typeof(after::jsonb) = 'object'`,
    );
    expect(row?.count).toBe(40);
  });

  it('is there with its change or not at all', async () => {
    const audit = testAudit(db, undefined, keys);
    const before = await chained();
    await expect(
      db.transaction(async (tx) => {
        await audit.trail.record(tx, act());
        throw new Error('The change failed.');
      }),
    ).rejects.toThrow('The change failed.');
    expect(await chained()).toEqual(before);
    await audit.chainer.stop();
  });

  it('has the time that the database has, as this node knows it, an id that grows, and its node', async () => {
    const audit = testAudit(db, undefined, keys);
    const [one, other] = [
      audit.trail.sign(act()),
      audit.trail.sign(act({ familyId: 'ABCDEF00-0000-4000-8000-000000000000' })),
    ];
    expect(one.id < other.id || one.at === other.at).toBe(true);
    expect(one.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(other).toMatchObject({
      family_id: 'abcdef00-0000-4000-8000-000000000000',
      outcome: 'done',
      key_id: first.id,
    });
    expect(Math.abs(Date.parse(one.at) - Date.now())).toBeLessThan(60_000);
    await audit.chainer.stop();
  });
});

describe('the chainer', () => {
  it('is woken by an act and chains it, and nothing else wakes it here', async () => {
    const audit = testAudit(db, undefined, keys);
    await db.transaction(async (tx) => audit.trail.record(tx, act(), act()));
    await vi.waitFor(async () => expect(await verify()).toMatchObject({ uncheckedCount: 0 }), {
      timeout: 30_000,
      interval: 20,
    });
    await audit.chainer.stop();
  });

  it('makes one chain without holes on several nodes at once', async () => {
    const before = await chained();
    const other = await openDatabase({ url: database.url, poolSize: 10, logger: silentLogger });
    const nodes = [testAudit(db, undefined, keys), testAudit(other, undefined, keys), testAudit(db, undefined, keys)];
    await Promise.all(
      nodes.map(async ({ trail, chainer }) => {
        for (let round = 0; round < 40; round++) {
          await Promise.all([trail.record(db, act(), act()), chainer.chain(), trail.record(other, act())]);
        }
      }),
    );
    await Promise.all(nodes.map(({ chainer }) => chainer.stop()));
    await nodes[0]?.chainer.chain();
    const rows = await chained();
    expect(rows).toHaveLength(before.length + 3 * 40 * 3);
    expect(rows.map(({ link }) => link)).toEqual(rows.map((_, index) => index + 1));
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: rows.length });
    await other.close();
  });

  it('gives what commits late a later place', async () => {
    const audit = testAudit(db, undefined, keys);
    let commit: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let written: (() => void) | undefined;
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const late = db.transaction(async (tx) => {
      await quiet.record(tx, act({ action: 'late' }));
      written?.();
      await held;
    });
    await isWritten;
    await quiet.record(db, act({ action: 'early' }));
    expect(await audit.chainer.chain()).toBe(1);
    commit?.();
    await late;
    expect(await audit.chainer.chain()).toBe(1);
    const rows = await chained();
    const [early, last] = [rows.at(-2), rows.at(-1)];
    expect(last?.sequence).toBeLessThan(early?.sequence ?? 0);
    expect(last?.link).toBe((early?.link ?? 0) + 1);
    expect(await verify()).toMatchObject({ isIntact: true, uncheckedCount: 0 });
    await audit.chainer.stop();
  });

  it('leaves nothing half done when its connection dies, and another goes on', async () => {
    const audit = testAudit(db, undefined, keys);
    await quiet.record(db, ...Array.from({ length: 50 }, () => act()));
    const dying = db.transaction(async (tx) => {
      await chainEntries({ query: tx.query, transaction: (work) => work(tx) }, keys, 20);
      // No other chainer can chain while this one lives.
      expect(await audit.chainer.chain()).toBe(0);
      const [{ pid }] = (await tx.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
      await db.query('SELECT pg_terminate_backend($1)', [pid]);
      await tx.query('SELECT 1');
    });
    await expect(dying).rejects.toThrow();
    await vi.waitFor(async () => expect(await audit.chainer.chain()).toBe(50), { timeout: 30_000, interval: 20 });
    expect(await verify()).toMatchObject({ isIntact: true, uncheckedCount: 0 });
    await audit.chainer.stop();
  });

  it('asks nothing while nothing happens, and stops asking after what never commits', async () => {
    let statements = 0;
    const counted: Database = {
      ...db,
      transaction: (work) => {
        statements++;
        return db.transaction(work);
      },
    };
    const audit = testAudit(counted, undefined, keys);
    audit.trail.sign(act());
    await vi.waitFor(() => expect(statements).toBe(4), { timeout: 30_000, interval: 50 });
    await audit.chainer.stop();
    expect(statements).toBe(5);
  });

  it('chains a row that is not as it was signed, and says so', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
    const audit = testAudit(db, logger, keys);
    await db.transaction(async (tx) => {
      await audit.trail.record(tx, act({ reason: 'As signed' }));
      await tx.query(`UPDATE auth.audit_entries SET reason = 'As changed' WHERE reason = 'As signed'`);
    });
    await audit.chainer.stop();
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 50, msg: expect.stringContaining('not as it was signed') }),
    );
    expect(await verify()).toMatchObject({ isIntact: false, problem: expect.stringContaining('not as it was signed') });
    await db.query(`UPDATE auth.audit_entries SET reason = 'As signed' WHERE reason = 'As changed'`);
    expect(await verify()).toMatchObject({ isIntact: true });
  });

  it('goes on under a new key, and verifies what is proved under the old one', async () => {
    const rotated = testAudit(db, undefined, { newest: second, byId: keys.byId });
    await rotated.trail.record(db, act());
    await rotated.chainer.stop();
    expect(await verify()).toMatchObject({ isIntact: true });
    const stranger = verifyAuditTrail(
      db,
      { newest: first, byId: (id) => (id === first.id ? first.key : undefined) },
      { from: null, to: null },
    );
    expect(await stranger).toMatchObject({ isIntact: false, problem: expect.stringContaining('does not hold') });
    // A lost key: rows signed with it cannot be verified, but rows after the first one of the next key can.
    const since = new Date(Date.now() + 60_000);
    let at = since;
    const later = createAuditTrail({ keys: { ...keys, newest: second }, nodeId: null, now: () => at });
    await later.record(db, act());
    at = new Date(since.getTime() + 1);
    await later.record(db, act(), act());
    await rotated.chainer.chain();
    const lost: AuditKeys = { newest: second, byId: (id) => (id === second.id ? second.key : undefined) };
    const under = (from: Date | null) => verifyAuditTrail(db, lost, { from, to: null });
    expect(await under(null)).toMatchObject({ isIntact: false, problem: expect.stringContaining('does not hold') });
    expect(await under(at)).toMatchObject({ isIntact: true, checkedCount: 3 });
    await quiet.record(db, act());
    await chainEntries(db, keys, 10);
    const [last] = await db.query<{ link: string }>('SELECT max(link) AS link FROM auth.audit_entries');
    const newest = new Date(since.getTime() + 2);
    await createAuditTrail({ keys: { ...keys, newest: second }, nodeId: null, now: () => newest }).record(db, act());
    await chainEntries(db, keys, 10);
    // A later row under the lost key must not pass as an earlier one.
    expect(await under(newest)).toMatchObject({ isIntact: false, problem: expect.stringContaining('does not hold') });
    await db.query('DELETE FROM auth.audit_entries WHERE link >= $1', [last?.link]);
  });

  it('waits for nobody: while another holds the lock it has nothing to do', async () => {
    const audit = testAudit(db, undefined, keys);
    await db.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(${CHAIN_LOCK})`);
      await quiet.record(db, act());
      expect(await audit.chainer.chain()).toBe(0);
    });
    expect(await audit.chainer.chain()).toBe(1);
    await audit.chainer.stop();
  });
});
