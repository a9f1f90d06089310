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

/** Loads entries with what the request asks of them, those of one payload together. */
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
  description: 'Nothing is wrong with this item of an atomic request; another one was refused.',
  interfaces: ['MutationError'],
});
const Payload = builder.objectRef<EnqueuedView>('EnqueueAccountPayload').implement({
  description: 'The account is queued.',
  fields: (t) => ({
    entry: t.field({
      type: QueuedCreation,
      description:
        'The entry as it was written; as it stands now for a replay, and where its family, attempts or the like are asked for.',
      resolve: ({ entryId, load }, _args, context, info) => load(entryId, context, info),
    }),
    generatedPassword: t.textOrNull(
      'generatedPassword',
      'The password, if the server generated it: shown this once. Null for a password that was given, and for a replay.',
    ),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing new was enqueued.'),
  }),
});
const Result = builder.errorUnion('EnqueueAccountResult', {
  description: 'What became of one account: queued, or why it was refused.',
  types: [Payload, InvalidInputError, NotFoundError, UsernameTakenError, IdempotencyConflictError, NotAttemptedError],
  resolveType: () => 'EnqueueAccountPayload',
});
/** What makes an account, alone or as one of many. */
const accountFields = (t: InputFieldBuilder<PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>, 'InputObject'>) => ({
  familyId: t.uuid('The family it is for.'),
  username: t.string({ required: true, description: 'Trimmed and lower-cased; then 3 to 20 of a-z, 0-9 and _.' }),
  fullName: t.string({
    required: true,
    description:
      '1 to 100 characters that can be seen for what they are: none that is invisible or turns the direction of writing, no word that mixes Latin, Cyrillic and Greek letters.',
  }),
  role: t.field({
    type: Role,
    defaultValue: DEFAULT_ROLE,
    description: 'What it becomes in the family; OWNER is refused.',
  }),
  password: t.string({
    description: 'At least 12 characters, at most 72 bytes in UTF-8; left out: generated, and answered once.',
  }),
  createdByUserId: t.uuid('The family member who asks for it.'),
  runAt: t.field({
    type: 'DateTime',
    description: 'Not before this instant (attempted within the minute after it); left out: at once.',
  }),
});
const EnqueueInput = builder.inputType('EnqueueAccountInput', {
  description: 'An account to be created.',
  fields: (t) => ({
    ...accountFields(t),
    idempotencyKey: t.idempotencyKey(
      '1 to 200 characters. The same key again within 24 h answers the first result instead of enqueueing twice.',
    ),
  }),
});
const Item = builder.inputType('EnqueueAccountItem', {
  description: 'One account of many to be created.',
  fields: (t) => ({
    clientRef: t.string({
      description: 'A mark of your own, for example a line number; answered with the result. At most 100 characters.',
    }),
    ...accountFields(t),
  }),
});
const ManyInput = builder.inputType('EnqueueAccountsInput', {
  description: 'Accounts to be created.',
  fields: (t) => ({
    items: t.field({
      type: [Item],
      required: true,
      description: `1 to ${MOST_ITEMS} accounts; pass them in a variable, for the text of a query is limited.`,
    }),
    atomic: t.boolean({
      defaultValue: false,
      description: 'All or nothing: if one is refused, none is enqueued, and the others answer NotAttemptedError.',
    }),
    idempotencyKey: t.idempotencyKey(
      '1 to 200 characters. The same key and input again within 24 h answers the first results, without passwords. Nothing is kept where no item was enqueued.',
    ),
  }),
});
const ItemResult = builder.objectRef<ItemView>('EnqueueAccountItemResult').implement({
  description: 'What became of one item.',
  fields: (t) => ({
    index: t.count('index', 'Its place in `items`, from 0.'),
    clientRef: t.textOrNull('clientRef', 'As it was given; null if it was not.'),
    result: t.field({
      type: Result,
      description: 'What `enqueueAccount` would have answered; paths of issues begin with `items` and the index.',
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
    description: 'The request was carried out; whether an item was enqueued says its result.',
    fields: (t) => ({
      results: t.expose('results', { type: [ItemResult], description: 'One for each item, in the same order.' }),
      acceptedCount: t.count('acceptedCount', 'How many items were enqueued.'),
      refusedCount: t.int({
        description: 'How many were not.',
        resolve: ({ results, acceptedCount }) => results.length - acceptedCount,
      }),
      isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing new was enqueued.'),
    }),
  });

builder.mutationFields((t) => ({
  enqueueAccount: t.field({
    type: Result,
    nullable: true,
    description: 'Queues an account to be created at the identity provider; it is attempted at once.',
    args: { input: t.arg({ type: EnqueueInput, required: true, description: 'The account.' }) },
    resolve: async (_root, { input }, ctx) => {
      const enqueued = await enqueueAccount(ctx, { ...input, role: input.role ?? DEFAULT_ROLE });
      return { ...enqueued, load: loadTogether(ctx.prisma, [enqueued]) };
    },
  }),
  enqueueAccounts: t.field({
    type: ManyPayload,
    nullable: true,
    description: `Queues up to ${MOST_ITEMS} accounts at once, each with a result of its own.`,
    args: { input: t.arg({ type: ManyInput, required: true, description: 'The accounts.' }) },
    // A tenth of a page's price: entries are loaded together, but what hangs on each is not free.
    complexity: ({ input }) => ({ field: 1, multiplier: Math.max(1, Math.ceil((input?.items?.length ?? 1) / 10)) }),
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
 * One statement for all entries of a payload, for each place in the query that asks for them;
 * none where they were just written and nothing but their own columns is asked for.
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
