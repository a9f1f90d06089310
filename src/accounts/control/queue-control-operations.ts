/**
 * What people do to the queue's flow: each change is logged with who made it, and every node's
 * worker looks again before it claims or starts anything more.
 */
import type { Acted } from '../../access/acts.ts';
import type { Database } from '../../database/database.ts';
import type { Notices } from '../../events/notices.ts';
import type { Limits } from './queue-control.rules.ts';
import { loadLimits, loadPauses, type PauseRequest, pauseQueue, resumeQueue, setQueueLimits } from './queue-control.ts';

/** The operations behind the API's pauses and limits. */
export function createQueueControl(db: Database, notices: Notices, acted: Acted) {
  return {
    loadPauses: () => loadPauses(db),
    loadLimits: () => loadLimits(db),
    async pause(caller: string, request: PauseRequest) {
      const answer = await pauseQueue(db, caller, request);
      const { reason, ...target } = request;
      if (answer.isChanged) acted(caller, 'pauseQueue', reason, target);
      notices.circuitChanged();
      return answer;
    },
    async resume(caller: string, familyId: string | null) {
      const answer = await resumeQueue(db, familyId);
      if (answer.isChanged) acted(caller, 'resumeQueue', undefined, { familyId });
      notices.circuitChanged();
      return answer;
    },
    async setLimits(caller: string, limits: Partial<Limits>) {
      const answer = await setQueueLimits(db, caller, limits);
      if (answer.isChanged) acted(caller, 'setQueueLimits', undefined, limits);
      notices.circuitChanged();
      return answer;
    },
  };
}
