/** The caller as the API sees it: for dashboards that show only what can be used, and for trying a token out. */
import type { Builder } from '../graphql/builder.ts';
import { addEnum } from '../graphql/enums.ts';
import type { Caller, CallerKind } from '../work/caller.ts';
import type { TokenRefs } from './tokens/token.graphql.ts';

/** Adds `viewer`. */
export function addViewer(builder: Builder, { Role }: TokenRefs) {
  const Kind = addEnum<CallerKind>(builder, 'CallerKind', 'How a caller was recognised.', {
    local: 'It was not asked: no access control is configured, and only this machine can connect.',
    admin_token: 'By ADMIN_TOKEN.',
    api_token: 'By an API token.',
    oidc: 'By a token of the OpenID Connect issuer, or a sign-in there.',
    system: 'The server itself, in what it does unasked.',
  });
  const Viewer = builder.objectRef<Caller>('Viewer').implement({
    description: 'Who asks.',
    fields: (t) => ({
      kind: t.expose('kind', { type: Kind, description: 'How you were recognised.' }),
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
  return { Viewer, CallerKind: Kind };
}

export type ViewerRefs = ReturnType<typeof addViewer>;
