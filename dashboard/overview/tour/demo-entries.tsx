/** The demo entries, live: state, attempts and the server's explanation. */

import { Link } from 'wouter';
import { CureButton } from '../../actions/action-button.tsx';
import { newKey } from '../../actions/perform.ts';
import { client } from '../../graphql/client.ts';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { problemOf } from '../../graphql/problems.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Loaded } from '../../ui/notice.tsx';
import { Status } from '../../ui/text.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { ATTEMPT_OUTCOME, counted, ENTRY_STATUS } from '../../ui/words.ts';

const DemoEntries = graphql(`
  query DemoEntries($entryIds: [UUID!]!) {
    queuedCreations(filter: { entryIds: $entryIds }, first: 10) {
      nodes {
        id entryId username fullName status retryCount nextRetryAt
        explanation { summary blockers { __typename message cure { label mutation input } } }
        attempts(last: 1) { totalCount nodes { number outcome errorMessage duration } }
      }
    }
  }
`);
type DemoEntry = NonNullable<ResultOf<typeof DemoEntries>['queuedCreations']>['nodes'][number];

export function useDemoEntries(entryIds: readonly string[]) {
  return useLiveQuery({
    query: DemoEntries,
    variables: { entryIds: [...entryIds] },
    on: ['QUEUED_CREATION', 'CIRCUIT'],
    isPaused: entryIds.length === 0,
  });
}

export function DemoEntriesList({ entryIds }: { readonly entryIds: readonly string[] }) {
  const result = useDemoEntries(entryIds);
  return (
    <Loaded result={result} height={4}>
      {({ queuedCreations }) => (
        <ul className="grid gap-1.5">
          {(queuedCreations?.nodes ?? []).map((entry) => (
            <DemoEntryLine key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
    </Loaded>
  );
}

function DemoEntryLine({
  entry: { entryId, username, fullName, status, nextRetryAt, explanation, attempts },
}: {
  readonly entry: DemoEntry;
}) {
  const last = attempts?.nodes[0];
  // While the circuit is open no other cure helps, and the tour's steps offer the one for it.
  const isHeld = explanation?.blockers.some(({ __typename }) => __typename === 'CircuitOpen') ?? false;
  const cure = isHeld
    ? undefined
    : explanation?.blockers.find((blocker) => blocker.cure?.mutation === 'retryEntry')?.cure;
  return (
    <li className="rounded-md border px-3 py-2">
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span>
          <Link href={`/queue/${entryId}`} className="font-medium hover:underline">
            {username}
          </Link>{' '}
          <span className="text-muted">{fullName}</span>
        </span>
        <span className="flex flex-wrap items-center gap-2">
          {status === 'PENDING' && nextRetryAt !== null && (
            <span className="text-sm text-muted">
              next attempt: <Time at={nextRetryAt} as="countdown" />
            </span>
          )}
          <Status of={ENTRY_STATUS[status]} />
          {cure != null && <CureButton cure={cure} subject={username} />}
        </span>
      </div>
      <p className="text-sm text-muted">
        {explanation !== null && ownWords(explanation)}
        {last?.outcome != null && (
          <>
            {' '}
            {counted(attempts?.totalCount ?? 0, 'attempt', 'attempts')}, the last:{' '}
            {ATTEMPT_OUTCOME[last.outcome].text.toLowerCase()}
            {last.duration !== null && (
              <>
                {' '}
                after <Length of={last.duration} />
              </>
            )}
            .
          </>
        )}
      </p>
    </li>
  );
}

/** The entry's own blockers; the open circuit is shown once above all entries. */
function ownWords({ summary, blockers }: NonNullable<DemoEntry['explanation']>): string {
  if (blockers.length === 0) return summary;
  const own = blockers.filter(({ __typename }) => __typename !== 'CircuitOpen');
  return own.length === 0 ? 'Waiting for the circuit to close.' : own.map(({ message }) => message).join(' ');
}

/* Enqueues demo accounts in the first family. */

const FirstFamily = graphql(`
  query FirstFamily {
    families(first: 1) { nodes { familyId name members(first: 1) { nodes { userId } } } }
  }
`);
const EnqueueDemo = graphql(`
  mutation EnqueueDemo($input: EnqueueAccountsInput!) {
    enqueueAccounts(input: $input) {
      ... on EnqueueAccountsPayload {
        results { result { ... on EnqueueAccountPayload { entry { id entryId } } ... on MutationError { message } } }
      }
      ... on MutationError { message }
    }
  }
`);
const NAMES = ['Noah Demo', 'Mia Demo', 'Opa Willi Demo', 'Emma Demo', 'Liam Demo', 'Oma Gerda Demo'];

/** Enqueues `count` entries and returns their ids; throws an Error with a message for the page. */
export async function enqueueDemo(count: number): Promise<readonly string[]> {
  const families = await client.query(FirstFamily, {}, { requestPolicy: 'network-only' }).toPromise();
  if (families.error !== undefined) throw new Error(problemOf(families.error));
  const family = families.data?.families?.nodes[0];
  const creator = family?.members.nodes[0];
  if (family === undefined || creator === undefined)
    throw new Error('There is no family with a member yet. On this machine "npm run db:seed" adds one.');
  const items = Array.from({ length: count }, (_, index) => ({
    familyId: family.familyId,
    createdByUserId: creator.userId,
    username: `demo_${newKey().slice(0, 8)}`,
    fullName: NAMES[index % NAMES.length] ?? 'Demo',
  }));
  const { data, error } = await client
    .mutation(EnqueueDemo, { input: { items, idempotencyKey: newKey() } })
    .toPromise();
  if (error !== undefined) throw new Error(problemOf(error));
  const outcome = data?.enqueueAccounts;
  if (outcome == null || !('results' in outcome)) throw new Error(outcome?.message ?? 'The server answered nothing.');
  return outcome.results.map(({ result }) => {
    if (!('entry' in result)) throw new Error('message' in result ? result.message : 'An account was refused.');
    return result.entry.entryId;
  });
}
