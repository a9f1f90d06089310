/**
 * Audit keys that were given up with a lost master key. Whoever can write SQL can make any key look
 * like one, so what the key ring says of it counts for nothing: only the act of giving up, itself on
 * record under a key that the ring holds, is believed, and only of rows that were written before it.
 */
import type { Queryable } from '../../database/database.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { FACTS } from '../../work/facts.ts';
import { brokenRow, type TrailKeys } from './chain.rules.ts';
import { STORED_COLUMNS, storedEntries } from './walk.ts';

const KEY_RING_ABANDONED = FACTS.keyRingAbandoned.action;

/** The keys, and which rows were signed under others that were given up. */
export async function withGivenUp(db: Queryable, keys: AuditKeys): Promise<TrailKeys> {
  const rows = storedEntries(
    await db.query(
      `SELECT ${STORED_COLUMNS} FROM auth.audit_entries AS entry
        WHERE entry.action = $1 AND entry.actor_kind = 'system' ORDER BY entry.sequence`,
      [KEY_RING_ABANDONED],
    ),
  );
  const givenUpBefore = new Map<string, number>();
  for (const row of rows) {
    if (row.action !== KEY_RING_ABANDONED || brokenRow(keys, row) !== undefined) continue;
    const { auditKeyIds = [] } = JSON.parse(row.before ?? '{}') as { auditKeyIds?: readonly string[] };
    for (const id of auditKeyIds) givenUpBefore.set(id, row.sequence);
  }
  return {
    newest: keys.newest,
    byId: (id) => keys.byId(id),
    isGivenUp: (id, sequence) => sequence < (givenUpBefore.get(id) ?? Number.NEGATIVE_INFINITY),
  };
}
