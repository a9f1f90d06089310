/**
 * Chains audit entries: in the order of their sequence, each gets the next place and a MAC that covers
 * everything before it. An advisory lock of the transaction admits one node at a time. An entry whose
 * transaction commits late gets a later place, so that places have no gaps.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
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
