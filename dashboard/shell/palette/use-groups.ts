/** Everything that the palette shows for the typed text, in groups. */

import { UserPlus } from 'lucide-react';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import type { Viewer } from '../../access/viewer.tsx';
import { recentEntries } from '../recent-entries.ts';
import { generalItems, type May, pageItems, refusedBy, viewItems } from './commands.ts';
import { entryItem, itemsOf } from './entry-items.ts';
import type { Group, Item } from './item.ts';
import { entryOf, isNamed, ranked } from './rank.rules.ts';
import { useEntries, useFound } from './use-found.ts';
import { useStanding } from './use-standing.ts';
import { wayItems } from './ways.ts';

/** The maximum number of commands above the results from the server. */
const MOST = 8;

export function useGroups(
  typed: string,
  may: May,
  viewer: Viewer,
): { readonly groups: readonly Group[]; readonly isLooking: boolean } {
  const [location] = useLocation();
  const here = entryOf(location);
  const ids = useMemo(() => [...new Set([...(here === undefined ? [] : [here]), ...recentEntries()])], [here]);
  const known = useEntries(ids, may);
  const standing = useStanding(may);
  const found = useFound(typed, may);

  const current = known.find(({ entryId }) => entryId === here);
  const hereItems = current === undefined ? [] : itemsOf(current, may, true);
  const recent = known.filter(({ entryId }) => entryId !== here).map((entry) => entryItem(entry, 'recent'));
  const enqueue: Item = {
    id: 'enqueue',
    title: 'Enqueue an account',
    words: 'create add new user',
    icon: UserPlus,
    disabledBecause: refusedBy(may, 'enqueueAccount'),
    does: { kind: 'go', href: '/enqueue' },
  };
  const pages = pageItems(may);
  const actions = [enqueue, ...standing, ...generalItems(may)];
  const view = viewItems(viewer);
  if (typed.trim() === '')
    return {
      isLooking: false,
      groups: [
        { heading: 'This entry', items: hereItems },
        { heading: 'Recent entries', items: recent },
        { heading: 'Pages', items: pages },
        { heading: 'Actions', items: actions },
        { heading: 'View and more', items: view },
      ],
    };
  const fitting = ranked([...hereItems, ...pages, ...actions, ...wayItems(may), ...view], typed);
  const named = fitting.filter((item) => isNamed(item, typed));
  const others = fitting.filter((item) => !isNamed(item, typed));
  return {
    isLooking: found.isLooking,
    // Commands that match only by a further search term are less likely meant than those that match by title.
    groups: [
      { heading: 'Commands', items: named.slice(0, MOST) },
      ...found.groups,
      { heading: 'Other commands', items: others.slice(0, MOST) },
    ],
  };
}
