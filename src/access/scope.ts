/**
 * Which entries a caller sees and touches: those of its family, where it is bound to one, and of
 * an ENQUEUER only what it enqueued itself. What is outside is treated as if it did not exist.
 */
import { InvalidInputError, NotFoundError } from '../refusals.ts';
import type { Caller } from '../work/caller.ts';

export interface EntryScope {
  /** Entries of this family only; null: of all. */
  readonly familyId: string | null;
  /** Entries that this caller (its id) enqueued; null: everybody's. */
  readonly enqueuer: string | null;
}

export const entryScope = ({ familyId, role, id }: Caller): EntryScope => ({
  familyId,
  enqueuer: role === 'enqueuer' ? id : null,
});

/**
 * Passes when the caller may act on this family as a whole; null stands for all families. Throws
 * NotFoundError for another's family, as for one that does not exist, and InvalidInputError where
 * a caller that is bound to a family named none.
 */
export function requireFamily({ familyId: own }: Caller, familyId: string | null): void {
  if (own === null || own === familyId) return;
  if (familyId !== null) throw unknownFamily(familyId);
  throw new InvalidInputError([
    { path: ['familyId'], code: 'REQUIRED', message: `You act for one family only. Give its id, ${own}.` },
  ]);
}

export const unknownFamily = (familyId: string): NotFoundError =>
  new NotFoundError(`There is no family with the id ${familyId}. List them with the query "families".`);

/** True for callers that see everything. */
export const isUnbound = (caller: Caller): boolean => {
  const { familyId, enqueuer } = entryScope(caller);
  return familyId === null && enqueuer === null;
};

/** As Prisma understands it; no condition for callers that see everything. */
export function visibleTo(caller: Caller): { familyId?: string; enqueuer?: string } {
  const { familyId, enqueuer } = entryScope(caller);
  return { ...(familyId === null ? {} : { familyId }), ...(enqueuer === null ? {} : { enqueuer }) };
}
