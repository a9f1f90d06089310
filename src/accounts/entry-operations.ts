/** The operations behind the API's mutations over entries, each with its tools; what people did is logged. */
import type { Acted } from '../access/acts.ts';
import { type CancelTools, cancelEntry } from './cancel.ts';
import { createEnqueuer, type EnqueuerOptions } from './enqueue.ts';
import { enqueueMany, type NewEntries } from './enqueue-many.ts';
import { type RetryRequest, retryEntry } from './retry.ts';

export function createEntryOperations(tools: EnqueuerOptions & CancelTools, acted: Acted) {
  return {
    enqueuer: createEnqueuer(tools),
    async enqueueMany(caller: string, request: NewEntries) {
      const answer = await enqueueMany(tools, caller, request);
      const { acceptedCount: accepted, isReplay } = answer;
      if (!isReplay) acted(caller, 'enqueueAccounts', null, { accepted, refused: answer.results.length - accepted });
      return answer;
    },
    async retry(caller: string, request: RetryRequest) {
      const answer = await retryEntry(tools, caller, request);
      if (!answer.isReplay) acted(caller, 'retryEntry', request.reason, { entryId: request.entryId });
      return answer;
    },
    async cancel(caller: string, { entryId, reason }: { entryId: string; reason?: string | null }) {
      const answer = await cancelEntry(tools, entryId);
      if (answer.isChanged) acted(caller, 'cancelEntry', reason, { entryId });
      return answer;
    },
  };
}
