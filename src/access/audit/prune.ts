/**
 * Retention of the trail: deletes its beginning and stores, signed, the chain value there, so that the rest
 * can still be verified. Deletes only intact rows: a falsified beginning stays as evidence. The caller writes
 * the audit entry about the deletion.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { keepPruned, loadPruned } from './anchors.ts';
import { BEGINNING, type BrokenTrail, brokenLink, type ChainPosition } from './chain.rules.ts';
import { CHAIN_LOCK } from './chainer.ts';
import { STORED_COLUMNS, type StoredEntry, storedEntries } from './walk.ts';

/**
 * Deletes up to `limit` chained rows from the beginning, as long as they are older than `keepMs`. Returns how
 * many. If the trail is broken there, deletes nothing and logs an error.
 */
export function pruneAuditTrail(
  db: Transactional,
  { keys, logger }: { keys: AuditKeys; logger: Logger },
  keepMs: number,
  limit: number,
): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(${CHAIN_LOCK})`);
    const pruned = await loadPruned(tx, keys);
    const beginning: ChainPosition = pruned ?? BEGINNING;
    const { now, old } = await oldRows(tx, beginning, keepMs, limit);
    const broken = pruned?.isGenuine === false ? FORGED_RECORD : firstBroken(keys, beginning, old);
    if (broken !== undefined) {
      logger.error(
        { sequence: broken.sequence },
        `Nothing of the audit trail is deleted: it is broken. ${broken.problem}`,
      );
      return 0;
    }
    const last = old.at(-1);
    if (last?.chain == null || last.link === null) return 0;
    await tx.query('DELETE FROM auth.audit_entries WHERE link <= $1', [last.link]);
    await tx.query('DELETE FROM auth.audit_prunings WHERE link <= $1', [last.link]);
    await keepPruned(tx, keys, { link: last.link, chain: last.chain, at: now });
    return old.length;
  });
}

const FORGED_RECORD: BrokenTrail = {
  sequence: null,
  problem: 'The record of what retention deleted before was not signed by this server.',
};

/** Loads the rows from the beginning up to the first one to keep. */
async function oldRows(
  db: Queryable,
  { link }: ChainPosition,
  keepMs: number,
  limit: number,
): Promise<{ now: number; old: readonly StoredEntry[] }> {
  const [clock] = await db.query<{ now: number }>('SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS now');
  const now = clock?.now ?? 0;
  const rows = storedEntries(
    await db.query(
      `SELECT ${STORED_COLUMNS} FROM auth.audit_entries AS entry WHERE entry.link > $1 ORDER BY entry.link LIMIT $2`,
      [link, limit],
    ),
  );
  const kept = rows.findIndex(({ at }) => !(Date.parse(at) < now - keepMs));
  return { now, old: kept < 0 ? rows : rows.slice(0, kept) };
}

function firstBroken(keys: AuditKeys, beginning: ChainPosition, rows: readonly StoredEntry[]): BrokenTrail | undefined {
  let position = beginning;
  for (const row of rows) {
    const broken = brokenLink(keys, position, row);
    if (broken !== undefined) return broken;
    position = { link: row.link ?? 0, chain: row.chain ?? Buffer.alloc(0) };
  }
  return undefined;
}
