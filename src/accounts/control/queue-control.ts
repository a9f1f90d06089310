/**
 * Pauses of the queue and limits on how fast it goes: set by people, held to by every claim.
 * A pause lifts itself at its end, by the database's clock: one that has ended is no pause.
 */

import { unknownFamily } from '../../access/scope.ts';
import type { Queryable, Transactional } from '../../database/database.ts';
import { InvalidInputError } from '../../refusals.ts';
import type { Limits } from './queue-control.rules.ts';

export interface QueuePause {
  /** Null: the whole queue. */
  readonly familyId: string | null;
  readonly pausedBy: string;
  readonly reason: string;
  readonly pausedAt: Date;
  readonly pausedUntil: Date | null;
}

export interface PauseRequest {
  readonly reason: string;
  readonly until: Date | null;
  readonly familyId: string | null;
}

export interface ResumeRequest {
  readonly familyId: string | null;
  readonly reason?: string | null;
}

export interface QueueLimits extends Limits {
  readonly updatedBy: string | null;
  readonly updatedAt: Date;
}

/**
 * The pauses in force, the whole queue's first, then the youngest first; at most 1,000. Of other
 * families than `onlyFamilyId` none, where that is given.
 */
export function loadPauses(db: Queryable, onlyFamilyId: string | null = null): Promise<QueuePause[]> {
  return db.query<QueuePause>(
    `SELECT family_id AS "familyId", paused_by AS "pausedBy", reason, paused_at AS "pausedAt", paused_until AS "pausedUntil"
     FROM auth.queue_pauses
     WHERE (paused_until IS NULL OR paused_until > now()) AND ($1::uuid IS NULL OR family_id IS NULL OR family_id = $1)
     ORDER BY family_id IS NOT NULL, paused_at DESC, scope LIMIT 1000`,
    [onlyFamilyId],
  );
}

/**
 * Pauses the queue, or one family's part of it; a pause in force takes the new reason and end.
 * Idempotent but for those. Throws NotFoundError for an unknown family and InvalidInputError
 * for an end that has passed.
 */
export async function pauseQueue(
  db: Transactional,
  actor: string,
  { reason, until, familyId }: PauseRequest,
): Promise<{ isChanged: boolean }> {
  return db.transaction(async (tx) => {
    await familyExists(tx, familyId);
    const [at] = await tx.query<{ isPast: boolean }>('SELECT $1::timestamptz <= now() AS "isPast"', [until]);
    if (at?.isPast)
      throw new InvalidInputError([
        {
          path: ['until'],
          code: 'IN_THE_PAST',
          message:
            'This instant has passed. Give a later one, or leave it out to pause until somebody resumes the queue.',
        },
      ]);
    await forgetEnded(tx);
    const changed = await tx.query(
      `INSERT INTO auth.queue_pauses AS p (scope, family_id, paused_by, reason, paused_until)
       VALUES (coalesce($1::uuid::text, 'queue'), $1, $2, $3, $4)
       ON CONFLICT (scope) DO UPDATE SET paused_by = excluded.paused_by, reason = excluded.reason, paused_until = excluded.paused_until
       WHERE (p.reason, p.paused_until) IS DISTINCT FROM (excluded.reason, excluded.paused_until)
       RETURNING 1`,
      [familyId, actor, reason, until],
    );
    return { isChanged: changed.length > 0 };
  });
}

/** Takes a pause back; the caller then wakes the workers. Throws NotFoundError for an unknown family. */
export async function resumeQueue(
  db: Transactional,
  familyId: string | null,
): Promise<{ isChanged: boolean; before?: { reason: string; pausedBy: string } }> {
  return db.transaction(async (tx) => {
    await familyExists(tx, familyId);
    await forgetEnded(tx);
    const [resumed] = await tx.query<{ reason: string; pausedBy: string }>(
      `DELETE FROM auth.queue_pauses WHERE scope = coalesce($1::uuid::text, 'queue')
       RETURNING reason, paused_by AS "pausedBy"`,
      [familyId],
    );
    return resumed === undefined ? { isChanged: false } : { isChanged: true, before: resumed };
  });
}

/** The limits as they were set. */
export async function loadLimits(db: Queryable): Promise<QueueLimits> {
  const [limits] = await db.query<QueueLimits>(
    `SELECT starts_per_second AS "startsPerSecond", concurrency, updated_by AS "updatedBy", updated_at AS "updatedAt"
     FROM auth.queue_limits WHERE id = 1`,
  );
  if (limits === undefined)
    throw new Error('The row of auth.queue_limits is missing. Insert it: id 1, all else left out.');
  return limits;
}

/**
 * Sets the limits over all nodes: null lifts one, undefined leaves it as it is. A new rate
 * begins with an empty bucket. Attempts under way go on.
 */
export async function setQueueLimits(
  db: Queryable,
  actor: string,
  { startsPerSecond, concurrency }: Partial<Limits>,
): Promise<{ isChanged: boolean }> {
  const changed = await db.query(
    `UPDATE auth.queue_limits
     SET starts_per_second = CASE WHEN $1 THEN $2::int ELSE starts_per_second END,
         concurrency = CASE WHEN $3 THEN $4::int ELSE concurrency END,
         tokens = 0, refilled_at = clock_timestamp(), updated_by = $5, updated_at = now()
     WHERE id = 1 AND (($1 AND starts_per_second IS DISTINCT FROM $2::int) OR ($3 AND concurrency IS DISTINCT FROM $4::int))
     RETURNING 1`,
    [startsPerSecond !== undefined, startsPerSecond ?? null, concurrency !== undefined, concurrency ?? null, actor],
  );
  return { isChanged: changed.length > 0 };
}

/** Holds the family, so that it is not deleted under the pause. */
async function familyExists(tx: Queryable, familyId: string | null): Promise<void> {
  if (familyId === null) return;
  const found = await tx.query('SELECT 1 FROM auth.families WHERE id = $1 FOR KEY SHARE', [familyId]);
  if (found.length === 0) throw unknownFamily(familyId);
}

const forgetEnded = (tx: Queryable) => tx.query('DELETE FROM auth.queue_pauses WHERE paused_until <= now()');
