/** API tokens in the API: create, revoke, list. Only the response to the creation contains a token's text. */
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { mutation } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Role } from '../../work/caller.ts';
import { IdempotencyConflictError } from '../idempotency.ts';
import { createToken, revokeToken } from './tokens.ts';

const MOST_LISTED = 500;

export const RoleRef = enumOf<Role>('Role', 'The role of a caller.', {
  viewer: 'May read, and change nothing.',
  operator: 'Reads, and operates the queue and the jobs: retries, cancels, runs, pauses.',
  enqueuer: 'Enqueues managed accounts and members, and reads what it enqueued; for frontends.',
  admin: 'May do everything, including schedules, the circuit, keys and tokens.',
});
const Status = enumOf<'active' | 'expired' | 'revoked'>('ApiTokenStatus', 'The state of a token.', {
  active: 'The token is valid.',
  expired: 'It expired.',
  revoked: 'It was revoked.',
});
const ApiToken = builder.prismaNode('ApiToken', {
  id: { field: 'id' },
  nullable: true,
  description: 'A credential for callers. The database stores only a digest of it.',
  fields: (t) => ({
    apiTokenId: t.key('id', 'The plain key.'),
    name: t.text(
      'name',
      'The caller’s name in logs and in the audit trail. Tokens of the same name are the same caller.',
    ),
    role: t.expose('role', { type: RoleRef, description: 'The role.' }),
    family: t.relation('family', {
      nullable: true,
      description: 'The only family that it may see and change; null: all families.',
    }),
    prefix: t.text('prefix', 'Its visible beginning, to tell tokens apart.'),
    createdAt: t.at('createdAt', 'When it was created.'),
    createdBy: t.text('createdBy', 'Who created it.'),
    reason: t.textOrNull('reason', 'Why it was created; null if no reason was given.'),
    expiresAt: t.atOrNull('expiresAt', 'When it expires; null: never.'),
    lastUsedAt: t.atOrNull('lastUsedAt', 'When it was last used, to the minute; null if never.'),
    revokedAt: t.atOrNull('revokedAt', 'When it was revoked; null if not.'),
    revokedBy: t.textOrNull('revokedBy', 'Who revoked it; null if no one did.'),
    status: t.field({
      type: Status,
      description: 'Its state now.',
      resolve: ({ revokedAt, expiresAt }, _args, { now }) => {
        if (revokedAt !== null) return 'revoked';
        return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
      },
    }),
  }),
});
builder.queryField('apiTokens', (t) =>
  t.prismaField({
    type: [ApiToken],
    nullable: { list: true, items: false },
    description: `API tokens, newest first, including revoked and expired ones; at most ${MOST_LISTED}.`,
    resolve: (query, _root, _args, { caller, prisma }) =>
      prisma.apiToken.findMany({
        ...query,
        where: caller.familyId === null ? {} : { familyId: caller.familyId },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: MOST_LISTED,
      }),
  }),
);

mutation('createApiToken', {
  description: 'Creates an API token. Only this answer shows it.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Who gets the token, and what it may do.',
    fields: (t) => ({
      name: t.string({
        required: true,
        description:
          'The caller’s name, for example `frontend`: 1 to 60 of a to z, A to Z, 0 to 9, with single spaces, dots, hyphens and underscores between them. A name keeps its role and family for ever; another token of the same name is the same caller.',
      }),
      role: t.field({ type: RoleRef, required: true, description: 'The role.' }),
      familyId: t.optionalUuid('The only family that it may see and change; left out: all.'),
      expiresAt: t.instant('When it expires; left out: never.'),
      reason: t.reason(),
      idempotencyKey: t.idempotencyKey(
        'A repeat with the same key creates no second token: it is refused as INVALID_STATE and names the first token, which cannot be shown again. 1 to 200 characters.',
      ),
    }),
  },
  resolve: (ctx, input) => createToken(ctx, input),
  payload: {
    description: 'The token was created.',
    fields: (t) => ({
      token: t.text('token', 'The token, for "Authorization: Bearer …". It is shown only once.'),
      apiToken: t.changed(ApiToken, 'apiToken', ({ id }) => ({ id }), 'The token’s entry in `apiTokens`.'),
    }),
  },
});

mutation('revokeApiToken', {
  description: 'Revokes an API token and ends its sessions and subscriptions.',
  refusals: [NotFoundError],
  input: {
    description: 'Which token, and why.',
    fields: (t) => ({ apiTokenId: t.uuid('The token’s id.'), reason: t.reason() }),
  },
  resolve: (ctx, input) => revokeToken(ctx, input),
  payload: {
    description: 'The token is revoked: on every node within a second; its sessions and subscriptions end.',
    fields: (t) => ({
      apiToken: t.changed(ApiToken, 'apiToken', ({ id }) => ({ id }), 'The token as it is now.'),
      isChanged: t.flag('isChanged', 'False if it was already revoked.'),
    }),
  },
});
