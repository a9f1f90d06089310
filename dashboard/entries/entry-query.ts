/**
 * The queries of the entry page. The server refuses a document with a field that the viewer may not see, so
 * fields that reach beyond a family (nodes, bulk actions) have documents of their own.
 */

import { graphql, type ResultOf } from '../graphql/graphql.ts';

const EntryFields = graphql(`
  fragment EntryFields on QueuedCreation @_unmask {
    id entryId username fullName role status
    createdAt updatedAt completedAt failedAt cancelledAt nextRetryAt
    retryCount maxRetries canCancel canRetry
    passwordDestroyedAt passwordDestroyedBecause
    family { id familyId name }
    createdBy { id userId fullName username email role }
    user { id userId fullName zitadelUserId createdAt }
    explanation {
      summary nextChangeAt
      blockers {
        __typename code message at cure { label mutation input }
        ... on CircuitOpen { openedAt }
        ... on QueuePaused { pausedAt }
      }
    }
  }
`);

const AttemptFields = graphql(`
  fragment AttemptFields on Attempt @_unmask {
    number outcome startedAt finishedAt duration errorCode errorMessage providerRequestId
  }
`);

/** For callers bound to a family, and for an ENQUEUER. */
export const EntryQuery = graphql(
  `
    query EntryPage($entryId: UUID!) {
      queuedCreation(entryId: $entryId) {
        ...EntryFields
        attempts(last: 20) { nodes { ...AttemptFields } pageInfo { hasPreviousPage startCursor } }
      }
    }
  `,
  [EntryFields, AttemptFields],
);

/** For all other callers. */
export const WholeEntryQuery = graphql(
  `
    query WholeEntryPage($entryId: UUID!) {
      queuedCreation(entryId: $entryId) {
        ...EntryFields
        bulkActions(first: 50) {
          outcome message changedAt undoneAt undoneBy undoReason
          bulkAction { id bulkActionId action actor reason appliedAt finishedAt runAt }
        }
        attempts(last: 20) {
          nodes { ...AttemptFields node { id name } }
          pageInfo { hasPreviousPage startCursor }
        }
      }
    }
  `,
  [EntryFields, AttemptFields],
);

export const EarlierAttempts = graphql(
  `
    query EarlierAttempts($entryId: UUID!, $before: String!) {
      queuedCreation(entryId: $entryId) {
        id
        attempts(last: 20, before: $before) { nodes { ...AttemptFields } pageInfo { hasPreviousPage startCursor } }
      }
    }
  `,
  [AttemptFields],
);

export const WholeEarlierAttempts = graphql(
  `
    query WholeEarlierAttempts($entryId: UUID!, $before: String!) {
      queuedCreation(entryId: $entryId) {
        id
        attempts(last: 20, before: $before) {
          nodes { ...AttemptFields node { id name } }
          pageInfo { hasPreviousPage startCursor }
        }
      }
    }
  `,
  [AttemptFields],
);

export const EntryActs = graphql(`
  query EntryActs($entryId: String!) {
    auditEntries(first: 50, filter: { targetId: $entryId, targetType: "QueuedCreation" }) {
      nodes { id action actor outcome reason at before after targetType targetId }
      pageInfo { hasNextPage }
    }
    pauses: auditEntries(first: 50, filter: { action: { in: ["pauseQueue", "resumeQueue"] } }) {
      nodes { id action actor outcome reason at before after targetType targetId }
      pageInfo { hasNextPage }
    }
  }
`);

/** Audit entries of batch enqueues, one per family with its entries' ids; `last` selects the oldest in range. */
export const BatchActs = graphql(`
  query BatchActs($familyId: UUID, $from: DateTime!, $to: DateTime!) {
    auditEntries(
      last: 20
      filter: { action: { equals: "enqueueAccounts" }, familyId: $familyId, at: { from: $from, to: $to } }
    ) {
      nodes { id actor after }
    }
  }
`);

export const CircuitHistory = graphql(`
  query CircuitHistory {
    identityProvider {
      name
      circuit { transitions(first: 100) { from to changedAt cause reason actor } }
    }
  }
`);

/** For scripts: the main facts about an entry. */
export const EntryForScripts = graphql(`
  query Entry($entryId: UUID!) {
    queuedCreation(entryId: $entryId) {
      entryId username fullName status retryCount maxRetries nextRetryAt lastErrorCode lastErrorMessage
      explanation { summary nextChangeAt blockers { code message at subject cure { label mutation input } } }
      attempts(last: 5) { nodes { number outcome errorCode errorMessage providerRequestId startedAt duration } }
    }
  }
`);

type Narrow = NonNullable<ResultOf<typeof EntryQuery>['queuedCreation']>;
type Whole = NonNullable<ResultOf<typeof WholeEntryQuery>['queuedCreation']>;
type NarrowPage = NonNullable<Narrow['attempts']>;
type WholeAttempt = NonNullable<Whole['attempts']>['nodes'][number];

export type Attempt = NarrowPage['nodes'][number] & Partial<Pick<WholeAttempt, 'node'>>;
export type AttemptPage = Pick<NarrowPage, 'pageInfo'> & { readonly nodes: readonly Attempt[] };
export type Entry = Omit<Narrow, 'attempts'> &
  Partial<Pick<Whole, 'bulkActions'>> & { readonly attempts: AttemptPage | null };
export type BulkChange = Whole['bulkActions'][number];
export type Act = NonNullable<ResultOf<typeof EntryActs>['auditEntries']>['nodes'][number];
export type BatchAct = NonNullable<ResultOf<typeof BatchActs>['auditEntries']>['nodes'][number];
export type Transition = NonNullable<
  ResultOf<typeof CircuitHistory>['identityProvider']
>['circuit']['transitions'][number];
