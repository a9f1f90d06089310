/**
 * Tampering with the audit trail's table by SQL is detected: whatever is changed, deleted, inserted or moved,
 * verification fails and names the first row that does not match. Truncation of the end needs an anchor.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { presentAnchor } from '../../src/access/audit/anchors.ts';
import type { Audit } from '../../src/access/audit/audit.ts';
import { chainEntries } from '../../src/access/audit/chainer.ts';
import type { Anchor } from '../../src/access/audit/proof.rules.ts';
import { createAuditTrail } from '../../src/access/audit/trail.ts';
import { verifyAuditTrail } from '../../src/access/audit/verify.ts';
import type { TimeSpan } from '../../src/access/audit/walk.ts';
import type { Database } from '../../src/database/database.ts';
import type { Act, AuditKeys } from '../../src/work/audit-trail.ts';
import { systemCaller } from '../../src/work/caller.ts';
import { callerNamed, testAudit } from '../support/acts.ts';
import {
  COLUMNS,
  dropConstraints,
  type Row,
  readRows,
  tampering,
  UNCHAINED,
  writeRows,
} from '../support/audit-tampering.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const SIZE = 24;
const ALWAYS: TimeSpan = { from: null, to: null };
const key = { id: randomUUID(), key: randomBytes(32) };
const keys: AuditKeys = { newest: key, byId: (id) => (id === key.id ? key.key : undefined) };
let database: TestDatabase;
let db: Database;
let audit: Audit;
let rows: Row[];

const verify = (anchor?: Anchor, span: TimeSpan = ALWAYS) =>
  verifyAuditTrail(db, keys, { ...span, anchor: anchor && { ...anchor, unknownKeyId: null } });
const at = (index: number): Row => {
  const row = rows[index];
  if (row === undefined) throw new Error(`There is no row ${index}.`);
  return row;
};
const act = (index: number): Act => ({
  caller: index % 3 === 0 ? systemCaller('circuit') : { ...callerNamed(`person ${index}`), requestId: randomUUID() },
  action: index % 2 === 0 ? 'cancelEntry' : 'retryEntry',
  outcome: index % 5 === 0 ? 'denied' : 'done',
  target: index % 4 === 0 ? undefined : { type: 'QueuedCreation', id: randomUUID() },
  familyId: index % 4 === 0 ? null : randomUUID(),
  reason: index % 2 === 0 ? 'Wanted: "a" reason' : null,
  before: { status: 'pending', count: index },
  after: index % 2 === 0 ? null : { status: 'cancelled', nested: { at: new Date(index), rate: 0.5 } },
});

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  await dropConstraints(db);
  audit = testAudit(db, undefined, keys);
  for (let index = 0; index < SIZE; index++) await audit.trail.record(db, act(index));
  await audit.chainer.stop();
  rows = await readRows(db);
});
afterAll(() => database?.drop());
afterEach(async () => {
  await db.query('DELETE FROM auth.audit_prunings');
  await writeRows(db, rows);
});

it('an untouched trail is intact, also when its rows were written back', async () => {
  expect(rows.map(({ link }) => link)).toEqual(rows.map((_, index) => index + 1));
  expect(Object.keys(at(0)).sort()).toEqual([...COLUMNS].sort());
  const intact = { isIntact: true, checkedCount: SIZE, uncheckedCount: 0, problem: null, firstBrokenSequence: null };
  expect(await verify()).toMatchObject(intact);
  await writeRows(db, rows);
  expect(await verify()).toMatchObject({ ...intact, headLink: SIZE });
});

it('whatever is changed, deleted, inserted, duplicated or moved is found and named', async () => {
  let unconstrained = 0;
  await fc.assert(
    fc.asyncProperty(tampering(SIZE), async ({ apply, names }) => {
      const falsified = apply(rows);
      fc.pre(!isDeepStrictEqual(falsified, rows));
      unconstrained++;
      await writeRows(db, falsified);
      const { isIntact, firstBrokenSequence, problem } = await verify();
      expect(isIntact).toBe(false);
      expect(problem).toMatch(/\d/);
      const named = names?.(rows);
      if (named !== undefined) expect(firstBrokenSequence).toBe(named);
    }),
    { seed: 20_261_125, numRuns: 120 },
  );
  expect(unconstrained).toBeGreaterThanOrEqual(120);
});

it.each(COLUMNS)('a change of %s is found in every row', async (column) => {
  const others: Readonly<Record<string, string | number | null>> = {
    id: randomUUID(),
    sequence: 500,
    at: '2020-02-02T02:02:02.000Z',
    chained_at: '2020-02-02T02:02:02.000Z',
    family_id: randomUUID(),
    node_id: randomUUID(),
    key_id: randomUUID(),
    mac: `\\x${'00'.repeat(32)}`,
    chain: `\\x${'00'.repeat(32)}`,
    link: 500,
  };
  for (const index of [0, 7, SIZE - 1]) {
    const value = others[column] ?? `${at(index)[column] ?? ''}x`;
    await writeRows(
      db,
      rows.map((row, one) => (one === index ? ({ ...row, [column]: value } as Row) : row)),
    );
    expect(await verify(), `${column} of ${index}`).toMatchObject({ isIntact: false });
  }
});

describe('the end of the trail', () => {
  const cut = (count: number) => writeRows(db, rows.slice(0, SIZE - count));

  it('may be deleted unnoticed, but not from whoever has an anchor', async () => {
    const anchor = await presentAnchor(db, keys, new Date());
    expect(await verify(anchor)).toMatchObject({ isIntact: true });
    await cut(3);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: SIZE - 3 });
    expect(await verify(anchor)).toMatchObject({
      isIntact: false,
      firstBrokenSequence: null,
      problem: expect.stringContaining(`it ends at place ${SIZE - 3}`),
    });
  });

  it('chained anew without a row differs from what an anchor says', async () => {
    const anchor = await presentAnchor(db, keys, new Date());
    const without = rows.filter((_, index) => index !== 5).map((row) => ({ ...row, ...UNCHAINED }) as Row);
    await writeRows(db, without);
    const other = testAudit(db, undefined, keys);
    await other.chainer.stop();
    await audit.trail.record(db, act(99));
    await other.chainer.chain();
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: SIZE });
    expect(await verify(anchor)).toMatchObject({
      isIntact: false,
      problem: expect.stringContaining('another chain'),
      firstBrokenSequence: expect.any(Number),
    });
  });

  it('that is not chained yet is checked row by row; that one was deleted is not seen', async () => {
    const unchained = rows.map((row, index) => (index < SIZE - 4 ? row : ({ ...row, ...UNCHAINED } as Row)));
    await writeRows(db, unchained);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: SIZE - 4, uncheckedCount: 4 });
    await writeRows(db, unchained.slice(0, -2));
    expect(await verify()).toMatchObject({ isIntact: true, uncheckedCount: 2 });
    await writeRows(db, [...unchained.slice(0, -1), { ...at(SIZE - 1), ...UNCHAINED, reason: 'No.' } as Row]);
    expect(await verify()).toMatchObject({ isIntact: false, firstBrokenSequence: at(SIZE - 1).sequence });
  });
});

describe('a span of time, and rows that were chained late', () => {
  /** The rows of the trail have timestamps an hour apart and are signed and chained with these. */
  const START = Date.UTC(2026, 0, 1);
  const hour = (count: number) => new Date(START + count * 3_600_000);
  let hourly: Row[];
  beforeAll(async () => {
    await db.query('DELETE FROM auth.audit_entries');
    let now = 0;
    const trail = createAuditTrail({ keys, nodeId: null, now: () => hour(now) });
    for (; now < SIZE; now++) {
      await trail.record(db, act(now));
      await chainEntries(db, keys, 10, hour(now));
    }
    hourly = await readRows(db);
  });
  const span = { from: hour(8), to: hour(12) };

  it('is checked with a neighbour on either side, and no further', async () => {
    await writeRows(db, hourly);
    expect(await verify(undefined, span)).toMatchObject({ isIntact: true, checkedCount: 6, headLink: SIZE });
    expect(await verify(undefined, { from: hour(20), to: null })).toMatchObject({ isIntact: true, checkedCount: 5 });
    expect(await verify(undefined, { from: null, to: hour(3) })).toMatchObject({ isIntact: true, checkedCount: 4 });
    expect(await verify(undefined, { from: hour(100), to: null })).toMatchObject({ isIntact: true, checkedCount: 1 });
    await writeRows(
      db,
      hourly.map((row, index) => (index === 2 ? ({ ...row, reason: 'x' } as Row) : row)),
    );
    expect(await verify(undefined, span)).toMatchObject({ isIntact: true });
    expect(await verify()).toMatchObject({ isIntact: false });
  });

  it('from which all rows were deleted, or moved out, is not intact', async () => {
    await writeRows(
      db,
      hourly.filter((_, index) => index < 8 || index >= 12),
    );
    expect(await verify(undefined, span)).toMatchObject({ isIntact: false, firstBrokenSequence: hourly[12]?.sequence });
    for (const index of [8, 11]) {
      await writeRows(
        db,
        hourly.map((row, one) =>
          one === index ? ({ ...row, at: hour(index === 8 ? 1 : 22).toISOString() } as Row) : row,
        ),
      );
      expect(await verify(undefined, span)).toMatchObject({
        isIntact: false,
        firstBrokenSequence: hourly[index]?.sequence,
      });
    }
  });

  it('what a server that died had left is chained by the next, and is intact', async () => {
    await writeRows(
      db,
      hourly.map((row, index) => (index < SIZE - 1 ? row : ({ ...row, ...UNCHAINED } as Row))),
    );
    await chainEntries(db, keys, 100);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: SIZE });
  });

  it('that is chained hours late, behind what the next server did, is intact too', async () => {
    await writeRows(
      db,
      hourly.map((row, index) => (index < SIZE - 4 ? row : ({ ...row, ...UNCHAINED } as Row))),
    );
    const [late] = await db.query<{ row: object }>(
      'DELETE FROM auth.audit_entries AS entry WHERE sequence = $1 RETURNING to_jsonb(entry) AS row',
      [hourly[SIZE - 4]?.sequence],
    );
    await chainEntries(db, keys, 100);
    await db.query(
      'INSERT INTO auth.audit_entries SELECT * FROM jsonb_populate_record(NULL::auth.audit_entries, $1::jsonb)',
      [JSON.stringify(late?.row)],
    );
    await chainEntries(db, keys, 100);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: SIZE });
  });
});
