/** Descriptions of the roles and of the viewer's operations. */

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
