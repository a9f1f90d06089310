/**
 * What people do to the queue's flow: every node's worker looks again before it claims or starts
 * anything more.
 */
import type { Acts } from '../../access/acts.ts';
import { requireFamily } from '../../access/scope.ts';
import type { Database } from '../../database/database.ts';
import { aggregateIdOf } from '../../events/outbox/aggregate-id.rules.ts';
import type { Caller } from '../../work/caller.ts';
import type { Notices } from '../../work/notices.ts';
import { recordEvents } from '../../work/write-events.ts';
import type { Limits } from './queue-control.rules.ts';
import {
  loadLimits,
  loadPauses,
  type PauseRequest,
  pauseQueue,
  type ResumeRequest,
  resumeQueue,
  setQueueLimits,
} from './queue-control.ts';

/** The operations behind the API's pauses and limits. */
export function createQueueControl(db: Database, notices: Notices, acts: Acts) {
  const targetOf = (familyId: string | null) =>
    familyId === null ? { type: 'Queue', id: 'queue' } : { type: 'Family', id: familyId };
  const aggregateOf = (familyId: string | null) =>
    ({ aggregateType: 'Queue', aggregateId: aggregateIdOf('Queue', familyId ?? 'queue'), familyId }) as const;
  return {
    loadPauses: (familyId: string | null) => loadPauses(db, familyId),
    loadLimits: () => loadLimits(db),
    async pause(caller: Caller, request: PauseRequest) {
      requireFamily(caller, request.familyId);
      const answer = await acts.transaction(async (tx, acted) => {
        const { isChanged } = await pauseQueue(tx, caller.name, request);
        const { familyId, reason, until } = request;
        const after = { isPaused: true, until: until?.toISOString() ?? null };
        if (!isChanged) return { isChanged };
        acted({ caller, action: 'pauseQueue', target: targetOf(familyId), familyId, reason, after });
        const payload = { familyId, until: after.until, actor: caller.name };
        await recordEvents(tx, [{ eventType: 'QueuePaused', ...aggregateOf(familyId), payload }]);
        return { isChanged };
      });
      notices.notify('queue');
      return answer;
    },
    async resume(caller: Caller, { familyId, reason }: ResumeRequest) {
      requireFamily(caller, familyId);
      const answer = await acts.transaction(async (tx, acted) => {
        const { isChanged, before } = await resumeQueue(tx, familyId);
        const change = { before: { isPaused: true, ...before }, after: { isPaused: false } };
        if (!isChanged) return { isChanged };
        acted({ caller, action: 'resumeQueue', target: targetOf(familyId), familyId, reason, ...change });
        const payload = { familyId, actor: caller.name };
        await recordEvents(tx, [{ eventType: 'QueueResumed', ...aggregateOf(familyId), payload }]);
        return { isChanged };
      });
      notices.notify('queue');
      return answer;
    },
    async setLimits(caller: Caller, { reason, ...limits }: Partial<Limits> & { readonly reason?: string | null }) {
      const answer = await acts.transaction(async (tx, acted) => {
        const { startsPerSecond, concurrency } = await loadLimits(tx);
        const { isChanged } = await setQueueLimits(tx, caller.name, limits);
        const change = { before: { startsPerSecond, concurrency }, after: { ...limits } };
        if (isChanged) acted({ caller, action: 'setQueueLimits', target: targetOf(null), reason, ...change });
        return { isChanged };
      });
      notices.notify('queue');
      return answer;
    },
  };
}
