/** The audit filters in the address, and the API's filter built from them. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';
import { spanOf } from '../ui/list-address.rules.ts';
import { isUuid } from '../ui/text.rules.ts';
import { actionCode, TARGETS } from './audit-words.rules.ts';

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
  /** Problems by filter name; an invalid id is not sent to the API. */
  readonly problems: Partial<Record<FilterName, string>>;
}

const NO_ID = 'An id looks like 2f5eea85-8658-4268-a9d8-1772fb76014b.';

/** `known`: the complete action names; any other text matches as a prefix. */
export function askedBy(get: (name: string) => string | undefined, known: readonly string[]): AuditAsked {
  const problems: Partial<Record<FilterName, string>> = {};
  const family = get('family');
  if (family !== undefined && !isUuid(family)) problems.family = NO_ID;
  const at = spanOf(get('from'), get('to'));
  if (at?.from !== undefined && at.to !== undefined && at.from >= at.to)
    problems.to = 'This is before the start, so nothing matches.';
  const [actor, typed, outcome] = [get('actor'), get('action'), get('outcome')];
  const action = typed === undefined ? undefined : actionCode(typed);
  const isOutcome = outcome === 'DONE' || outcome === 'DENIED';
  const targetType = get('target');
  const targetId = get('targetId');
  // Other or unspecified targets may have names instead of UUIDs.
  const isByUuid = targetType !== undefined && TARGETS[targetType]?.isByUuid === true;
  if (targetId !== undefined && isByUuid && !isUuid(targetId)) problems.targetId = NO_ID;
  const requestId = get('request');
  return {
    filter: {
      ...(actor !== undefined && { actor: { startsWith: actor } }),
      ...(action !== undefined && { action: known.includes(action) ? { equals: action } : { startsWith: action } }),
      ...(targetType !== undefined && { targetType }),
      ...(targetId !== undefined && problems.targetId === undefined && { targetId }),
      ...(family !== undefined && problems.family === undefined && { familyId: family }),
      ...(isOutcome && { outcome }),
      ...(at !== undefined && { at }),
      ...(requestId !== undefined && { requestId }),
    },
    problems,
  };
}
