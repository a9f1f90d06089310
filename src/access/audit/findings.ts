/**
 * What was found wrong with the trail, kept where whoever watches can read it, so that somebody is
 * told who reads no log. It is a help and no proof: whoever can write to the database can delete
 * it. Log and verification stay the word that counts.
 */
import type { Queryable } from '../../database/database.ts';

/** Who found it: the sealer in a row or at the end of the chain, or somebody who verified. */
export type Finder = 'chaining' | 'witness' | 'verification';

/** Writes a problem down; one that is known already was found again. */
export async function recordFinding(
  db: Queryable,
  { foundBy, problem, nodeId }: { foundBy: Finder; problem: string; nodeId: string },
): Promise<void> {
  await db.query(
    `INSERT INTO auth.audit_findings (found_by, problem, node_id) VALUES ($1, $2, $3)
     ON CONFLICT (found_by, md5(problem)) WHERE cleared_at IS NULL
     DO UPDATE SET last_found_at = now(), node_id = excluded.node_id`,
    [foundBy, problem, nodeId],
  );
}

/**
 * The whole trail was verified and is intact: what rows were found to be is settled. That its end
 * was once gone is not: a chain that was written anew is as intact as the old one.
 */
export async function clearFindings(db: Queryable): Promise<void> {
  await db.query(
    `UPDATE auth.audit_findings SET cleared_at = now() WHERE cleared_at IS NULL AND found_by IN ('chaining', 'verification')`,
  );
}
