/** The filters of the trail as they stand in the address bar, and what the API is asked for by them. */
import type { EnumOf } from '../../graphql/graphql.ts';
import { actionCode } from './audit-words.rules.ts';

export const FILTERS = ['actor', 'action', 'target', 'targetId', 'family', 'outcome', 'from', 'to', 'request'] as const;
export type FilterName = (typeof FILTERS)[number];

export const PER_PAGE = 50;

export interface AuditAsked {
  readonly filter: {
    readonly actor?: { readonly startsWith: string };
    readonly action?: { readonly equals: string } | { readonly startsWith: string };
    readonly targetType?: string;
    readonly targetId?: string;
    readonly familyId?: string;
    readonly outcome?: EnumOf<'AuditOutcome'>;
    readonly at?: { readonly from?: string; readonly to?: string };
    readonly requestId?: string;
  };
  /** What is wrong with a filter, by its name; such a one is left out. */
  readonly problems: Partial<Record<FilterName, string>>;
  readonly isFiltered: boolean;
  readonly page: { readonly first?: number; readonly after?: string; readonly last?: number; readonly before?: string };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `known`: the actions that are named whole; any other text is the beginning of one. */
export function askedBy(params: URLSearchParams, known: readonly string[]): AuditAsked {
  const get = (name: string): string | undefined => params.get(name)?.trim() || undefined;
  const problems: Partial<Record<FilterName, string>> = {};
  const family = get('family');
  if (family !== undefined && !UUID.test(family))
    problems.family = 'An id looks like 2f5eea85-8658-4268-a9d8-1772fb76014b.';
  const instant = (name: 'from' | 'to'): string | undefined => {
    const text = get(name);
    if (text === undefined || !Number.isNaN(Date.parse(text))) return text;
    problems[name] = 'This is no instant.';
    return undefined;
  };
  const [from, to] = [instant('from'), instant('to')];
  if (from !== undefined && to !== undefined && from >= to)
    problems.to = 'This is before the beginning, so that nothing is found.';
  const [actor, typed, outcome] = [get('actor'), get('action'), get('outcome')];
  const action = typed === undefined ? undefined : actionCode(typed);
  const isOutcome = outcome === 'DONE' || outcome === 'DENIED';
  const [after, before] = [get('after'), get('before')];
  const targetType = get('target');
  const targetId = get('targetId');
  const requestId = get('request');
  return {
    filter: {
      ...(actor !== undefined && { actor: { startsWith: actor } }),
      ...(action !== undefined && { action: known.includes(action) ? { equals: action } : { startsWith: action } }),
      ...(targetType !== undefined && { targetType }),
      ...(targetId !== undefined && { targetId }),
      ...(family !== undefined && problems.family === undefined && { familyId: family }),
      ...(isOutcome && { outcome }),
      ...((from !== undefined || to !== undefined) && {
        at: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
      }),
      ...(requestId !== undefined && { requestId }),
    },
    problems,
    isFiltered: FILTERS.some((name) => get(name) !== undefined),
    page:
      before !== undefined ? { last: PER_PAGE, before } : { first: PER_PAGE, ...(after !== undefined && { after }) },
  };
}

/** The same address with some of it changed; a filter that changes begins at the first page again. */
export function changed(
  params: URLSearchParams,
  change: Readonly<Record<string, string | undefined>>,
): URLSearchParams {
  const next = new URLSearchParams(params);
  const isPage = 'after' in change || 'before' in change;
  if (isPage || Object.keys(change).some((name) => (FILTERS as readonly string[]).includes(name))) {
    next.delete('after');
    next.delete('before');
  }
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}
