/** API tokens in the API: made, revoked, listed; a token's own text is seen in one answer only. */
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Role } from '../../work/caller.ts';
import { IdempotencyConflictError } from '../idempotency.ts';
import { createToken, revokeToken } from './tokens.ts';

const MOST_LISTED = 500;

export const RoleRef = enumOf<Role>('Role', 'What a caller may do.', {
  viewer: 'Sees.',
  operator: 'Sees, and steers the work: retries, cancels, runs, pauses.',
  enqueuer: 'Enqueues managed accounts, and reads what it enqueued: for frontends.',
  admin: 'May do everything: schedules, the circuit, keys and tokens too.',
});
const Status = enumOf<'active' | 'expired' | 'revoked'>('ApiTokenStatus', 'Whether a token is good.', {
  active: 'It is.',
  expired: 'It ended by itself.',
  revoked: 'Somebody revoked it.',
});
const ApiToken = builder.prismaNode('ApiToken', {
  id: { field: 'id' },
  nullable: true,
  description: 'A token that callers show. Its text is kept nowhere.',
  fields: (t) => ({
    apiTokenId: t.field({ type: 'UUID', description: 'The plain key.', resolve: ({ id }) => id }),
    name: t.text('name', 'Who acts with it, in logs and in the audit trail. Tokens of one name are one caller.'),
    role: t.expose('role', { type: RoleRef, description: 'What it may do.' }),
    family: t.relation('family', {
      nullable: true,
      description: 'The only family that it sees and touches; null: all families.',
    }),
    prefix: t.text('prefix', 'Its visible beginning, by which people tell tokens apart.'),
    createdAt: t.at('createdAt', 'When it was made.'),
    createdBy: t.text('createdBy', 'Who made it.'),
    reason: t.textOrNull('reason', 'Why it was made; null where nobody said.'),
    expiresAt: t.atOrNull('expiresAt', 'When it ends by itself; null: when it is revoked.'),
    lastUsedAt: t.atOrNull('lastUsedAt', 'When it was last shown, to a minute; null if it never was.'),
    revokedAt: t.atOrNull('revokedAt', 'When it was revoked; null if it was not.'),
    revokedBy: t.textOrNull('revokedBy', 'Who revoked it; null if nobody did.'),
    status: t.field({
      type: Status,
      description: 'Whether it is good now.',
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
    description: `API tokens, the youngest first; revoked and expired ones too, ${MOST_LISTED} at the most.`,
    resolve: (query, _root, _args, { caller, prisma }) =>
      prisma.apiToken.findMany({
        ...query,
        where: caller.familyId === null ? {} : { familyId: caller.familyId },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: MOST_LISTED,
      }),
  }),
);

const CreateInput = builder.inputType('CreateApiTokenInput', {
  description: 'Who gets the token, and what it may do.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'Who acts with it, for example `frontend`: 1 to 60 of a to z, A to Z, 0 to 9, and single spaces, dots, hyphens and underscores between. A name stays with its role and family for ever; a further token of the same name goes on in its footsteps.',
    }),
    role: t.field({ type: RoleRef, required: true, description: 'What it may do.' }),
    familyId: t.field({ type: 'UUID', description: 'The only family that it sees and touches; left out: all.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends by itself; left out: when it is revoked.' }),
    reason: t.reason('For the record; at most 500 characters.'),
    idempotencyKey: t.idempotencyKey(
      'A repeat with the same key makes no second token: it is refused as INVALID_STATE and names the first, whose text cannot be shown again. 1 to 200 characters.',
    ),
  }),
});
const CreatePayload = builder.objectRef<{ id: string; token: string }>('CreateApiTokenPayload').implement({
  description: 'The token was made.',
  fields: (t) => ({
    token: t.text('token', 'The token’s text, for "Authorization: Bearer …". It is shown this once.'),
    apiToken: t.changed(ApiToken, 'apiToken', ({ id }) => ({ id }), 'What is known of it from now on.'),
  }),
});
const RevokeInput = builder.inputType('RevokeApiTokenInput', {
  description: 'Which token, and why.',
  fields: (t) => ({
    apiTokenId: t.uuid('The token’s id.'),
    reason: t.reason('For the record; at most 500 characters.'),
  }),
});
const RevokePayload = builder.objectRef<{ id: string; isChanged: boolean }>('RevokeApiTokenPayload').implement({
  description: 'The token is good no more: on no node after a second, and what it held open ends.',
  fields: (t) => ({
    apiToken: t.changed(ApiToken, 'apiToken', ({ id }) => ({ id }), 'The token, as it stands now.'),
    isChanged: t.flag('isChanged', 'False if it was revoked already.'),
  }),
});
builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: CreatePayload,
    nullable: true,
    description: 'Makes an API token. Its text is in this answer and nowhere else.',
    args: { input: t.arg({ type: CreateInput, required: true, description: 'Who gets it, and what it may do.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => createToken(ctx, input),
  }),
  revokeApiToken: t.field({
    type: RevokePayload,
    nullable: true,
    description: 'Revokes an API token: sessions and subscriptions that it began end with it.',
    args: { input: t.arg({ type: RevokeInput, required: true, description: 'Which token, and why.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => revokeToken(ctx, input),
  }),
}));
