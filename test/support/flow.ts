/**
 * A steady load of entries: callers enqueue accounts through the API of any server that responds, and retry
 * unanswered requests under the same idempotency key until `end` stops them. The queue is kept filled but short, so
 * that the servers limit the throughput, not the callers.
 */
import type { Database } from '../../src/database/database.ts';
import { seedFamily } from './database.ts';
import { countByStatus, enqueueOn } from './entries.ts';
import { type ServerProcess, until, within } from './process.ts';

const CALLERS = 8;
/** At this number of pending entries the callers wait. */
const FULL = 150;
/** The callers share one count, because counting also costs the database time. */
const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 3_000;

export interface Flow {
  /** The database's current time. */
  now(): Promise<Date>;
  /** Entries completed per second in the `ms` milliseconds after an instant. Waits until that period has ended. */
  rateAfter(from: Date, ms: number): Promise<number>;
  /** The number of entries that each server process completed after an instant, by process id. */
  sharesAfter(from: Date): Promise<Record<string, number>>;
  /**
   * Waits for the callers' last responses and until every entry has completed, failed or been cancelled. Returns
   * the number of accepted entries.
   */
  end(): Promise<number>;
}

/** `nodes` is read at each request: a test may replace a server in it. */
export async function startFlow(db: Database, nodes: readonly ServerProcess[], prefix: string): Promise<Flow> {
  const { familyId, ownerId } = await seedFamily(db);
  const accepted = new Set<string>();
  let isOver = false;
  let made = 0;
  let look = { at: Number.NEGATIVE_INFINITY, hasRoom: Promise.resolve(true) };
  const hasRoom = (): Promise<boolean> => {
    const at = performance.now();
    // While the database is unavailable the count is unknown; the callers try anyway.
    if (at - look.at > LOOK_EVERY_MS)
      look = {
        at,
        hasRoom: countWaiting(db).then(
          (count) => count < FULL,
          () => true,
        ),
      };
    return look.hasRoom;
  };

  const caller = async (): Promise<void> => {
    while (!isOver) {
      await until('room', async () => isOver || (await hasRoom()), 60_000);
      const username = `${prefix}_${made++}`;
      const input = { familyId, createdByUserId: ownerId, username, idempotencyKey: username };
      let turn = made;
      const answer = async (): Promise<string | undefined> => {
        const node = nodes[turn++ % nodes.length];
        // A halted server responds late or never.
        return node && within(PATIENCE_MS, 'an answer', enqueueOn(node, input)).catch(() => undefined);
      };
      accepted.add(await until(`an answer for ${username}`, answer, 90_000));
    }
  };
  const calling = Promise.all(Array.from({ length: CALLERS }, caller));
  // `end` rethrows the error; this only prevents an unhandled rejection before that.
  calling.catch(() => undefined);

  const now = async (): Promise<Date> => {
    const [row] = await db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    return row?.now ?? new Date(Number.NaN);
  };
  return {
    now,
    async rateAfter(from, ms) {
      const to = new Date(from.getTime() + ms);
      await until('the end of the time that is measured', async () => (await now()) > to, ms + 60_000);
      const [row] = await db.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE completed_at >= $1 AND completed_at < $2`,
        [from, to],
      );
      return ((row?.count ?? 0) * 1_000) / ms;
    },
    async sharesAfter(from) {
      const rows = await db.query<{ pid: number; count: number }>(
        `SELECT node.process_id AS pid, count(*)::int AS count FROM auth.account_creation_attempts AS attempt
           JOIN auth.server_nodes AS node ON node.id = attempt.node_id
          WHERE attempt.outcome = 'succeeded' AND attempt.finished_at >= $1 GROUP BY 1 ORDER BY 1`,
        [from],
      );
      return Object.fromEntries(rows.map(({ pid, count }) => [pid, count]));
    },
    async end() {
      isOver = true;
      await calling;
      await allFinal(db);
      return accepted.size;
    },
  };
}

/** Waits until every entry is completed, failed or cancelled; retries are made due. */
export const allFinal = (db: Database): Promise<boolean> =>
  until(
    'the last entry',
    async () => {
      await makeRetriesDue(db);
      const { pending = 0, processing = 0 } = await countByStatus(db);
      return pending + processing === 0;
    },
    60_000,
  );

/** Makes pending retries due now, instead of waiting for minutes. */
async function makeRetriesDue(db: Database): Promise<void> {
  const due = await db.query(
    `UPDATE auth.queued_managed_account_creations SET next_retry_at = now()
     WHERE status = 'pending' AND next_retry_at > now() RETURNING 1`,
  );
  if (due.length > 0) await db.query(`SELECT pg_notify('family_hub_jobs', '{"work":true}')`);
}

async function countWaiting(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status = 'pending'`,
  );
  return row?.count ?? 0;
}

/** The number of attempts that did not succeed, by error code or outcome. */
export async function otherOutcomes(db: Database): Promise<Record<string, number>> {
  const rows = await db.query<{ code: string; count: number }>(
    `SELECT coalesce(error_code, outcome::text) AS code, count(*)::int AS count
     FROM auth.account_creation_attempts WHERE outcome <> 'succeeded' GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
}

/** Prints measurements to the output of the test run. */
export function showFigures(title: string, figures: object): void {
  process.stdout.write(`figures of "${title}": ${JSON.stringify(figures)}\n`);
}

/**
 * Counts of what the creation of the accounts left in the queue's database and at the provider. All are equal when
 * each account was created exactly once.
 */
export async function tracesOf(db: Database, providerDb: Database): Promise<Record<string, number>> {
  const [counts] = await db.query<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM auth.queued_managed_account_creations) AS entries,
            (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'completed') AS completed,
            (SELECT count(*)::int FROM auth.users WHERE zitadel_user_id IS NOT NULL) AS users,
            (SELECT count(*)::int FROM auth.queued_managed_account_creations e
               JOIN auth.users u ON u.id = e.user_id AND u.zitadel_user_id = e.id::text AND u.username = e.username) AS matching,
            (SELECT count(*)::int FROM auth.outbox_events WHERE event_type = 'ManagedAccountCreated') AS events,
            (SELECT count(DISTINCT payload ->> 'entryId')::int FROM auth.outbox_events
              WHERE event_type = 'ManagedAccountCreated') AS "entriesWithEvent",
            (SELECT count(*)::int FROM auth.account_creation_attempts WHERE outcome = 'succeeded') AS successes`,
  );
  const [atProvider] = await providerDb.query<Record<string, number>>(
    `SELECT count(*)::int AS accounts, count(DISTINCT username)::int AS names FROM identity_simulator.accounts`,
  );
  return { ...counts, ...atProvider };
}
