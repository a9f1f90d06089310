/** The operations behind the API's bulk actions, each with its tools. */
import type { Acts } from '../../access/acts.ts';
import type { Digester } from '../../access/idempotency.ts';
import type { Database } from '../../database/database.ts';
import type { Caller } from '../../work/caller.ts';
import type { Notices } from '../../work/notices.ts';
import { type ApplyRequest, applyBulkAction, type UndoRequest, undoBulkAction } from './bulk-apply.ts';
import { type PlanRequest, planBulkAction, requireRoomForPlan } from './bulk-plan.ts';

export interface BulkTools {
  readonly db: Database;
  readonly acts: Acts;
  readonly keyRing: Digester;
  readonly notices: Notices;
  readonly undoWindowMs: number;
  /** So long a node has a bulk action for itself after each of its batches. */
  readonly leaseMs: number;
  /** An action was started or is to be taken back. */
  wake(): void;
}

export function createBulkOperations({ db, acts, keyRing, notices, undoWindowMs, leaseMs, wake }: BulkTools) {
  return {
    undoWindowMs,
    leaseMs,
    async plan(caller: Caller, request: PlanRequest) {
      await requireRoomForPlan(db, caller);
      const plan = await planBulkAction({ db, acts }, caller, request);
      // A claim passes over entries in the moment in which they are written into the plan.
      notices.notify('work', 'changes');
      return plan;
    },
    async apply(caller: Caller, request: ApplyRequest) {
      const answer = await applyBulkAction({ acts, digester: keyRing }, caller, request);
      wake();
      notices.notify('changes');
      return answer;
    },
    async undo(caller: Caller, request: UndoRequest) {
      const answer = await undoBulkAction({ acts, undoWindowMs }, caller, request);
      wake();
      notices.notify('changes');
      return answer;
    },
  };
}
