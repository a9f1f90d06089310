/**
 * Chains audit entries shortly after they are written. Every node has a chainer and a lock admits one at a time,
 * so that the other nodes chain the entries that a stopped node left. It does not poll: its own node's audit
 * entries wake it, and so does the heartbeat, which finds entries left over.
 *
 * Chains audit entries: in the order of their sequence, each gets the next place and a MAC that covers
 * everything before it. An advisory lock of the transaction admits one node at a time. An entry whose
 * transaction commits late gets a later place, so that places have no gaps.
 */
import type { Database, Queryable, Transactional } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { loadHead } from './anchors.ts';
import { type BrokenTrail, brokenRow, type ChainPosition, chainOf } from './chain.rules.ts';
import { STORED_COLUMNS, type StoredEntry, storedEntries } from './walk.ts';

/** The lock for extending or pruning the chain. A lock of the transaction, since it must work behind a pooler. */
export const CHAIN_LOCK = `hashtext('family-hub-jobs audit trail')`;

/** Larger batches, which occur under load, are chained unchecked; verification finds broken rows later. */
const MOST_CHECKED = 100;

type Unchained = Pick<StoredEntry, 'sequence' | 'key_id' | 'mac'>;

export interface Chained {
  readonly count: number;
  /** Entries that differ from what was signed. They are chained too, so that they stay visible. */
  readonly broken: readonly BrokenTrail[];
}

/** Chains up to `limit` entries, dated `chainedAt` (default: now). Returns undefined if another node is chaining. */
export function chainEntries(
  db: Transactional,
  keys: AuditKeys,
  limit: number,
  chainedAt?: Date,
): Promise<Chained | undefined> {
  return db.transaction(async (tx) => {
    const [lock] = await tx.query<{ isTaken: boolean }>(`SELECT pg_try_advisory_xact_lock(${CHAIN_LOCK}) AS "isTaken"`);
    if (!lock?.isTaken) return undefined;
    let head = await loadHead(tx, keys);
    const rows = await tx.query<Unchained>(
      `SELECT sequence::float8 AS sequence, key_id, mac FROM auth.audit_entries
       WHERE link IS NULL ORDER BY sequence LIMIT $1`,
      [limit],
    );
    if (rows.length === 0) return { count: 0, broken: [] };
    const now = chainedAt ?? (await databaseNow(tx));
    const places: ChainPosition[] = [];
    for (const row of rows) {
      head = { link: head.link + 1, chain: chainOf(keys, head, row, now.getTime()) };
      places.push(head);
    }
    await tx.query(
      `UPDATE auth.audit_entries AS entry SET link = place.link, chain = place.chain, chained_at = $4
       FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS place (sequence, link, chain)
       WHERE entry.sequence = place.sequence AND entry.link IS NULL`,
      [
        rows.map(({ sequence }) => sequence),
        places.map(({ link }) => link),
        places.map(({ chain }) => chain),
        new Date(now),
      ],
    );
    const broken = rows.length > MOST_CHECKED ? [] : await brokenAmong(tx, keys, rows);
    return { count: rows.length, broken };
  });
}

/** Returns the problems of those entries that differ from what was signed. */
async function brokenAmong(db: Queryable, keys: AuditKeys, rows: readonly Unchained[]): Promise<BrokenTrail[]> {
  const stored = await db.query(
    `SELECT ${STORED_COLUMNS} FROM auth.audit_entries AS entry WHERE entry.sequence = ANY ($1::bigint[]) ORDER BY entry.sequence`,
    [rows.map(({ sequence }) => sequence)],
  );
  return storedEntries(stored).flatMap((row) => brokenRow(keys, row) ?? []);
}

async function databaseNow(db: Queryable): Promise<Date> {
  const [clock] = await db.query<{ now: Date }>(`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`);
  if (clock === undefined) throw new Error('The database did not answer with its time.');
  return clock.now;
}

const BATCH = 500;
/** Entries written meanwhile are chained together. The rest of the promised second is for a busy database. */
const GATHERING_MS = 200;
/** An entry may be signed long before its transaction commits: check again, with growing delays. */
const CHECKS_MS = [400, 800, 1_600];

export interface ChainerOptions {
  readonly db: Transactional & Pick<Database, 'outage'>;
  readonly keys: AuditKeys;
  readonly logger: Logger;
}

export interface Chainer {
  /** Call when there is, or will soon be, an entry to chain. */
  wake(): void;
  /** Chains all entries, unless another node is chaining. Returns how many it chained. */
  chain(): Promise<number>;
  /** Stops the loop and chains what is left. */
  stop(): Promise<void>;
}

export function createChainer({ db, keys, logger }: ChainerOptions): Chainer {
  let checks = 0;
  let last: Promise<unknown> = Promise.resolve();

  const chaining = loop({
    name: 'Chaining the audit trail',
    outage: db.outage,
    async once() {
      if ((await inTurn()) > 0) checks = 0;
      return CHECKS_MS[checks++] ?? UNTIL_WOKEN;
    },
  });
  const inTurn = (): Promise<number> => {
    const chained = last.then(chainAll);
    last = chained.catch(() => undefined);
    return chained;
  };
  const chainAll = async (): Promise<number> => {
    let count = 0;
    for (let chained = await chainOnce(); chained !== undefined; chained = await chainOnce()) {
      count += chained.count;
      if (chained.count < BATCH) break;
    }
    return count;
  };
  const chainOnce = async (): Promise<Chained | undefined> => {
    const chained = await chainEntries(db, keys, BATCH);
    for (const { sequence, problem } of chained?.broken ?? [])
      logger.error({ sequence }, `The audit trail is broken. ${problem}`);
    return chained;
  };

  return {
    wake() {
      checks = 0;
      chaining.wakeIn(GATHERING_MS);
    },
    chain: inTurn,
    async stop() {
      void chaining.stop();
      await inTurn().catch((error: unknown) =>
        db.outage.warn(
          error,
          'The last audit entries could not be chained; another node chains them, or the next start',
        ),
      );
    },
  };
}
