/** The viewer and their permissions, loaded before anything else is shown. */

import { createContext, type ReactNode, useCallback, useContext, useMemo } from 'react';
import { useQuery } from 'urql';
import { client } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { isPassing, isSignedOut, passingProblemOf, problemOf } from '../graphql/problems.ts';
import { useTrouble } from '../live/troubles.ts';
import { Button } from '../ui/button.tsx';

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      name role kind expiresAt
      family { familyId name }
      operations { name kind isAllowed reason }
    }
  }
`);

export type Viewer = NonNullable<ResultOf<typeof ViewerQuery>['viewer']>;

/** Whether an operation of the API may be used, and if not, the reason as a message for the user. */
export interface Permission {
  readonly isAllowed: boolean;
  readonly reason: string | undefined;
}

interface Known {
  readonly viewer: Viewer;
  readonly permissions: ReadonlyMap<string, Permission>;
}

/** Sends the query at once, before anything is rendered; the provider below gets the result. */
export const askForViewer = (): void => void client.query(ViewerQuery, {}).toPromise();

const Context = createContext<Known | undefined>(undefined);

export function ViewerProvider({ children }: { readonly children: ReactNode }) {
  const [{ data, error, fetching }, ask] = useQuery({ query: ViewerQuery, requestPolicy: 'cache-first' });
  const viewer = data?.viewer;
  const known = useMemo(
    () =>
      viewer == null
        ? undefined
        : {
            viewer,
            permissions: new Map(
              viewer.operations.map(({ name, isAllowed, reason }) => [
                name,
                { isAllowed, reason: reason ?? undefined },
              ]),
            ),
          },
    [viewer],
  );
  const retry = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  const isTriedAgain = error !== undefined && isPassing(error);
  const problem = error && (isTriedAgain ? passingProblemOf(error) : problemOf(error));
  useTrouble({
    problem: isTriedAgain || (error !== undefined && isSignedOut(error)) ? problem : undefined,
    isSignedOut: error !== undefined && isSignedOut(error),
    isBusy: fetching,
    retry,
  });
  if (known !== undefined) return <Context value={known}>{children}</Context>;
  // The message stays while the query is retried.
  if (fetching && error === undefined) return null;
  return (
    <main className="mx-auto mt-24 max-w-md px-4 text-center" role="alert">
      <h1 className="text-lg font-semibold">The server does not answer</h1>
      <p className="mt-2 text-muted">{problem ?? 'It did not say who you are.'}</p>
      <div className="mt-4 flex justify-center">
        <Button kind="primary" onClick={retry}>
          Try again
        </Button>
      </div>
    </main>
  );
}

function useKnown(): Known {
  const known = useContext(Context);
  if (known === undefined) throw new Error('The viewer has not been loaded.');
  return known;
}

export const useViewer = (): Viewer => useKnown().viewer;

/** Whether the viewer may use a root field of the API, for example `retryEntry`. */
export function usePermission(operation: string): Permission {
  const found = useKnown().permissions.get(operation);
  return found ?? { isAllowed: false, reason: `This server does not know ${operation}.` };
}

/** The same as a function, for operations that are not known in advance. */
export function usePermissions(): (operation: string) => Permission {
  const { permissions } = useKnown();
  return (operation) =>
    permissions.get(operation) ?? { isAllowed: false, reason: `This server does not know ${operation}.` };
}
