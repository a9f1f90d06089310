/** Subscription to entries: changes made on any node, by the API, the workers or SQL. */

import { entryScope, isUnbound } from '../access/scope.ts';
import type { ChangeEvent, LoadRows } from '../events/changes/change-events.ts';
import { type Interest, registerInterest } from '../events/changes/change-stream.ts';
import { changeType } from '../events/changes/change-type.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER } from '../graphql/change-types.ts';
import type { Caller } from '../work/caller.ts';
import { QueuedCreation } from './entry.graphql.ts';
import { type FilteredEntry, matchesFilter } from './entry-filter.rules.ts';
import { type EntryFilter, Filter } from './entry-queries.graphql.ts';

type WatchedEntry = FilteredEntry & { readonly enqueuer: string | null };

/** The column of each field that is used here; an omitted one does not compile. */
const COLUMNS: Readonly<Record<keyof WatchedEntry, string>> = {
  id: 'id',
  status: 'status',
  familyId: 'family_id',
  username: 'username',
  enqueuer: 'enqueuer',
  lastErrorCode: 'last_error_code',
  createdAt: 'created_at',
  completedAt: 'completed_at',
  nextRetryAt: 'next_retry_at',
  failureGroup: 'failure_group',
};
const SELECTED = Object.entries(COLUMNS)
  .map(([name, column]) => `${column} AS "${name}"`)
  .join(', ');

const load: LoadRows<WatchedEntry> = async (keys, reading) => {
  const rows = await reading.query<WatchedEntry>(
    `SELECT ${SELECTED} FROM auth.queued_managed_account_creations WHERE id = ANY($1::uuid[])`,
    [keys],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

const interestOf = (caller: Caller, filter?: EntryFilter | null): Interest<WatchedEntry> => ({
  topic: 'entry',
  ...((filter || !isUnbound(caller)) && { load, keep: keeper(filter, caller) }),
});

const EntryChange = changeType({
  topic: 'entry',
  name: 'QueuedCreationChange',
  description: 'An entry changed.',
  key: { field: 'entryId', description: 'The entry that changed.' },
  object: {
    field: 'queuedCreation',
    type: QueuedCreation,
    model: 'queuedCreation',
    description:
      'The entry as it is when the event is sent, not as it was at the change: an entry that was CREATED may be completed by then. Null when it was removed.',
  },
});
builder.subscriptionFields((t) => ({
  queuedCreationChanged: t.field({
    type: EntryChange,
    nullable: true,
    description: 'Each change of an entry, whichever node made it, once and in order.',
    args: {
      filter: t.arg({
        type: Filter,
        description:
          'Only entries that match when the event is sent, and removed entries (of the given family and ids); left out: all. There is no event when an entry stops matching: to show the entries of one status, filter by family or username, and check the status of each event.',
      }),
      after: t.arg.string({ description: AFTER }),
    },
    subscribe: (_root, { filter, after }, { caller, feed }) => feed.subscribe(interestOf(caller, filter), after),
    resolve: (change) => change,
  }),
}));
registerInterest('entry', (caller) => interestOf(caller));

/** Returns the function that decides whether the caller may see a change and asked for it. */
function keeper(filter: EntryFilter | null | undefined, caller: Caller) {
  const scope = entryScope(caller);
  return (change: ChangeEvent, entry: WatchedEntry | undefined): boolean => {
    // A deleted entry no longer matches a filter, but a client that shows it must be notified. Its enqueuer is
    // not known then, but its family is.
    if (change.kind === 'REMOVED')
      return (
        scope.enqueuer === null &&
        (scope.familyId === null || scope.familyId === change.scope) &&
        (!filter?.familyId || filter.familyId === change.scope) &&
        (!filter?.entryIds || filter.entryIds.includes(change.key))
      );
    return (
      entry !== undefined &&
      (scope.familyId === null || scope.familyId === entry.familyId) &&
      (scope.enqueuer === null || scope.enqueuer === entry.enqueuer) &&
      matchesFilter(filter, entry, new Date())
    );
  };
}
