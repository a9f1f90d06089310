/**
 * What leaves the audit trail: its beginning, by retention, so that the rest can still be verified; the daily
 * anchor; and an export as JSON lines, from which every code can be recomputed.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anchorText, presentAnchor, readAnchor } from '../../src/access/audit/anchors.ts';
import type { Audit } from '../../src/access/audit/audit.ts';
import { chainEntries } from '../../src/access/audit/chainer.ts';
import { createAuditTrail } from '../../src/access/audit/trail.ts';
import { verifyAuditTrail } from '../../src/access/audit/verify.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { InvalidInputError } from '../../src/refusals.ts';
import { retentionJob } from '../../src/retention/retention.job.ts';
import type { AuditKeys } from '../../src/work/audit-trail.ts';
import { callerNamed, testAudit } from '../support/acts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runJob } from '../support/job-context.ts';

const DAY = 24 * 3_600_000;
const key = { id: randomUUID() as string, key: randomBytes(32) };
const keys: AuditKeys = { newest: key, byId: (id) => (id === key.id ? key.key : undefined) };
let database: TestDatabase;
let db: Database;
let audit: Audit;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(async () => {
  await audit?.chainer.stop();
  await database?.drop();
});
/** Forty audit entries, one a day until today, all chained. */
beforeEach(async () => {
  await audit?.chainer.stop();
  await db.query('DELETE FROM auth.audit_entries');
  await db.query('DELETE FROM auth.audit_prunings');
  const logged: typeof lines = [];
  lines = logged;
  const logger = pino({}, { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) });
  audit = testAudit(db, logger, keys);
  let daysAgo = 39;
  const now = () => new Date(Date.now() - daysAgo * DAY);
  const trail = createAuditTrail({ keys, nodeId: null, now });
  for (; daysAgo >= 0; daysAgo--) {
    await trail.record(db, { caller: callerNamed('somebody'), action: `act ${daysAgo}`, after: { daysAgo } });
    await chainEntries(db, keys, 10, now());
  }
});

const verify = () => verifyAuditTrail(db, keys, { from: null, to: null });
const prune = (days: number, limit = 1_000) => db.transaction((tx) => audit.prune(tx, (days - 0.5) * DAY, limit));

describe('retention', () => {
  it('deletes the beginning, and the rest stays verifiable', async () => {
    expect(await prune(30)).toBe(10);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: 30, headLink: 40 });
    expect(await prune(30)).toBe(0);
    expect(await prune(20, 4)).toBe(4);
    expect(await prune(20)).toBe(6);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: 20 });
    expect(await audit.verify({ from: new Date(Date.now() - 35 * DAY), to: null }, null)).toMatchObject({
      isIntact: true,
      checkedCount: 20,
    });
    const anchors = await db.query('SELECT link::int FROM auth.audit_prunings');
    expect(anchors).toEqual([{ link: 20 }]);
  });

  it('may delete all; what comes later is chained to it', async () => {
    expect(await prune(0)).toBe(40);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: 0, headLink: 40 });
    await audit.trail.record(db, { caller: callerNamed('somebody'), action: 'the next' });
    await audit.chainer.chain();
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: 1, headLink: 41 });
  });

  it('by hand is found: a beginning that is gone, a record that no one signed, rows before it', async () => {
    await db.query('DELETE FROM auth.audit_entries WHERE link <= 3');
    expect(await verify()).toMatchObject({
      isIntact: false,
      problem: expect.stringContaining('Places 1 to 3 are empty'),
    });
    expect(await prune(30)).toBe(0);
    expect(lines).toContainEqual(expect.objectContaining({ level: 50, msg: expect.stringContaining('it is broken') }));
    await db.query(
      `INSERT INTO auth.audit_prunings (link, at, chain, key_id, mac)
       SELECT 3, now(), $1, $2, $1`,
      [randomBytes(32), key.id],
    );
    expect(await verify()).toMatchObject({ isIntact: false, problem: expect.stringContaining('was not signed') });
    expect(await prune(30)).toBe(0);
  });

  it('never tidies away what somebody falsified', async () => {
    await db.query(`UPDATE auth.audit_entries SET reason = 'none' WHERE link = 5`);
    expect(await prune(30)).toBe(0);
    expect(await prune(38)).toBe(2);
    expect(await verify()).toMatchObject({ isIntact: false, problem: expect.stringContaining('not as it was signed') });
  });

  it('is found out when a row is put back before it', async () => {
    const [row] = await db.query<{ row: object }>(
      'SELECT to_jsonb(e) AS row FROM auth.audit_entries AS e WHERE link = 10',
    );
    await prune(30);
    await db.query('INSERT INTO auth.audit_entries SELECT * FROM jsonb_populate_record(NULL::auth.audit_entries, $1)', [
      JSON.stringify(row?.row),
    ]);
    expect(await verify()).toMatchObject({
      isIntact: false,
      problem: expect.stringContaining('before the start of the trail'),
    });
  });

  it('is the retention job’s, an act itself, and off unless it is set', async () => {
    const { config } = readConfig({});
    const run = (AUDIT_RETENTION: number | null) =>
      runJob(retentionJob, db, { config: { AUDIT_RETENTION }, audit, trail: audit.trail });
    expect(config.AUDIT_RETENTION).toBeNull();
    expect(() => readConfig({ AUDIT_RETENTION: '29d' })).toThrow('AUDIT_RETENTION');
    expect(readConfig({ AUDIT_RETENTION: '30d' }).config.AUDIT_RETENTION).toBe(30 * DAY);
    expect(await run(null)).not.toHaveProperty('auditEntries');
    expect(await run(30.5 * DAY)).toMatchObject({ auditEntries: 9 });
    await audit.chainer.chain();
    const acts = await db.query(
      `SELECT actor_id, action, after::jsonb AS after FROM auth.audit_entries WHERE actor_kind = 'system'`,
    );
    expect(acts).toEqual([
      { actor_id: 'system:retention', action: 'expiredRowsDeleted', after: { kind: 'auditEntries', count: 9 } },
    ]);
    expect(await verify()).toMatchObject({ isIntact: true, checkedCount: 32 });
  });
});

describe('anchors', () => {
  it('are logged once a day', async () => {
    await audit.anchorDaily();
    await audit.anchorDaily();
    const logged = lines.filter(({ anchor }) => anchor !== undefined);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ level: 30, place: 40 });
    expect(await audit.verify({ from: null, to: null }, String(logged[0]?.anchor))).toMatchObject({ isIntact: true });
  });

  const present = async () => anchorText(keys, await presentAnchor(db, keys, new Date()));

  it('are taken as they were signed, and no other text is', async () => {
    const anchor = await present();
    expect(readAnchor(keys, ` ${anchor}\n`)).toMatchObject({ link: 40, isPruned: false });
    for (const text of ['', 'a1', anchor.slice(0, -1), anchor.replace('a1.40.', 'a1.41.')]) {
      expect(() => readAnchor(keys, text)).toThrow(InvalidInputError);
    }
  });

  it('of a key that the ring does not hold are a broken trail', async () => {
    const anchor = await present();
    const foreign = anchor.replace(key.id, randomUUID());
    expect(await audit.verify({ from: null, to: null }, foreign)).toMatchObject({
      isIntact: false,
      firstBrokenSequence: null,
      problem: expect.stringContaining('which the key ring does not hold'),
    });
    expect(await audit.verify({ from: null, to: null }, anchor)).toMatchObject({ isIntact: true });
  });

  it('of before what retention deleted prove nothing, and are refused', async () => {
    await prune(35);
    const atEnd = await present();
    await prune(0);
    expect(await audit.verify({ from: null, to: null }, atEnd), 'of the last row').toMatchObject({ isIntact: true });
    await audit.trail.record(db, { caller: callerNamed('somebody'), action: 'the next' });
    await audit.chainer.chain();
    await prune(0);
    await expect(audit.verify({ from: null, to: null }, atEnd)).rejects.toThrow(InvalidInputError);
  });
});

describe('the export', () => {
  interface Line {
    readonly link: number;
    readonly sequence: number;
    readonly mac: string;
    readonly chain: string;
    readonly chained_at: string;
    readonly [column: string]: string | number | null;
  }
  const exported = async (from: Date | null, to: Date | null) => {
    let text = '';
    for await (const part of audit.export({ from, to })) text += part;
    expect(text.endsWith('\n')).toBe(true);
    const [head, ...rest] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    const end = rest.pop() as { anchor: string };
    return { head: head as { firstLink: number; chainBefore: string }, entries: rest as Line[], end };
  };
  const hmac = (...parts: (string | Buffer)[]) =>
    createHmac('sha256', key.key)
      .update(Buffer.concat(parts.map((part) => Buffer.from(part as string))))
      .digest('base64url');
  const int64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(value));
    return bytes;
  };
  /** Verifies as documented, without any of the server's code. */
  const recompute = ({ head, entries, end }: Awaited<ReturnType<typeof exported>>) => {
    let chain = Buffer.from(head.chainBefore, 'base64url');
    let link = head.firstLink - 1;
    for (const entry of entries) {
      const { link: place, sequence, chained_at, mac, chain: stated, ...signed } = entry;
      expect(hmac(`audit entry 1\n${JSON.stringify(Object.values(signed))}`)).toBe(mac);
      expect(place).toBe(++link);
      const next = hmac(
        'audit link 1\n',
        int64(place),
        int64(sequence),
        int64(Date.parse(chained_at)),
        int64(chain.length),
        chain,
        Buffer.from(mac, 'base64url'),
      );
      expect(next).toBe(stated);
      chain = Buffer.from(next, 'base64url');
    }
    expect(readAnchor(keys, end.anchor)).toMatchObject({ link, chain });
  };

  it('holds all that is needed to compute every code anew, and its own anchor', async () => {
    await audit.trail.record(db, { caller: callerNamed('somebody'), action: 'just now', reason: 'ümlaut "x" \u2028' });
    const all = await exported(null, null);
    expect(all.entries).toHaveLength(41);
    expect(all.entries.at(-1)).toMatchObject({ action: 'just now', sequence: expect.any(Number) });
    recompute(all);
    expect(await audit.verify({ from: null, to: null }, all.end.anchor)).toMatchObject({ isIntact: true });
  });

  it('of a span has its rows and one neighbour on either side', async () => {
    const span = await exported(new Date(Date.now() - 20.5 * DAY), new Date(Date.now() - 10.5 * DAY));
    expect(span.entries.map(({ action }) => action)).toEqual(
      Array.from({ length: 12 }, (_, index) => `act ${21 - index}`),
    );
    recompute(span);
    await prune(15);
    recompute(await exported(null, new Date(Date.now() - 10.5 * DAY)));
  });

  it('of nothing is a head and an anchor', async () => {
    await prune(0);
    const nothing = await exported(null, null);
    expect(nothing.entries).toEqual([]);
    recompute(nothing);
  });
});
