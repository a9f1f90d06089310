/** Enqueueing in the API: one account, or up to 1,000 with a result for each. */

import type { InputFieldBuilder } from '@pothos/core';
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import { IdempotencyConflictError } from '../access/idempotency.ts';
import type { QueuedCreation as Entry, PrismaClient } from '../database/generated/prisma/client.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { UserRoleRef as Role } from '../families/family.graphql.ts';
import { builder, type RequestContext, type SchemaTypes } from '../graphql/builder.ts';
import { InvalidInputError, NotFoundError, Refusal } from '../refusals.ts';
import { type Enqueued, enqueueAccount } from './enqueue.ts';
import { enqueueAccounts, MOST_ITEMS } from './enqueue-many.ts';
import { NotAttemptedError, UsernameTakenError } from './entry.errors.ts';
import { QueuedCreation } from './entry.graphql.ts';

/** Loads an entry with the fields that the request selects; those of one payload are loaded together. */
type LoadEntry = (id: string, context: RequestContext, info: GraphQLResolveInfo) => Entry | Promise<Entry>;

interface EnqueuedView extends Enqueued {
  readonly load: LoadEntry;
}

interface ItemView {
  readonly index: number;
  readonly clientRef: string | null;
  readonly result: EnqueuedView | Refusal;
}

builder.objectType(NotAttemptedError, {
  name: 'NotAttemptedError',
  description: 'This item of an atomic request is valid, but another one was refused.',
  interfaces: ['MutationError'],
});
const Payload = builder.objectRef<EnqueuedView>('EnqueueAccountPayload').implement({
  description: 'The account is queued.',
  fields: (t) => ({
    entry: t.field({
      type: QueuedCreation,
      description:
        'The entry as it was written; for a replay, or if you select related objects such as its attempts, as it is now.',
      resolve: ({ entryId, load }, _args, context, info) => load(entryId, context, info),
    }),
    generatedPassword: t.textOrNull(
      'generatedPassword',
      'The password, if the server generated it; shown only once. Null if the input had a password, and for a replay.',
    ),
    isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing new was enqueued.'),
  }),
});
const Result = builder.errorUnion('EnqueueAccountResult', {
  description: 'The result for one account: queued, or an expected error.',
  types: [Payload, InvalidInputError, NotFoundError, UsernameTakenError, IdempotencyConflictError, NotAttemptedError],
  resolveType: () => 'EnqueueAccountPayload',
});
/** The fields of an account, for one or many. */
const accountFields = (t: InputFieldBuilder<PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>, 'InputObject'>) => ({
  familyId: t.uuid('The family that the account is for.'),
  username: t.string({ required: true, description: 'Trimmed and lower-cased; then 3 to 20 of a-z, 0-9 and _.' }),
  fullName: t.string({
    required: true,
    description:
      '1 to 100 visible characters: no invisible characters, none that change the direction of writing, and no word that mixes Latin, Cyrillic and Greek letters.',
  }),
  role: t.field({
    type: Role,
    defaultValue: DEFAULT_ROLE,
    description: 'The role in the family; OWNER is refused.',
  }),
  password: t.string({
    description: 'At least 12 characters, at most 72 bytes in UTF-8; left out: generated, and returned once.',
  }),
  createdByUserId: t.uuid('The family member who requests it.'),
  runAt: t.instant('Not before this instant, but within a minute after it; left out: at once.'),
});
const EnqueueInput = builder.inputType('EnqueueAccountInput', {
  description: 'An account to create.',
  fields: (t) => ({
    ...accountFields(t),
    idempotencyKey: t.idempotencyKey(
      '1 to 200 characters. The same key again within 24 h returns the first result instead of enqueueing twice.',
    ),
  }),
});
const Item = builder.inputType('EnqueueAccountItem', {
  description: 'One of many accounts to create.',
  fields: (t) => ({
    clientRef: t.string({
      description: 'Your own reference, for example a line number; returned with the result. At most 100 characters.',
    }),
    ...accountFields(t),
  }),
});
const ManyInput = builder.inputType('EnqueueAccountsInput', {
  description: 'Accounts to create.',
  fields: (t) => ({
    items: t.field({
      type: [Item],
      required: true,
      description: `1 to ${MOST_ITEMS} accounts; pass them in a variable, because the length of a document is limited.`,
    }),
    atomic: t.boolean({
      defaultValue: false,
      description: 'All or nothing: if one is refused, none is enqueued, and the others get NotAttemptedError.',
    }),
    idempotencyKey: t.idempotencyKey(
      '1 to 200 characters. The same key and input again within 24 h returns the first results, without passwords. Not stored if no item was enqueued.',
    ),
  }),
});
const ItemResult = builder.objectRef<ItemView>('EnqueueAccountItemResult').implement({
  description: 'The result of one item.',
  fields: (t) => ({
    index: t.count('index', 'Its place in `items`, from 0.'),
    clientRef: t.textOrNull('clientRef', 'The reference from the input; null if there was none.'),
    result: t.field({
      type: Result,
      description: 'What `enqueueAccount` would return; the paths of issues begin with `items` and the index.',
      resolve: ({ result }) => {
        if (result instanceof Refusal) throw result;
        return result;
      },
    }),
  }),
});
const ManyPayload = builder
  .objectRef<{ results: ItemView[]; acceptedCount: number; isReplay: boolean }>('EnqueueAccountsPayload')
  .implement({
    description: 'The request was processed; each item’s result says whether it was enqueued.',
    fields: (t) => ({
      results: t.expose('results', { type: [ItemResult], description: 'One result for each item, in the same order.' }),
      acceptedCount: t.count('acceptedCount', 'How many items were enqueued.'),
      refusedCount: t.int({
        description: 'How many items were refused.',
        resolve: ({ results, acceptedCount }) => results.length - acceptedCount,
      }),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing new was enqueued.'),
    }),
  });

builder.mutationFields((t) => ({
  enqueueAccount: t.field({
    type: Result,
    nullable: true,
    description: 'Queues an account for creation at the identity provider; it is attempted at once.',
    args: { input: t.arg({ type: EnqueueInput, required: true, description: 'The account.' }) },
    resolve: async (_root, { input }, ctx) => {
      const enqueued = await enqueueAccount(ctx, { ...input, role: input.role ?? DEFAULT_ROLE });
      return { ...enqueued, load: loadTogether(ctx.prisma, [enqueued]) };
    },
  }),
  enqueueAccounts: t.field({
    type: ManyPayload,
    nullable: true,
    description: `Queues up to ${MOST_ITEMS} accounts at once, each with its own result.`,
    args: { input: t.arg({ type: ManyInput, required: true, description: 'The accounts.' }) },
    // A sixth of a page's complexity: entries are loaded together, but their nested fields have a cost.
    complexity: ({ input }) => ({ field: 1, multiplier: Math.max(1, Math.ceil((input?.items?.length ?? 1) / 6)) }),
    errors: { types: [InvalidInputError, IdempotencyConflictError] },
    resolve: async (_root, { input }, ctx) => {
      const { atomic, idempotencyKey } = input;
      const items = input.items.map((item) => ({ ...item, role: item.role ?? DEFAULT_ROLE }));
      const answer = await enqueueAccounts(ctx, { items, atomic: atomic ?? false, idempotencyKey });
      const load = loadTogether(
        ctx.prisma,
        answer.results.flatMap((result) => ('entryId' in result ? [result] : [])),
      );
      return {
        ...answer,
        results: answer.results.map((result, index) => ({
          index,
          clientRef: items[index]?.clientRef ?? null,
          result: 'entryId' in result ? { ...result, load } : result,
        })),
      };
    },
  }),
}));

/**
 * Loads all entries of a payload with one statement for each place in the query that selects them; with none if
 * they were just written and only their own columns are selected.
 */
function loadTogether(prisma: PrismaClient, enqueued: readonly Enqueued[]): LoadEntry {
  type ById = ReadonlyMap<string, Entry>;
  const byId = (entries: readonly Entry[]): ById => new Map(entries.map((entry) => [entry.id, entry]));
  const written = enqueued.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
  const loadAll = (query: object): ById | Promise<ById> => {
    if (written.length === enqueued.length && Object.keys(query).length === 0) return byId(written);
    const ids = enqueued.map(({ entryId }) => entryId);
    return prisma.queuedCreation.findMany({ ...query, where: { id: { in: ids } } }).then(byId);
  };
  const find = (entries: ById, id: string): Entry => {
    const entry = entries.get(id);
    if (entry === undefined) throw new Error(`The entry ${id} is gone`);
    return entry;
  };
  const loads = new Map<FieldNode | undefined, ById | Promise<ById>>();
  return (id, context, info) => {
    const [place] = info.fieldNodes;
    const loaded = loads.get(place) ?? loadAll(queryFromInfo({ context, info }));
    loads.set(place, loaded);
    return loaded instanceof Promise ? loaded.then((entries) => find(entries, id)) : find(loaded, id);
  };
}

const DEFAULT_ROLE: UserRole = 'managed_account';
