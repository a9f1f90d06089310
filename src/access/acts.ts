/**
 * What people and the server itself do, and the record of it: an act is written in the same
 * transaction as its change, so that neither can be there without the other, and one line of the
 * log follows once both are.
 */
import type { Transactional } from '../database/database.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Act, AuditTrail } from '../work/audit-trail.ts';

/** Tells the record of an act; call it within the work, once the change is made. */
export type Acted = (act: Act) => void;

export interface Acts {
  /**
   * Does a change in a transaction. The acts that `work` tells are written with it and logged
   * once it has committed; when it throws, neither they nor the change are there. What still runs
   * a second after `signal` is aborted is cancelled.
   */
  transaction<T>(work: (tx: Transactional, acted: Acted) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createActs(db: Transactional, trail: AuditTrail, logger: Logger): Acts {
  const log = (...acts: readonly Act[]): void => {
    for (const { caller, action, outcome = 'done', target, familyId, reason } of acts) {
      const line = {
        actor: caller.name,
        actorId: caller.id,
        action,
        outcome,
        target,
        familyId: familyId ?? undefined,
        reason: reason ?? undefined,
        requestId: caller.requestId ?? undefined,
      };
      logger.info(line, outcome === 'done' ? `${action} by ${caller.name}` : `${action} was denied to ${caller.name}`);
    }
  };
  return {
    async transaction(work, signal) {
      const acts: Act[] = [];
      const answer = await db.transaction(async (tx) => {
        const result = await work(tx, (act) => acts.push(act));
        if (acts.length > 0) await trail.record(tx, ...acts);
        return result;
      }, signal);
      log(...acts);
      return answer;
    },
  };
}
