/**
 * Plans a bulk action: exactly which entries it will change, and which it will not and why. The plan stores
 * each entry's version. Each statement checks and writes up to 5,000 entries and is committed separately, so
 * that no lock is held for longer than one statement.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import type { Prisma } from '../../database/generated/prisma/client.ts';
import type { BulkActionKind } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { announce, unit } from '../../work/unit.ts';
import { loadLimits } from '../control/queue-control.ts';
import { measuredSpeed, timeFor } from '../insight/queue-forecast.rules.ts';
import { loadSpells } from '../insight/queue-forecast.ts';
import { type BulkProblemCode, type Exclusion, PLAN_LIFETIME_MS, planIssues } from './bulk-action.rules.ts';
import { BULK_PROBLEM } from './bulk-problems.ts';

const ENTRIES_PER_STATEMENT = 5_000;
const SAMPLE_SIZE = 10;

export interface PlanRequest {
  readonly action: BulkActionKind;
  /** The filter as a Prisma condition; undefined if none was given. */
  readonly where?: Prisma.QueuedCreationWhereInput | undefined;
  /** The same filter in the API's form, which is stored with the plan and in the audit trail. */
  readonly filter?: object | undefined;
  readonly entryIds?: readonly string[] | null;
  readonly runAt?: Date | null;
  readonly reason?: string | null;
}

export interface Plan {
  readonly planId: string;
  readonly count: number;
  /** The first ten. */
  readonly sampleIds: readonly string[];
  readonly exclusions: readonly Exclusion[];
  /** Milliseconds; null if the speed is not known, or the action does not call the provider. */
  readonly estimatedMs: number | null;
  readonly expiresAt: Date;
}

/** How many plans a caller may have open: a plan has a row for each of its entries until it is applied or expires. */
export const MOST_OPEN_PLANS = 40;

/**
 * Creates a plan; changes no entry. Throws InvalidInputError, and InvalidStateError if the caller already has
 * MOST_OPEN_PLANS plans open.
 */
export async function planBulkAction(ctx: Context, request: PlanRequest): Promise<Plan> {
  const { db, caller } = ctx;
  await requireRoomForPlan(ctx);
  const { action, where, filter, entryIds, runAt, reason } = request;
  const issues = planIssues({ action, hasFilter: where !== undefined, entryIds, runAt, reason });
  if (issues.length > 0) throw new InvalidInputError(issues);

  const planId = randomUUID();
  await unit(ctx, async (tx) => {
    await tx.query(INSERT, [
      planId,
      action,
      runAt ?? null,
      reason ?? null,
      caller.name,
      caller.familyId,
      filter === undefined ? null : JSON.stringify(filter),
      PLAN_LIFETIME_MS,
    ]);
    tx.happened('bulkActionPlanned', {
      id: planId,
      familyId: caller.familyId,
      reason,
      after: { action, ...(filter === undefined ? { entryCount: entryIds?.length ?? 0 } : { filter }) },
    });
  });
  const groups = createGroups();
  for await (const ids of entryIds ? slices([...new Set(entryIds)]) : matching(db, where ?? {})) {
    groups.add(await db.query<Group>(PLAN[action], [planId, ids, groups.planned().count, caller.familyId]));
  }
  const { count, sample } = groups.planned();
  const exclusions = groups.excluded();
  const [completed] = await db.query<{ expiresAt: Date }>(
    `UPDATE auth.bulk_actions SET total_count = $2, exclusions = $3, expires_at = now() + $4 * interval '1 millisecond'
     WHERE id = $1 RETURNING expires_at AS "expiresAt"`,
    [planId, count, JSON.stringify(exclusions), PLAN_LIFETIME_MS],
  );
  if (completed === undefined) throw new Error(`The plan ${planId} disappeared while it was being created.`);
  // Published again: claims skipped entries that were locked while they were written into the plan.
  announce(ctx, 'bulkActionPlanned');
  return {
    planId,
    count,
    sampleIds: sample,
    exclusions,
    estimatedMs: action === 'retry' ? await estimate(db, count) : null,
    expiresAt: completed.expiresAt,
  };
}

async function requireRoomForPlan({ db, caller: { name, familyId } }: Context): Promise<void> {
  const [open] = await db.query<{ count: number; until: Date | null }>(
    `SELECT count(*)::int AS count, min(expires_at) AS until FROM auth.bulk_actions
     WHERE status = 'planned' AND expires_at > now() AND created_at > now() - interval '1 day'
       AND actor = $1 AND family_id IS NOT DISTINCT FROM $2::uuid`,
    [name, familyId],
  );
  if (open !== undefined && open.count >= MOST_OPEN_PLANS)
    throw new InvalidStateError(
      `You have ${open.count} plans that were not applied, which is as many as can be kept. Apply one of them, or wait until the oldest is dropped (${open.until?.toISOString()}).`,
    );
}

const INSERT = `
  INSERT INTO auth.bulk_actions (id, action, run_at, reason, actor, family_id, filter, total_count, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 0, now() + $8 * interval '1 millisecond')`;

/** Entries of one statement that share a reason; `code` is null for entries that are planned. */
interface Group {
  readonly code: BulkProblemCode | null;
  readonly count: number;
  readonly sample: readonly string[];
}

const planStatement = (problem: string): string => `
  WITH candidate AS MATERIALIZED (
    SELECT w.id AS wanted_id, w.ordinal, e.id, e.status, e.updated_at,
           CASE WHEN e.id IS NULL THEN 'NOT_FOUND' ELSE ${problem} END AS problem
    FROM unnest($2::uuid[]) WITH ORDINALITY AS w(id, ordinal)
    LEFT JOIN auth.queued_managed_account_creations e ON e.id = w.id AND ($4::uuid IS NULL OR e.family_id = $4)
  ), planned AS (
    INSERT INTO auth.bulk_action_entries (bulk_action_id, position, entry_id, planned_at, planned_status)
    SELECT $1::uuid, $3::int + row_number() OVER (ORDER BY ordinal), id, updated_at, status FROM candidate WHERE problem IS NULL
  )
  SELECT problem AS code, count(*)::int AS count, (array_agg(wanted_id::text ORDER BY ordinal))[1:${SAMPLE_SIZE}] AS sample
  FROM candidate GROUP BY problem`;

const PLAN: Record<BulkActionKind, string> = {
  retry: planStatement(BULK_PROBLEM.retry),
  cancel: planStatement(BULK_PROBLEM.cancel),
  set_run_at: planStatement(BULK_PROBLEM.set_run_at),
};

function createGroups() {
  const byCode = new Map<BulkProblemCode | null, { count: number; sample: string[] }>();
  const planned = () => byCode.get(null) ?? { count: 0, sample: [] };
  return {
    planned,
    add(groups: readonly Group[]): void {
      for (const { code, count, sample } of groups) {
        const known = byCode.get(code) ?? { count: 0, sample: [] };
        byCode.set(code, {
          count: known.count + count,
          sample: [...known.sample, ...sample].slice(0, SAMPLE_SIZE),
        });
      }
    },
    excluded(): Exclusion[] {
      return [...byCode].flatMap(([code, { count, sample }]) => {
        return code === null ? [] : [{ code, count, entryIds: sample }];
      });
    },
  };
}

function* slices(ids: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < ids.length; from += ENTRIES_PER_STATEMENT) {
    yield ids.slice(from, from + ENTRIES_PER_STATEMENT);
  }
}

/** Yields the ids of the entries that match a filter, page by page. */
async function* matching(db: Database, where: Prisma.QueuedCreationWhereInput): AsyncGenerator<readonly string[]> {
  let last: string | undefined;
  do {
    const rows = await db.prisma.queuedCreation.findMany({
      select: { id: true },
      where: last === undefined ? where : { AND: [where, { id: { gt: last } }] },
      orderBy: { id: 'asc' },
      take: ENTRIES_PER_STATEMENT,
    });
    if (rows.length > 0) yield rows.map(({ id }) => id);
    last = rows.length < ENTRIES_PER_STATEMENT ? undefined : rows.at(-1)?.id;
  } while (last !== undefined);
}

/** The estimated milliseconds, computed like the forecast. */
async function estimate(db: Database, count: number): Promise<number | null> {
  const [spells, { startsPerSecond }] = await Promise.all([loadSpells(db), loadLimits(db)]);
  return timeFor(count, measuredSpeed(spells), startsPerSecond);
}
