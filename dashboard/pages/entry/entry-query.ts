/** What the page of an entry asks for. What not everybody may see is asked for apart. */
import { graphql, type ResultOf } from '../../graphql/graphql.ts';

/** Nodes and bulk actions lead out of a family: callers that are bound to one may not see them. */
export const EntryQuery = graphql(`
  query EntryPage($entryId: UUID!, $seesBeyond: Boolean!) {
    queuedCreation(entryId: $entryId) {
      id entryId username fullName role status
      createdAt updatedAt completedAt nextRetryAt
      retryCount maxRetries canCancel canRetry
      passwordDestroyedAt passwordDestroyedBecause
      family { id familyId name }
      createdBy { id userId fullName username email role }
      user { id userId fullName zitadelUserId createdAt }
      bulkAction @include(if: $seesBeyond) { id bulkActionId action actor reason status appliedAt runAt }
      explanation {
        summary nextChangeAt
        blockers { __typename message cure { label mutation input } }
      }
      attempts(last: 20) {
        nodes {
          number outcome startedAt finishedAt duration errorCode errorMessage providerRequestId
          node @include(if: $seesBeyond) { id name }
        }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
`);

export const EarlierAttempts = graphql(`
  query EarlierAttempts($entryId: UUID!, $before: String!, $seesBeyond: Boolean!) {
    queuedCreation(entryId: $entryId) {
      id
      attempts(last: 20, before: $before) {
        nodes {
          number outcome startedAt finishedAt duration errorCode errorMessage providerRequestId
          node @include(if: $seesBeyond) { id name }
        }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
`);

export const EntryActs = graphql(`
  query EntryActs($entryId: String!) {
    auditEntries(first: 50, filter: { targetId: $entryId, targetType: "QueuedCreation" }) {
      nodes { id action actor actorKind outcome reason at after }
      pageInfo { hasNextPage }
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

/** For scripts: what somebody who looks at an entry wants to know. */
export const EntryForScripts = graphql(`
  query Entry($entryId: UUID!) {
    queuedCreation(entryId: $entryId) {
      entryId username fullName status retryCount maxRetries nextRetryAt lastErrorCode lastErrorMessage
      explanation { summary nextChangeAt blockers { message cure { label mutation input } } }
      attempts(last: 5) { nodes { number outcome errorCode errorMessage providerRequestId startedAt duration } }
    }
  }
`);

export type Entry = NonNullable<ResultOf<typeof EntryQuery>['queuedCreation']>;
export type AttemptPage = NonNullable<Entry['attempts']>;
export type Attempt = AttemptPage['nodes'][number];
export type BulkAction = NonNullable<Entry['bulkAction']>;
export type Act = NonNullable<ResultOf<typeof EntryActs>['auditEntries']>['nodes'][number];
export type Transition = NonNullable<
  ResultOf<typeof CircuitHistory>['identityProvider']
>['circuit']['transitions'][number];
