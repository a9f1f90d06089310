/** Loads all members of a family, page by page. */

import { useEffect, useState, useSyncExternalStore } from 'react';
import { client } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { problemOf } from '../graphql/problems.ts';
import { isUuid } from '../ui/text.rules.ts';

const MembersOf = graphql(`
  query MembersOf($familyId: UUID!, $after: String) {
    family(familyId: $familyId) {
      id familyId name
      members(first: 100, after: $after) {
        nodes { id userId username fullName role }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

type Member = NonNullable<ResultOf<typeof MembersOf>['family']>['members']['nodes'][number];

export interface Members {
  readonly familyId: string;
  readonly name: string;
  readonly members: readonly Member[];
  /** Not all members are loaded: there are too many, or a page failed. */
  readonly isCut: boolean;
  readonly problem: string | undefined;
}

const MOST_PAGES = 20;

/** Undefined until all pages are loaded: the selected member may be on the last one. */
export function useMembers(familyId: string): Members | undefined {
  const [found, setFound] = useState<Members>();
  useEffect(() => {
    if (!isUuid(familyId)) return;
    let isWanted = true;
    void membersOf(familyId, () => isWanted).then((members) => isWanted && setFound(members));
    return () => {
      isWanted = false;
    };
  }, [familyId]);
  return found?.familyId === familyId ? found : undefined;
}

async function membersOf(familyId: string, isWanted: () => boolean): Promise<Members> {
  const members: Member[] = [];
  let name = '';
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES && isWanted(); page++) {
    const { data, error }: Awaited<ReturnType<typeof ask>> = await ask(familyId, after);
    if (error !== undefined) return { familyId, name, members, isCut: true, problem: problemOf(error) };
    if (data?.family == null) break;
    name = data.family.name;
    members.push(...data.family.members.nodes);
    const { hasNextPage, endCursor } = data.family.members.pageInfo;
    if (!hasNextPage) return { familyId, name, members, isCut: false, problem: undefined };
    after = endCursor;
  }
  return { familyId, name, members, isCut: members.length > 0, problem: undefined };
}

const ask = (familyId: string, after: string | null) => client.query(MembersOf, { familyId, after }).toPromise();

/* State that survives navigation within the dashboard, but not a reload. */

export interface Kept<State extends object> {
  readonly get: () => State;
  readonly set: (change: Partial<State>) => void;
  readonly use: () => State;
}

export function keep<State extends object>(initial: State): Kept<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  const listen = (told: () => void): (() => void) => {
    listeners.add(told);
    return () => listeners.delete(told);
  };
  return {
    get: () => state,
    set: (change) => {
      state = { ...state, ...change };
      for (const told of listeners) told();
    },
    use: () => useSyncExternalStore(listen, () => state),
  };
}

const guards = new Set<() => boolean>();

/** Makes the browser ask before leaving or reloading the page while `wouldLose` returns true. */
export function guardLeaving(wouldLose: () => boolean): void {
  if (guards.size === 0)
    window.addEventListener('beforeunload', (event) => {
      if ([...guards].some((lost) => lost())) event.preventDefault();
    });
  guards.add(wouldLose);
}
