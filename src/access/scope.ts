/**
 * Which entries a caller may see and change: if it is bound to a family, that family's entries; if it is an
 * ENQUEUER, only those that it enqueued. Entries outside its scope are treated as if they did not exist.
 */
import { InvalidInputError, NotFoundError } from '../refusals.ts';
import type { Caller } from '../work/caller.ts';

export interface EntryScope {
  /** Only entries of this family; null: of all families. */
  readonly familyId: string | null;
  /** Only entries that this caller (its id) enqueued; null: any caller's. */
  readonly enqueuer: string | null;
}

export const entryScope = ({ familyId, role, id }: Caller): EntryScope => ({
  familyId,
  enqueuer: role === 'enqueuer' ? id : null,
});

/**
 * Returns if the caller may act on this family as a whole; null stands for all families. Throws NotFoundError
 * for another family, as for one that does not exist, and InvalidInputError if a caller bound to a family
 * names none.
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

/** True for callers that see all entries. */
export const isUnbound = (caller: Caller): boolean => {
  const { familyId, enqueuer } = entryScope(caller);
  return familyId === null && enqueuer === null;
};

/** Returns the scope as a Prisma condition; empty for callers that see all entries. */
export function visibleTo(caller: Caller): { familyId?: string; enqueuer?: string } {
  const { familyId, enqueuer } = entryScope(caller);
  return { ...(familyId === null ? {} : { familyId }), ...(enqueuer === null ? {} : { enqueuer }) };
}
