/**
 * The audit trail against an attacker with SQL access who targets its key instead of its rows: deleting the key,
 * marking it as retired, or emptying trail and key ring is detected.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { anchorText, presentAnchor } from '../../src/access/audit/anchors.ts';
import { type Audit, openAudit } from '../../src/access/audit/audit.ts';
import { createDatabaseClock } from '../../src/database/database-clock.ts';
import { registerNode } from '../../src/nodes/nodes.ts';
import { type KeyRing, openKeyRing } from '../../src/sealing/key-ring.ts';
import { parseMasterKey } from '../../src/sealing/master-key.ts';
import { callerNamed } from '../support/acts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const master = parseMasterKey(randomBytes(32).toString('base64'), 'MASTER_KEY');
const ALWAYS = { from: null, to: null };
let database: TestDatabase;
let ring: KeyRing;
let audit: Audit;
let anchor: string;
let lines: Record<string, unknown>[];
const opened: Audit[] = [];

/** Starts the parts of a node that concern its keys and its audit trail. */
async function start(): Promise<Audit> {
  const logged: typeof lines = [];
  lines = logged;
  ring = await openKeyRing(database.db, master);
  const started = openAudit({
    db: database.db,
    keys: ring.auditKeys,
    nodeId: randomUUID(),
    clock: createDatabaseClock(),
    logger: pino({}, { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) }),
  });
  opened.push(started);
  await started.start();
  return started;
}
const sql = (statement: string, values: unknown[] = []) => database.db.query(statement, values);
const record = async (count: number) => {
  for (let index = 0; index < count; index++)
    await audit.trail.record(database.db, { caller: callerNamed('ann'), action: `act ${index}`, reason: 'as signed' });
  await audit.chainer.chain();
};

const stopAll = () => Promise.all(opened.splice(0).map(({ chainer }) => chainer.stop()));

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await stopAll();
  await database?.drop();
});
/** Twelve audit entries of a node that has stopped. */
beforeEach(async () => {
  await stopAll();
  await sql('TRUNCATE auth.data_protection_keys, auth.server_nodes, auth.audit_entries, auth.audit_prunings CASCADE');
  audit = await start();
  await registerNode(database.db, 'a node', '0');
  await record(12);
  anchor = anchorText(ring.auditKeys, await presentAnchor(database.db, ring.auditKeys, new Date()));
  await audit.chainer.stop();
});

it('a new installation is intact, and so it is after a restart', async () => {
  expect(await audit.verify(ALWAYS, anchor)).toMatchObject({ isIntact: true, checkedCount: 12 });
  audit = await start();
  expect(await audit.verify(ALWAYS, anchor)).toMatchObject({ isIntact: true, checkedCount: 12 });
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

it('what a node left unchained is chained at the start, before the first act', async () => {
  await audit.trail.record(database.db, { caller: callerNamed('ann'), action: 'the last before a crash' });
  await sql(
    `UPDATE auth.audit_entries SET link = NULL, chain = NULL, chained_at = NULL WHERE action = 'the last before a crash'`,
  );
  audit = await start();
  const rows = await sql('SELECT FROM auth.audit_entries WHERE link IS NULL');
  expect(rows).toEqual([]);
  expect(await audit.verify(ALWAYS, null)).toMatchObject({ isIntact: true, checkedCount: 13, uncheckedCount: 0 });
});

it.each([
  [
    'is marked as retired',
    `UPDATE auth.data_protection_keys SET retired_at = now(), closed_at = now(), superseded_at = now(), wrapped_key = NULL WHERE purpose = 'audit'`,
  ],
  ['is deleted', `DELETE FROM auth.data_protection_keys WHERE purpose = 'audit'`],
])('a key that %s hides no changed row', async (_what, statement) => {
  await sql(`UPDATE auth.audit_entries SET reason = 'as changed' WHERE action = 'act 9'`);
  await sql(statement);
  audit = await start();
  await record(3);
  const found = await audit.verify(ALWAYS, null);
  expect(found).toMatchObject({ isIntact: false });
  // The range after the changed row is not intact either: the key was removed later than that.
  const rows = await sql(`SELECT at FROM auth.audit_entries WHERE action = 'act 10'`);
  const from = (rows[0] as { at: Date }).at;
  expect(await audit.verify({ from, to: null }, null)).toMatchObject({ isIntact: false });
});

it.each([
  ['its key', `purpose = 'audit'`],
  ['the whole key ring', 'true'],
])('an emptied trail is not as intact as a new one, when %s goes with it', async (_what, condition) => {
  await sql('DELETE FROM auth.audit_entries');
  await sql(`DELETE FROM auth.data_protection_keys WHERE ${condition}`);
  audit = await start();
  const told = lines.filter(({ level }) => Number(level) >= 50);
  expect(told).toEqual([
    expect.objectContaining({ msg: expect.stringContaining('someone deleted the key before it') }),
  ]);
  await record(3);
  expect(await audit.verify(ALWAYS, null)).toMatchObject({
    isIntact: false,
    firstBrokenSequence: null,
    problem: expect.stringContaining('someone deleted the key before it'),
  });
  expect(await audit.verify(ALWAYS, anchor), 'an anchor from outside says so too').toMatchObject({ isIntact: false });
  // Later entries can be verified alone.
  const since = new Date((ring.auditKeys.madeForMissing?.[0]?.getTime() ?? 0) + 1);
  expect(await audit.verify({ from: since, to: null }, null)).toMatchObject({ isIntact: true, checkedCount: 3 });
  // Deleting that key too, or restarting, does not make the trail intact.
  await sql('DELETE FROM auth.audit_entries');
  await sql(`DELETE FROM auth.data_protection_keys WHERE purpose = 'audit'`);
  audit = await start();
  expect(await audit.verify(ALWAYS, null)).toMatchObject({ isIntact: false });
});

it('a database that is emptied of everything is a new one, but not for who has an anchor', async () => {
  await sql('TRUNCATE auth.data_protection_keys, auth.server_nodes, auth.audit_entries CASCADE');
  audit = await start();
  expect(await audit.verify(ALWAYS, null)).toMatchObject({ isIntact: true, checkedCount: 0 });
  expect(await audit.verify(ALWAYS, anchor)).toMatchObject({
    isIntact: false,
    problem: expect.stringContaining('which the key ring does not hold'),
  });
});
