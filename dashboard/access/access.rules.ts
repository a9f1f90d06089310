/** Descriptions of the roles, and the search through the viewer's operations. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';

type Role = EnumOf<'Role'>;

export const ROLES: readonly (readonly [role: Role, may: string, mayNot: string])[] = [
  [
    'VIEWER',
    'Sees entries, jobs, schedules, runs, nodes, the identity provider and alerts.',
    'Cannot change anything or see the audit trail, events, webhooks, tokens and keys.',
  ],
  [
    'OPERATOR',
    'Sees what a viewer sees plus the audit trail, events and webhooks. Retries, cancels, runs, pauses, sets limits, silences alerts, redelivers.',
    'Cannot enqueue, or change schedules, the circuit, nodes, webhooks, tokens and keys.',
  ],
  [
    'ENQUEUER',
    'Enqueues accounts, and sees the entries that it enqueued itself. Meant for frontends.',
    'Cannot see what others enqueued, or anything about the server.',
  ],
  ['ADMIN', 'Everything, including schedules, the circuit, nodes, webhooks, tokens and keys.', 'No limits.'],
];

export interface Operation {
  readonly name: string;
  readonly kind: EnumOf<'OperationKind'>;
  readonly isAllowed: boolean;
  readonly reason: string | null;
}

export const KIND_WORDS: Readonly<Record<Operation['kind'], string>> = {
  QUERY: 'Sees',
  MUTATION: 'Changes',
  SUBSCRIPTION: 'Watches',
};

/** "retryEntry" becomes "retry entry". */
export const nameInWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Filters operations by permission, and by search words that must all occur in the name or the reason. */
export function operationsFound(
  operations: readonly Operation[],
  search: string,
  which: 'all' | 'allowed' | 'refused',
): readonly Operation[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter(({ name, reason, isAllowed }) => {
    if (which !== 'all' && isAllowed !== (which === 'allowed')) return false;
    const text = `${name} ${nameInWords(name)} ${reason ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
