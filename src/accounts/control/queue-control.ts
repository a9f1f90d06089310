/**
 * Pauses of the queue and limits on its speed: operators set them, and every claim obeys them. A pause ends at
 * its `until`, by the database's clock; its row stays until a node deletes it (holds.ts).
 */

import { requireFamily, unknownFamily } from '../../access/scope.ts';
import type { Queryable } from '../../database/database.ts';
import { aggregateIdOf } from '../../events/outbox/aggregate-id.rules.ts';
import { InvalidInputError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { IS_IN_FORCE } from '../lease.ts';
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
  /** When it ends automatically; if omitted, it lasts until it is resumed. */
  readonly until?: Date | null;
  /** Only this family's entries; if omitted, the whole queue. */
  readonly familyId?: string | null;
}

export interface ResumeRequest {
  /** Ends the pause of this family; if omitted, that of the whole queue. */
  readonly familyId?: string | null;
  readonly reason?: string | null;
}

/** Null removes a limit; an omitted one stays as it is. */
export interface LimitsRequest extends Partial<Limits> {
  readonly reason?: string | null;
}

export interface QueueLimits extends Limits {
  readonly updatedBy: string | null;
  readonly updatedAt: Date;
}

/**
 * Returns the pauses in force, at most 1,000: that of the whole queue first, then the newest first. With
 * `onlyFamilyId`, the pauses of other families are left out.
 */
export function loadPauses(db: Queryable, onlyFamilyId: string | null = null): Promise<QueuePause[]> {
  return db.query<QueuePause>(
    `SELECT family_id AS "familyId", paused_by AS "pausedBy", reason, paused_at AS "pausedAt", paused_until AS "pausedUntil"
     FROM auth.queue_pauses p
     WHERE ${IS_IN_FORCE} AND ($1::uuid IS NULL OR family_id IS NULL OR family_id = $1)
     ORDER BY family_id IS NOT NULL, paused_at DESC, scope LIMIT 1000`,
    [onlyFamilyId],
  );
}

/**
 * Pauses the queue, or one family. A pause in force gets the new reason and end; if both are the same, nothing
 * changes. Throws NotFoundError for an unknown family, and InvalidInputError if the end has passed.
 */
export async function pauseQueue(ctx: Context, request: PauseRequest): Promise<{ isChanged: boolean }> {
  const { familyId = null, until = null } = request;
  const reason = request.reason.trim();
  requireFamily(ctx.caller, familyId);
  return unit(ctx, async (tx) => {
    await familyExists(tx, familyId);
    const [at] = await tx.query<{ isPast: boolean }>('SELECT $1::timestamptz <= now() AS "isPast"', [until]);
    if (at?.isPast)
      throw new InvalidInputError([
        {
          path: ['until'],
          code: 'IN_THE_PAST',
          message:
            'This instant has passed. Give a later one, or leave it out to pause until an operator resumes the queue.',
        },
      ]);
    await tx.query(`DELETE FROM auth.queue_pauses p WHERE scope = $1 AND NOT ${IS_IN_FORCE}`, [familyId ?? 'queue']);
    const changed = await tx.query(
      `INSERT INTO auth.queue_pauses AS p (scope, family_id, paused_by, reason, paused_until)
       VALUES (coalesce($1::uuid::text, 'queue'), $1, $2, $3, $4)
       ON CONFLICT (scope) DO UPDATE SET paused_by = excluded.paused_by, reason = excluded.reason, paused_until = excluded.paused_until
       WHERE (p.reason, p.paused_until) IS DISTINCT FROM (excluded.reason, excluded.paused_until)
       RETURNING 1`,
      [familyId, ctx.caller.name, reason, until],
    );
    if (changed.length === 0) return { isChanged: false };
    const end = until?.toISOString() ?? null;
    tx.happened('queuePaused', {
      ...queueOf(familyId),
      reason,
      after: { isPaused: true, until: end },
      payload: { familyId, until: end },
    });
    return { isChanged: true };
  });
}

/** Ends a pause; returns `isChanged: false` if none was in force. Throws NotFoundError for an unknown family. */
export async function resumeQueue(
  ctx: Context,
  { familyId = null, reason }: ResumeRequest,
): Promise<{ isChanged: boolean }> {
  requireFamily(ctx.caller, familyId);
  return unit(ctx, async (tx) => {
    await familyExists(tx, familyId);
    const [resumed] = await tx.query<{ reason: string; pausedBy: string; wasInForce: boolean }>(
      `DELETE FROM auth.queue_pauses p WHERE scope = $1
       RETURNING reason, paused_by AS "pausedBy", ${IS_IN_FORCE} AS "wasInForce"`,
      [familyId ?? 'queue'],
    );
    if (!resumed?.wasInForce) return { isChanged: false };
    const { reason: pausedBecause, pausedBy } = resumed;
    tx.happened('queueResumed', {
      ...queueOf(familyId),
      reason: reason?.trim(),
      before: { isPaused: true, reason: pausedBecause, pausedBy },
      after: { isPaused: false },
      payload: { familyId },
    });
    return { isChanged: true };
  });
}

/** What is paused, for the audit trail and the event. */
const queueOf = (familyId: string | null) => ({
  target: familyId === null ? { type: 'Queue', id: 'queue' } : { type: 'Family', id: familyId },
  aggregateId: aggregateIdOf('Queue', familyId ?? 'queue'),
  familyId,
});

/** Returns the limits that are set. Throws if their row is missing. */
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
 * Sets the limits over all nodes: null removes one, undefined leaves it as it is. A new rate starts with an
 * empty bucket. Attempts in progress continue.
 */
export function setQueueLimits(ctx: Context, { reason, ...limits }: LimitsRequest): Promise<{ isChanged: boolean }> {
  const { startsPerSecond, concurrency } = limits;
  return unit(ctx, async (tx) => {
    const before = await loadLimits(tx);
    const changed = await tx.query(
      `UPDATE auth.queue_limits
       SET starts_per_second = CASE WHEN $1 THEN $2::int ELSE starts_per_second END,
           concurrency = CASE WHEN $3 THEN $4::int ELSE concurrency END,
           tokens = 0, refilled_at = clock_timestamp(), updated_by = $5, updated_at = now()
       WHERE id = 1 AND (($1 AND starts_per_second IS DISTINCT FROM $2::int) OR ($3 AND concurrency IS DISTINCT FROM $4::int))
       RETURNING 1`,
      [
        startsPerSecond !== undefined,
        startsPerSecond ?? null,
        concurrency !== undefined,
        concurrency ?? null,
        ctx.caller.name,
      ],
    );
    if (changed.length === 0) return { isChanged: false };
    tx.happened('queueLimitsSet', {
      id: 'queue',
      reason,
      before: { startsPerSecond: before.startsPerSecond, concurrency: before.concurrency },
      after: limits,
    });
    return { isChanged: true };
  });
}

/**
 * Locks the family, so that it is not deleted before the pause is written. Throws NotFoundError if it does not
 * exist.
 */
async function familyExists(tx: Queryable, familyId: string | null): Promise<void> {
  if (familyId === null) return;
  const found = await tx.query('SELECT 1 FROM auth.families WHERE id = $1 FOR KEY SHARE', [familyId]);
  if (found.length === 0) throw unknownFamily(familyId);
}
