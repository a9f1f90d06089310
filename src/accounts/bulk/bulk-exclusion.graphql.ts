/** What a plan leaves out, in the API: `BulkExclusion`, of a plan and of what became of it. */

import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../work/context.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import { visibleTo } from '../entry-scope.ts';
import { type Exclusion, exclusionMessage } from './bulk-action.rules.ts';

/** Entries by their ids, in that order; those that the caller does not see are left out. */
export async function entriesOf({ prisma, caller }: Context, query: object, ids: readonly string[]) {
  const rows = await prisma.queuedCreation.findMany({
    ...query,
    where: { id: { in: [...ids] }, ...visibleTo(caller) },
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export const BulkExclusion = builder.objectRef<Exclusion>('BulkExclusion').implement({
  description: 'Entries that the plan leaves out for one reason.',
  fields: (t) => ({
    code: t.text(
      'code',
      'The reason, for scripts: COMPLETED, PROCESSING, ALREADY_CANCELLED, NOT_PENDING, OUTCOME_UNKNOWN, PASSWORD_DESTROYED, PASSWORD_NOT_SEALED, USERNAME_TAKEN, FAMILY_DELETED or NOT_FOUND.',
    ),
    message: t.string({ description: 'The same for people, with what to do.', resolve: exclusionMessage }),
    count: t.count('count', 'How many.'),
    sample: t.prismaField({
      type: [QueuedCreation],
      description: 'The first ten; none for NOT_FOUND.',
      resolve: (query, { entryIds }, _args, ctx) => entriesOf(ctx, query, entryIds),
    }),
  }),
});
