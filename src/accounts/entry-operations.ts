/** The operations behind the API's mutations over entries, each with its tools. */
import type { Caller } from '../access/caller.ts';
import { sealingAgain } from '../sealing/open-sealed.ts';
import { type CancelRequest, type CancelTools, cancelEntry } from './cancel.ts';
import { createEnqueuer, type EnqueuerOptions, type NewEntry } from './enqueue.ts';
import { enqueueMany, type NewEntries } from './enqueue-many.ts';
import { type RetryRequest, retryEntry } from './retry.ts';

export function createEntryOperations(tools: EnqueuerOptions & CancelTools) {
  const { keyRing } = tools;
  const enqueuer = createEnqueuer(tools);
  return {
    enqueuer: {
      enqueue: (caller: Caller, entry: NewEntry) => sealingAgain(keyRing, () => enqueuer.enqueue(caller, entry)),
    },
    enqueueMany: (caller: Caller, request: NewEntries) =>
      sealingAgain(keyRing, () => enqueueMany(tools, caller, request)),
    retry: (caller: Caller, request: RetryRequest) => sealingAgain(keyRing, () => retryEntry(tools, caller, request)),
    cancel: (caller: Caller, request: CancelRequest) => cancelEntry(tools, caller, request),
  };
}
