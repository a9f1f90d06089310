/**
 * Retention of the trail: its beginning is deleted and what the chain was there is kept, signed,
 * so that the rest can be verified as before. Only what is intact is deleted: a beginning that
 * somebody falsified stays in sight instead of being tidied away. That it was deleted
 * is for the caller to record.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { keepCut, loadCut } from './anchors.ts';
import { BEGINNING, type BrokenTrail, brokenLink, type ChainPosition } from './chain.rules.ts';
import { CHAIN_LOCK } from './seal.ts';
import { STORED_COLUMNS, type StoredEntry, storedEntries } from './walk.ts';

/**
 * Deletes up to `limit` chained rows from the beginning, as far as all are older than `keepMs`;
 * answers their ids. None when the trail is broken there, which is logged.
 */
export function cutAuditTrail(
  db: Transactional,
  { keys, logger }: { keys: AuditKeys; logger: Logger },
  keepMs: number,
  limit: number,
): Promise<string[]> {
  return db.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(${CHAIN_LOCK})`);
    const cut = await loadCut(tx, keys);
    const beginning: ChainPosition = cut ?? BEGINNING;
    const { now, old } = await oldRows(tx, beginning, keepMs, limit);
    const broken = cut?.isGenuine === false ? FALSE_CUT : firstBroken(keys, beginning, old);
    if (broken !== undefined) {
      logger.error(
        { sequence: broken.sequence },
        `Nothing of the audit trail is deleted: it is broken. ${broken.problem}`,
      );
      return [];
    }
    const last = old.at(-1);
    if (last?.chain == null || last.link === null) return [];
    await tx.query('DELETE FROM auth.audit_entries WHERE link <= $1', [last.link]);
    await tx.query('DELETE FROM auth.audit_cuts WHERE link <= $1', [last.link]);
    await keepCut(tx, keys, { link: last.link, chain: last.chain, isCut: true, at: now });
    return old.map(({ id }) => id);
  });
}

const FALSE_CUT: BrokenTrail = {
  sequence: null,
  problem: 'The record of what retention deleted before was not signed by this server.',
};

/** The rows from the beginning on, up to the first that is to be kept. */
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
