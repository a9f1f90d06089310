/** A page of entries, newest first, that stays up to date. */
import { useCallback, useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { EntryRow } from './entry-row.ts';
import { graphql } from './hub.ts';
import { useLiveEntries } from './live.ts';

const Entries = graphql(
  `
    query Entries($after: String) {
      queuedCreations(first: 20, after: $after) {
        nodes {
          ...EntryRow
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [EntryRow],
);

export function EntriesPage() {
  const [after, setAfter] = useState<string | null>(null);
  const [loads, setLoads] = useState(0);
  const state = useLiveEntries(useCallback(() => setLoads((count) => count + 1), []));
  // A new context loads the page again.
  const context = useMemo(() => ({ requestPolicy: 'cache-and-network' as const, loads }), [loads]);
  const [{ data, error }] = useQuery({ query: Entries, variables: { after }, pause: loads === 0, context });
  const page = data?.queuedCreations;
  return (
    <section>
      <h2>Entries</h2>
      <p role="status">{error === undefined ? state : error.message}</p>
      <table>
        <thead>
          <tr>
            <th>Username</th>
            <th>Name</th>
            <th>Status</th>
            <th>Attempts</th>
            <th>Since</th>
          </tr>
        </thead>
        <tbody>
          {page?.nodes.map((entry) => (
            <tr key={entry.id}>
              <td>{entry.username}</td>
              <td>{entry.fullName}</td>
              <td title={entry.lastErrorMessage ?? ''}>{entry.status}</td>
              <td>{entry.attempts?.nodes.map(({ outcome }) => outcome ?? 'in progress').join(', ')}</td>
              <td>{new Date(entry.createdAt).toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" disabled={after === null} onClick={() => setAfter(null)}>
        First page
      </button>
      <button
        type="button"
        disabled={!page?.pageInfo.hasNextPage}
        onClick={() => setAfter(page?.pageInfo.endCursor ?? null)}
      >
        Next page
      </button>
    </section>
  );
}
