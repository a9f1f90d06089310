/** The entries that a caller sees, as conditions for what reads them. */

import { entryScope } from '../access/scope.ts';
import type { Caller } from '../work/caller.ts';

/** As Prisma understands it; no condition for callers that see everything. */
export function visibleTo(caller: Caller): { familyId?: string; enqueuer?: string } {
  const { familyId, enqueuer } = entryScope(caller);
  return { ...(familyId === null ? {} : { familyId }), ...(enqueuer === null ? {} : { enqueuer }) };
}
