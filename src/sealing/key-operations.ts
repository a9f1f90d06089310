/** The operations behind the API's keys, each with its tools; nodes hear of what changed. */

import type { Database, Queryable } from '../database/database.ts';
import type { Caller } from '../work/caller.ts';
import type { Notices } from '../work/notices.ts';
import { countSealed, countSealedSecrets } from './key-usage.ts';
import { type ResealRequest, resealEntries } from './reseal.ts';
import { type RetireRequest, retireEncryptionKey } from './retire.ts';
import { wrapWithNewMasterKey } from './rewrap.ts';
import { type KeyTools, type RotateRequest, rotateEncryptionKey } from './rotate.ts';

export interface KeyOperationTools extends KeyTools {
  readonly db: Database;
  readonly notices: Notices;
  /** A re-sealing was started. */
  wake(): void;
}

/** `reading` is asked where a query waits for the answer. */
export function createKeyOperations(tools: KeyOperationTools, reading: Queryable) {
  const { keyRing, notices, wake } = tools;
  /** This node knows at once, the others in milliseconds. */
  const changed = async <T>(answer: T): Promise<T> => {
    await keyRing.refresh();
    notices.notify('keys');
    return answer;
  };
  return {
    rotate: async (caller: Caller, request: RotateRequest) =>
      changed(await rotateEncryptionKey(tools, caller, request)),
    retire: async (caller: Caller, request: RetireRequest) =>
      changed(await retireEncryptionKey(tools, caller, request)),
    rewrap: async (caller: Caller, request: { reason?: string | null }) =>
      changed(await wrapWithNewMasterKey(tools, caller, request)),
    async reseal(caller: Caller, request: ResealRequest) {
      // What a key that has just become active means is seen by whoever does the work, too.
      const answer = await resealEntries(tools, caller, request);
      wake();
      return answer;
    },
    /** Entries that have a password, by the key that it is sealed under. */
    countSealed: () => countSealed(reading),
    /** Secrets of webhooks, likewise. */
    countSealedSecrets: () => countSealedSecrets(reading),
  };
}

export type KeyOperations = ReturnType<typeof createKeyOperations>;
