/**
 * Evaluates a filter on an entry that is already loaded, so that one query serves every subscriber. It is
 * equivalent to the database condition (entry-queries.graphql.ts).
 */
import type { EntryStatus } from '../database/generated/prisma/enums.ts';
import type { EntryFilter } from './entry-queries.graphql.ts';

type TextFilter = NonNullable<EntryFilter['username']>;
type Span = NonNullable<EntryFilter['createdAt']>;

/** The fields that a filter uses. */
export interface FilteredEntry {
  readonly id: string;
  readonly status: EntryStatus;
  readonly familyId: string | null;
  readonly username: string;
  readonly lastErrorCode: string | null;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly nextRetryAt: Date | null;
  readonly failureGroup: string | null;
}

export function matchesFilter(filter: EntryFilter | null | undefined, entry: FilteredEntry, now: Date): boolean {
  if (!filter) return true;
  const { entryIds, status, familyId, username, errorCode, createdAt, completedAt, nextRetryAt, dueNow, failureGroup } =
    filter;
  const isDue = entry.status === 'pending' && entry.nextRetryAt !== null && entry.nextRetryAt <= now;
  return (
    (!entryIds || entryIds.includes(entry.id)) &&
    (!status || status.includes(entry.status)) &&
    (!familyId || familyId === entry.familyId) &&
    (!username || matchesText(username, entry.username)) &&
    (!errorCode || matchesText(errorCode, entry.lastErrorCode)) &&
    (!createdAt || isWithin(createdAt, entry.createdAt)) &&
    (!completedAt ||
      (entry.status === 'completed' && entry.completedAt !== null && isWithin(completedAt, entry.completedAt))) &&
    (!nextRetryAt || (isOneOf(entry.status, 'pending', 'processing') && isWithin(nextRetryAt, entry.nextRetryAt))) &&
    (typeof failureGroup !== 'string' ||
      (failureGroup === entry.failureGroup && isOneOf(entry.status, 'pending', 'failed'))) &&
    (typeof dueNow !== 'boolean' || dueNow === isDue)
  );
}

const isOneOf = (status: EntryStatus, ...statuses: readonly EntryStatus[]): boolean => statuses.includes(status);

function matchesText({ equals, in: oneOf, startsWith }: TextFilter, text: string | null): boolean {
  return (
    text !== null &&
    (typeof equals !== 'string' || text === equals) &&
    (!oneOf || oneOf.includes(text)) &&
    (typeof startsWith !== 'string' || text.startsWith(startsWith))
  );
}

function isWithin({ from, to }: Span, at: Date | null): boolean {
  if (!from && !to) return true;
  return at !== null && (!from || at >= from) && (!to || at < to);
}
