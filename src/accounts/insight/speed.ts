/** The attempts of the last five minutes, as the queue's speed is reckoned from them. */
import type { Queryable } from '../../database/database.ts';
import type { Spell } from './speed.rules.ts';

/**
 * Served by account_creation_attempts_finished_at_idx (BRIN); at most 301 rows come of it. Failures
 * count: they take their time too. What was taken over ended when somebody looked, and a probe is
 * made alone.
 */
const SPELLS = `
  SELECT min(started_at) AS "startedAt", max(finished_at) AS "finishedAt", count(*)::int AS count
  FROM auth.account_creation_attempts
  WHERE finished_at > now() - interval '5 minutes' AND outcome <> 'interrupted' AND NOT is_probe
  GROUP BY date_trunc('second', finished_at)`;

export function loadSpells(db: Queryable): Promise<Spell[]> {
  return db.query<Spell>(SPELLS);
}
