/**
 * What each misfire policy would do after a downtime of all servers: runs the scheduler's `resolveFires`
 * function on a span that has not happened.
 */
import type { FireOutcome, MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { instantsOf } from '../ledger/fire-page.rules.ts';
import type { ResolvedFire } from '../ledger/ledger-rows.rules.ts';
import { type ResolveInput, resolveFires } from '../ledger/resolve.rules.ts';

export interface SimulatedFire {
  readonly at: Date;
  readonly row: ResolvedFire;
}

export interface DowntimeSimulation {
  readonly misfirePolicy: MisfirePolicy;
  /** Whether it is the schedule's current policy. */
  readonly isInForce: boolean;
  /** Ascending; at most the first 100 instants of each gap. */
  readonly fires: readonly SimulatedFire[];
  readonly counts: readonly { readonly outcome: FireOutcome; readonly count: number }[];
}

export interface DowntimeInput {
  readonly schedule: Omit<ResolveInput['schedule'], 'resolvedThrough'>;
  /**
   * Everything before `from` counts as resolved. At `to` a node starts, which resolves [from,
   * to] and is on time within the tolerance.
   */
  readonly from: Date;
  readonly to: Date;
  readonly toleranceMs: number;
  readonly windowMs: number;
}

const POLICIES: readonly MisfirePolicy[] = ['run_once', 'skip', 'run_all'];
const LISTED_OF_A_GAP = 100;

/** One simulation for each policy, including the schedule's own. */
export function simulateDowntime({ schedule, from, to, ...limits }: DowntimeInput): DowntimeSimulation[] {
  return POLICIES.map((misfirePolicy) => {
    const resolution = resolveFires({
      schedule: { ...schedule, misfirePolicy, resolvedThrough: new Date(from.getTime() - 1) },
      now: to,
      upSince: to,
      runningSince: null,
      ...limits,
    });
    const rows = resolution?.fires ?? [];
    return {
      misfirePolicy,
      isInForce: misfirePolicy === schedule.misfirePolicy,
      fires: rows.flatMap((row) => listed(schedule, row)),
      counts: countsOf(rows),
    };
  });
}

function listed({ cron, timeZone }: DowntimeInput['schedule'], row: ResolvedFire): SimulatedFire[] {
  const span = { from: row.firedAt, to: new Date(row.throughAt.getTime() + 1) };
  const instants = instantsOf([{ ...row, cron, timeZone }], span, { isNewestFirst: false, size: LISTED_OF_A_GAP });
  return instants.map(({ at }) => ({ at, row }));
}

function countsOf(rows: readonly ResolvedFire[]): DowntimeSimulation['counts'] {
  const counts = new Map<FireOutcome, number>();
  for (const { outcome, count } of rows) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
  return [...counts].map(([outcome, count]) => ({ outcome, count }));
}
