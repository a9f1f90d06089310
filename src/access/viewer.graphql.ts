/** The caller as the API shows it: for dashboards that show only what the caller may use, and for testing a token. */
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import type { Caller, CallerKind } from '../work/caller.ts';
import { IdempotencyConflictError } from './idempotency.ts';
import { type OperationPermission, permissionsOf } from './permissions.rules.ts';
import { RoleRef as Role } from './tokens/token.graphql.ts';

export const CallerKindRef = enumOf<CallerKind>('CallerKind', 'How a caller authenticated.', {
  local: 'Not at all: no access control is configured, and only this machine can connect.',
  admin_token: 'With ADMIN_TOKEN.',
  api_token: 'With an API token.',
  oidc: 'With a token of the OpenID Connect issuer, or by a sign-in there.',
  system: 'The server itself, for what it does automatically.',
});
const Viewer = builder.objectRef<Caller>('Viewer').implement({
  description: 'You: the caller of this request.',
  fields: (t) => ({
    kind: t.expose('kind', { type: CallerKindRef, description: 'How you authenticated.' }),
    name: t.text('name', 'Your name in logs and in the audit trail.'),
    role: t.expose('role', { type: Role, description: 'Your role.' }),
    familyId: t.keyOrNull('familyId', 'The only family that you may see and change; null: all families.'),
    family: t.found('Family', 'family', ({ familyId }) => familyId, 'That family.'),
    tokenPrefix: t.textOrNull('tokenPrefix', 'The visible beginning of your API token; null if you do not use one.'),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When your token or session expires; null if it does not.',
      resolve: (_viewer, _args, { validUntil }) => validUntil,
    }),
  }),
});
builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'The caller: who you are, and what you may do.',
    resolve: (_r, _a, c) => c.caller,
  }),
);

builder.objectType(IdempotencyConflictError, {
  name: 'IdempotencyConflictError',
  description: 'The idempotency key was used with another input.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    fields: t.list('fields', 'String', 'The input fields that differ; never their values.'),
  }),
});

const Kind = enumOf<OperationPermission['kind']>('OperationKind', 'The kind of an operation.', {
  query: 'It reads.',
  mutation: 'It changes something.',
  subscription: 'It sends each change as it happens.',
});
const Permission = builder.objectRef<OperationPermission>('OperationPermission').implement({
  description: 'An operation of the API, and whether the caller may use it.',
  fields: (t) => ({
    name: t.text('name', 'Its name: a field of Query, Mutation or Subscription.'),
    kind: t.expose('kind', { type: Kind, description: 'The kind.' }),
    isAllowed: t.flag('isAllowed', 'Whether the caller may use it.'),
    reason: t.textOrNull('reason', 'Why not; null if it may.'),
  }),
});
builder.objectFields(Viewer, (t) => ({
  permissions: t.stringList({
    description: 'The operations that you may use, by name.',
    resolve: (viewer, _args, { config }) =>
      permissionsOf(viewer, config.READ_ONLY === 'true').flatMap(({ name, isAllowed }) => (isAllowed ? [name] : [])),
  }),
  operations: t.field({
    type: [Permission],
    description: 'Every operation of the API, those that you may not use with the reason.',
    resolve: (viewer, _args, { config }) => permissionsOf(viewer, config.READ_ONLY === 'true'),
  }),
}));
