/** The audit trail in the API: who did what, when and why. A caller bound to a family sees only its entries. */
import type { AuditEntry, Prisma } from '../../database/generated/prisma/client.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { DateTimeRangeInput, rangeCondition, StringFilterInput, stringCondition } from '../../graphql/filters.ts';
import { numberedPage } from '../../graphql/keyset-number.ts';
import type { Caller, CallerKind, Role } from '../../work/caller.ts';
import { RoleRef } from '../tokens/token.graphql.ts';
import { CallerKindRef } from '../viewer.graphql.ts';

type Outcome = 'done' | 'denied';

type AuditFilter = typeof Filter.$inferInput;

const ROLES: readonly string[] = ['viewer', 'operator', 'enqueuer', 'admin'] satisfies Role[];
const KINDS: readonly string[] = ['local', 'admin_token', 'api_token', 'oidc', 'system'] satisfies CallerKind[];

/** Restricts the trail to what the caller may see. */
const visibleTo = ({ familyId }: Caller): Prisma.AuditEntryWhereInput => (familyId === null ? {} : { familyId });

/** A caller bound to a family sees the address and node of its own actions only. */
const seesWhence = ({ familyId, id }: Caller, actorId: string): boolean => familyId === null || id === actorId;
const OWN_ONLY = 'A caller that is bound to a family sees only its own.';

function condition(filter: AuditFilter | null | undefined): Prisma.AuditEntryWhereInput {
  if (!filter) return {};
  return {
    actor: stringCondition(filter.actor),
    action: stringCondition(filter.action),
    at: rangeCondition(filter.at),
    actorId: filter.actorId ?? undefined,
    actorKind: filter.actorKind ?? undefined,
    outcome: filter.outcome ?? undefined,
    targetType: filter.targetType ?? undefined,
    targetId: filter.targetId ?? undefined,
    familyId: filter.familyId ?? undefined,
    requestId: filter.requestId ?? undefined,
  };
}

const Outcome = enumOf<Outcome>('AuditOutcome', 'The outcome of an audit entry.', {
  done: 'It was done.',
  denied: 'It was refused because the caller lacks the permission; nothing changed.',
});
const Entry = builder.prismaNode('AuditEntry', {
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, AND: [visibleTo(caller)] }),
  nullable: true,
  description:
    'An audit entry: a mutation that changed something or was refused for lack of permission, or an automatic change by the server. Written in the transaction of the change; never changed afterwards.',
  fields: (t) => ({
    sequence: t.int({
      description: 'Its number in the order of writing. Numbers of rolled-back changes are missing.',
      resolve: ({ sequence }) => Number(sequence),
    }),
    at: t.at('at', 'When, by the database’s clock.'),
    action: t.text(
      'action',
      'The mutation’s name, for example `cancelEntry`, or what the server did, for example `circuitOpened`.',
    ),
    outcome: t.field({
      type: Outcome,
      description: 'Its outcome.',
      // The column holds no other value unless someone tampered with it, which verifyAuditTrail detects.
      resolve: ({ outcome }): Outcome => (outcome === 'denied' ? 'denied' : 'done'),
    }),
    actor: t.text('actor', 'Who, for people.'),
    actorId: t.text('actorId', 'The id of the caller, always the same: `token:frontend`.'),
    actorKind: t.field({
      type: CallerKindRef,
      nullable: true,
      description: 'How the actor authenticated; null if the stored value is invalid and so was tampered with.',
      resolve: ({ actorKind }) => (KINDS.includes(actorKind) ? (actorKind as CallerKind) : null),
    }),
    tokenPrefix: t.textOrNull('tokenPrefix', 'The visible beginning of the API token; null if no API token was used.'),
    role: t.field({
      type: RoleRef,
      nullable: true,
      description: 'The actor’s role at that time; null if the stored value is invalid and so was tampered with.',
      resolve: ({ role }) => (ROLES.includes(role) ? (role as Role) : null),
    }),
    target: t.string({
      nullable: true,
      description: 'The target: its type and its plain key; null if there is none.',
      resolve: ({ targetType, targetId }) => targetType && `${targetType} ${targetId ?? ''}`.trimEnd(),
    }),
    targetType: t.textOrNull('targetType', 'The type of the target in this API.'),
    targetId: t.textOrNull('targetId', 'The target’s plain key.'),
    familyId: t.keyOrNull('familyId', 'The family that it is about; null if none.'),
    reason: t.textOrNull('reason', 'The actor’s reason.'),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The target before, as far as it changed; never a secret.',
      resolve: ({ before }) => parsed(before),
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The target after, as far as it changed; never a secret.',
      resolve: ({ after }) => parsed(after),
    }),
    requestId: t.textOrNull('requestId', 'The id of the request, as in the log; null if there was none.'),
    address: t.string({
      nullable: true,
      description: `The address of the caller. ${OWN_ONLY}`,
      resolve: ({ actorId, address }, _args, { caller }) => (seesWhence(caller, actorId) ? address : null),
    }),
    nodeId: t.field({
      type: 'UUID',
      nullable: true,
      description: `The node that did it. ${OWN_ONLY}`,
      resolve: ({ actorId, nodeId }, _args, { caller }) => (seesWhence(caller, actorId) ? nodeId : null),
    }),
    isChained: t.boolean({
      description: 'True once it is chained, about a second after it was written.',
      resolve: ({ link }) => link !== null,
    }),
    link: t.int({
      nullable: true,
      description: 'Its place in the chain, from 1 on without holes; null until it has one.',
      resolve: ({ link }) => (link === null ? null : Number(link)),
    }),
  }),
});

const Filter = builder.inputType('AuditFilter', {
  description: 'Filters audit entries; all given conditions must hold.',
  fields: (t) => ({
    actor: t.field({ type: StringFilterInput, description: 'By the actor’s name.' }),
    actorId: t.string({ description: 'Of the caller with this id.' }),
    actorKind: t.field({ type: CallerKindRef, description: 'By actors that authenticated this way.' }),
    action: t.field({ type: StringFilterInput, description: 'Only with such an action.' }),
    outcome: t.field({ type: Outcome, description: 'With this outcome.' }),
    targetType: t.string({ description: 'On targets of this type.' }),
    targetId: t.string({ description: 'On the target with this plain key.' }),
    familyId: t.optionalUuid('About this family.'),
    requestId: t.string({ description: 'Only of the request with this id.' }),
    at: t.field({ type: DateTimeRangeInput, description: 'Only from this span of time.' }),
  }),
});
builder.queryField('auditEntries', (t) =>
  t.connection(
    {
      type: Entry,
      nullable: true,
      description:
        'The audit trail, newest first. A caller that is bound to a family sees the entries about that family.',
      args: { filter: t.arg({ type: Filter, description: 'Which audit entries; left out: all.' }) },
      async resolve(_root, args, { caller, prisma }) {
        const where = { AND: [visibleTo(caller), condition(args.filter)] };
        return numberedPage<AuditEntry>(args, prisma, 'auditEntry', 'sequence', where);
      },
    },
    { name: 'AuditEntryConnection' },
    { name: 'AuditEntryEdge' },
  ),
);

/** Parses JSON. Returns the text itself if someone tampered with it and it is not JSON any more. */
function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
