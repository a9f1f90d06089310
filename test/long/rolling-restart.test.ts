/**
 * A rolling restart of three nodes under load: each in turn is drained and restarted, while entries arrive through
 * the other two and a job fires every second. No fire is lost or runs twice; no entry loses a retry.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus, enqueueOn } from '../support/entries.ts';
import { createProcesses, type Env, type ServerProcess, until, within } from '../support/process.ts';

const NODES = 3;
const JOB = 'ManagedAccountRetryJob';

const processes = createProcesses();
let database: TestDatabase;
let env: Env;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 4 });
  await database.db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, is_overridden, resolved_through)
     VALUES ($1, '* * * * * *', 'UTC', 'run_once', true, now())`,
    [JOB],
  );
  const provider = await processes.startProvider({ databaseUrl: database.url, latencyMs: 50 });
  const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
  env = { DATABASE_URL: database.url, MASTER_KEY, PROVIDER_CONCURRENCY: '8', ...provider.env };
});

afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

const start = (index: number) => processes.startNode({ ...env, NODE_NAME: `node-${index}` });

it('loses no fire and costs no retry', async () => {
  const { db } = database;
  const { familyId, ownerId } = await seedFamily(db);
  const nodes = await Promise.all(Array.from({ length: NODES }, (_, index) => start(index)));
  let isOver = false;
  let leaving = -1;
  const entryIds: string[] = [];

  const enqueueOnOthers = async (caller: number): Promise<void> => {
    for (let number = 0; !isOver; number++) {
      const staying = nodes.filter((_, index) => index !== leaving);
      const node = staying[(caller + number) % staying.length] as ServerProcess;
      const username = `rolling_${caller}_${number}`;
      entryIds.push(await enqueueOn(node, { familyId, createdByUserId: ownerId, username }));
      await delay(20);
    }
  };
  const load = Promise.all(Array.from({ length: 4 }, (_, caller) => enqueueOnOthers(caller)));

  for (leaving = 0; leaving < NODES; leaving++) {
    const node = nodes[leaving] as ServerProcess;
    const witness = nodes[(leaving + 1) % NODES] as ServerProcess;
    const before = entryIds.length;
    await until('some more entries', () => entryIds.length > before + 50, 30_000);
    // Alternates between the API and a signal, which must have the same effect.
    if (leaving % 2 === 1) node.kill('SIGTERM');
    else {
      const { data } = await witness.graphql<{ drainNode: object }>(
        `mutation { drainNode(input: { name: "node-${leaving}", reason: "a new release" }) {
           ... on MutationError { message } ... on DrainNodePayload { isChanged isLastRunning } } }`,
      );
      expect(data.drainNode).toEqual({ isChanged: true, isLastRunning: false });
    }
    expect(await within(30_000, 'the drained node to end', node.exited)).toEqual({ code: 0, signal: null });
    nodes[leaving] = await start(leaving);
  }
  isOver = true;
  await load;

  const { length } = entryIds;
  await until('all to be completed', async () => (await countByStatus(db)).completed === length, 60_000);
  expect(new Set(entryIds).size).toBe(length);
  const [counts] = await db.query(
    `SELECT (SELECT count(*)::int FROM identity_simulator.accounts) AS accounts,
            (SELECT count(*)::int FROM auth.users WHERE zitadel_user_id IS NOT NULL) AS users,
            (SELECT count(*)::int FROM auth.outbox_events WHERE event_type = 'ManagedAccountCreated') AS events,
            (SELECT count(*)::int FROM auth.account_creation_attempts) AS attempts,
            (SELECT count(*)::int FROM auth.account_creation_attempts WHERE outcome = 'succeeded') AS successes,
            (SELECT max(retry_count) FROM auth.queued_managed_account_creations) AS retries,
            (SELECT count(DISTINCT node_id)::int FROM auth.account_creation_attempts) AS nodes`,
  );
  expect(counts).toMatchObject({ accounts: length, users: length, events: length, retries: 0 });
  expect(counts).toMatchObject({ attempts: length, successes: length });
  // Replacement nodes worked too; the last one may have started too late.
  expect(counts?.nodes).toBeGreaterThan(NODES);

  const fires = await db.query<{ firedAt: Date; throughAt: Date; count: number; outcome: string; runs: number }>(
    `SELECT f.fired_at AS "firedAt", f.through_at AS "throughAt", f.count, f.outcome::text,
            (SELECT count(*)::int FROM auth.job_runs r WHERE r.fire_id = f.id AND r.status = 'succeeded') AS runs
     FROM auth.job_fires f WHERE f.job_name = $1 ORDER BY f.fired_at`,
    [JOB],
  );
  expect(fires.length).toBeGreaterThan(5);
  // Each second has one outcome; a gap stored as one row counts its seconds.
  fires.forEach(({ firedAt, throughAt, count }, index) => {
    expect(throughAt.getTime()).toBe(firedAt.getTime() + (count - 1) * 1_000);
    const next = fires[index + 1];
    if (next !== undefined) expect(next.firedAt.getTime()).toBe(throughAt.getTime() + 1_000);
  });
  // A run that a stopped node had started was completed by another.
  const notRun = fires.slice(0, -2).filter(({ outcome, runs }) => !outcome.startsWith('skipped') && runs !== 1);
  expect(notRun).toEqual([]);
  expect(fires.map(({ outcome }) => outcome)).not.toContain('missed');
  const overlaps = await db.query(
    `SELECT 1 FROM auth.job_runs a JOIN auth.job_runs b ON a.job_name = b.job_name AND a.id < b.id
       AND tstzrange(a.started_at, a.finished_at) && tstzrange(b.started_at, b.finished_at) WHERE a.job_name = $1`,
    [JOB],
  );
  expect(overlaps).toEqual([]);
});
