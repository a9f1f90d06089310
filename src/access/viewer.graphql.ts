import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import type { Caller, CallerKind } from '../work/caller.ts';
import { RoleRef as Role } from './tokens/token.graphql.ts';

export const CallerKindRef = enumOf<CallerKind>('CallerKind', 'How a caller was recognised.', {
  local: 'It was not asked: no access control is configured, and only this machine can connect.',
  admin_token: 'By ADMIN_TOKEN.',
  api_token: 'By an API token.',
  oidc: 'By a token of the OpenID Connect issuer, or a sign-in there.',
  system: 'The server itself, in what it does unasked.',
});
export const Viewer = builder.objectRef<Caller>('Viewer').implement({
  description: 'Who asks.',
  fields: (t) => ({
    kind: t.expose('kind', { type: CallerKindRef, description: 'How you were recognised.' }),
    name: t.text('name', 'What logs and the audit trail call you.'),
    role: t.expose('role', { type: Role, description: 'What you may do.' }),
    familyId: t.expose('familyId', {
      type: 'UUID',
      nullable: true,
      description: 'The only family that you see and touch; null: all families.',
    }),
    family: t.prismaField({
      type: 'Family',
      nullable: true,
      description: 'That family.',
      resolve: (query, { familyId }, _args, { prisma }) =>
        familyId === null ? null : prisma.family.findUnique({ ...query, where: { id: familyId } }),
    }),
    tokenPrefix: t.textOrNull('tokenPrefix', 'The visible beginning of your API token; null if it is none.'),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When your token or session ends by itself; null: it does not.',
      resolve: (_viewer, _args, { validUntil }) => validUntil,
    }),
  }),
});
builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'Who you are to this server.',
    resolve: (_r, _a, c) => c.caller,
  }),
);
