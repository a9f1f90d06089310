/** The operations behind the API's bulk actions, each with its tools; what people did is logged. */
import type { Acted } from '../../access/acts.ts';
import type { Digester } from '../../access/idempotency.ts';
import type { Database } from '../../database/database.ts';
import type { Notices } from '../../events/notices.ts';
import { type ApplyRequest, applyBulkAction, undoBulkAction } from './bulk-apply.ts';
import { type PlanRequest, planBulkAction } from './bulk-plan.ts';

export interface BulkTools {
  readonly db: Database;
  readonly keyRing: Digester;
  readonly notices: Notices;
  readonly undoWindowMs: number;
  /** An action was started or is to be taken back. */
  wake(): void;
}

export function createBulkOperations({ db, keyRing, notices, undoWindowMs, wake }: BulkTools, acted: Acted) {
  return {
    undoWindowMs,
    async plan(caller: string, request: PlanRequest) {
      const plan = await planBulkAction(db, caller, request);
      // A claim passes over entries in the moment in which they are written into the plan.
      notices.workToDo();
      return plan;
    },
    async apply(caller: string, request: ApplyRequest) {
      const answer = await applyBulkAction({ db, digester: keyRing }, caller, request);
      if (!answer.isReplay) acted(caller, 'applyBulkAction', answer.reason, { bulkActionId: answer.bulkActionId });
      wake();
      return answer;
    },
    async undo(caller: string, { bulkActionId, reason }: { bulkActionId: string; reason?: string | null }) {
      const answer = await undoBulkAction(db, bulkActionId, undoWindowMs);
      if (answer.isChanged) acted(caller, 'undoBulkAction', reason, { bulkActionId });
      wake();
      return answer;
    },
  };
}
