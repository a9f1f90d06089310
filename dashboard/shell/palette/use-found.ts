/** The entries, families and runs that match the typed text, queried once typing pauses. */

import { Activity, UsersRound } from 'lucide-react';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { useSettled } from '../../ui/focus.ts';
import { RUN_STATUS } from '../../ui/words.ts';
import type { May } from './commands.ts';
import { entryItem } from './entry-items.ts';
import { entriesOf, type FoundEntry, type Group, PaletteEntry } from './item.ts';
import { soughtBy } from './rank.rules.ts';

const ByUsername = graphql(
  `
    query PaletteByUsername($username: String!) {
      queuedCreations(filter: { username: { startsWith: $username } }, first: 8) { nodes { id ...PaletteEntry } }
    }
  `,
  [PaletteEntry],
);
const ById = graphql(
  `
    query PaletteById($id: UUID!) {
      queuedCreation(entryId: $id) { id ...PaletteEntry }
    }
  `,
  [PaletteEntry],
);
const ByIds = graphql(
  `
    query PaletteByIds($ids: [UUID!]!) {
      queuedCreations(filter: { entryIds: $ids }, first: 10) { nodes { id ...PaletteEntry } }
    }
  `,
  [PaletteEntry],
);
const Run = graphql(`
  query PaletteRun($id: UUID!) {
    jobRun(runId: $id) { id runId status job { id name } }
  }
`);
const Families = graphql(`
  query PaletteFamilies($search: String!) {
    families(search: $search, first: 5) { nodes { id familyId name } }
  }
`);

interface Found {
  readonly groups: readonly Group[];
  readonly isLooking: boolean;
}

export function useFound(typed: string, may: May): Found {
  const text = useSettled(typed);
  const { id, username, family } = soughtBy(text);
  const sees = may('queuedCreations').isAllowed;
  const named = useLiveQuery({
    query: ByUsername,
    variables: { username: username ?? '' },
    isPaused: username === undefined || !sees,
  });
  const identified = useLiveQuery({ query: ById, variables: { id: id ?? '' }, isPaused: id === undefined || !sees });
  const run = useLiveQuery({
    query: Run,
    variables: { id: id ?? '' },
    isPaused: id === undefined || !may('jobRun').isAllowed,
  });
  const families = useLiveQuery({
    query: Families,
    variables: { search: family ?? '' },
    isPaused: family === undefined || !may('families').isAllowed,
  });
  // A result stays until the next one arrives, so each is checked against the current text.
  const byName = username === undefined ? [] : entriesOf(named.data?.queuedCreations?.nodes ?? []);
  const byId = id === undefined || identified.data?.queuedCreation == null ? [] : [identified.data.queuedCreation];
  const entries: readonly FoundEntry[] = [
    ...byName.filter((entry) => entry.username.startsWith(username ?? '')),
    ...entriesOf(byId).filter(({ entryId }) => entryId === id),
  ];
  const foundRun = id !== undefined && run.data?.jobRun?.runId === id ? run.data.jobRun : undefined;
  const foundFamilies = family === undefined ? [] : (families.data?.families?.nodes ?? []);
  return {
    isLooking: text !== typed || [named, identified, run, families].some(({ isRefreshing }) => isRefreshing),
    groups: [
      { heading: 'Entries', items: entries.map((entry) => entryItem(entry, 'found')) },
      {
        heading: 'Runs',
        items:
          foundRun === undefined
            ? []
            : [
                {
                  id: `run ${foundRun.runId}`,
                  title: foundRun.job.name,
                  note: RUN_STATUS[foundRun.status].text,
                  icon: Activity,
                  does: { kind: 'go', href: `/runs/${foundRun.runId}` },
                },
              ],
      },
      {
        heading: 'Families',
        items: foundFamilies
          .filter(({ name }) => name.toLowerCase().includes((family ?? '').toLowerCase()))
          .map(({ familyId, name }) => ({
            id: `family ${familyId}`,
            title: name,
            note: 'Its entries',
            icon: UsersRound,
            does: { kind: 'go', href: `/queue?family=${familyId}` },
          })),
      },
    ],
  };
}

/** Entries by their ids, in that order, without those that are gone or that the viewer may not see. */
export function useEntries(ids: readonly string[], may: May): readonly FoundEntry[] {
  const { data } = useLiveQuery({
    query: ByIds,
    variables: { ids: [...ids] },
    isPaused: ids.length === 0 || !may('queuedCreations').isAllowed,
  });
  const found = new Map(entriesOf(data?.queuedCreations?.nodes ?? []).map((entry) => [entry.entryId, entry]));
  return ids.flatMap((id) => found.get(id) ?? []);
}
