/** Failures by cause: the query `failureGroups`. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import type { QueuedCreation as Entry, Family } from '../../database/generated/prisma/client.ts';
import { CureRef as Cure } from '../../diagnosis/cure.graphql.ts';
import { groupAction, groupCure } from '../../diagnosis/failure-messages.ts';
import { builder, LARGEST_PAGE } from '../../graphql/builder.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import { type FailureGroup, loadFailureGroups, loadFailureGroupsOfFamily } from './failure-groups.ts';

interface FailureGroupView extends FailureGroup {
  /** Loads the samples of all groups of the list at the first call. */
  sample(): Promise<Entry | undefined>;
  /** Loads the families of all groups of the list at the first call. */
  affectedFamilies(): Promise<Family[]>;
}

const groupCount = z.int().min(1, 'is at least 1').max(LARGEST_PAGE, `is at most ${LARGEST_PAGE}`).nullish();

const Group = builder.objectRef<FailureGroupView>('FailureGroup').implement({
  description: 'Entries that failed or wait for a retry for the same cause.',
  fields: (t) => ({
    key: t.text('key', 'The key of the group; `QueuedCreationFilter.failureGroup` selects its entries.'),
    errorCode: t.text('errorCode', 'The error code.'),
    message: t.text(
      'message',
      'The error message, with <id>, <n>, <time>, <address> and <name> for what differs between entries.',
    ),
    count: t.count('count', 'How many entries failed or wait for a retry for this cause now.'),
    failedCount: t.count('failedCount', 'How many of them failed permanently; the others will be retried.'),
    affectedFamilyCount: t.count('affectedFamilyCount', 'How many families these entries belong to.'),
    affectedFamilies: t.prismaField({
      type: ['Family'],
      description: 'The families with the most of these entries, at most five.',
      resolve: (_query, group) => group.affectedFamilies(),
    }),
    firstSeenAt: t.at('firstSeenAt', 'When an attempt first failed this way, among the stored attempts.'),
    lastSeenAt: t.at('lastSeenAt', 'When an attempt last failed this way.'),
    trend: t.intList({
      description:
        'Attempts that failed this way in the last hour: twelve counts of 5 minutes each, oldest first, including entries that have recovered.',
      resolve: (group) => [...group.trend],
    }),
    sample: t.field({
      type: QueuedCreation,
      nullable: true,
      description: 'The newest entry of the group; null if it was just deleted.',
      resolve: (group) => group.sample(),
    }),
    suggestedCure: t.string({
      nullable: true,
      description: 'What to do about all of them; null when it passes without help.',
      resolve: (group) => groupCure(group.errorCode),
    }),
    cure: t.field({
      type: Cure,
      nullable: true,
      description:
        'The same as a mutation: the plan of a retry, or of a cancel where a retry would fail the same way; null when no bulk action helps.',
      resolve: ({ errorCode, key }) => {
        const action = groupAction(errorCode);
        if (action === null) return null;
        const label = action === 'RETRY' ? 'Plan a retry of exactly these' : 'Plan a cancel of exactly these';
        return { label, mutation: 'planBulkAction', input: { action, filter: { failureGroup: key } } };
      },
    }),
  }),
});
builder.queryFields((t) => ({
  failureGroups: t.field({
    type: [Group],
    nullable: true,
    description:
      'Why entries fail, the largest groups first. Entries that SQL set to failed belong to no group; filter them by `errorCode`.',
    args: {
      first: t.arg.int({
        defaultValue: 20,
        description: `How many groups, 1 to ${LARGEST_PAGE}.`,
        validate: groupCount,
      }),
    },
    resolve: async (_root, { first }, context, info) => {
      const { reading, prisma } = context;
      const { familyId } = context.caller;
      const groups =
        familyId === null
          ? await loadFailureGroups(reading, first ?? 20)
          : await loadFailureGroupsOfFamily(reading, familyId, first ?? 20);
      let samples: Promise<Map<string, Entry>> | undefined;
      const loadSamples = async () => {
        const rows = await prisma.queuedCreation.findMany({
          ...queryFromInfo({ context, info, path: ['sample'] }),
          where: { id: { in: groups.map((group) => group.sampleId) } },
        });
        return new Map(rows.map((row) => [row.id, row]));
      };
      let families: Promise<Map<string, Family>> | undefined;
      const loadFamilies = async () => {
        const rows = await prisma.family.findMany({
          ...queryFromInfo({ context, info, path: ['affectedFamilies'] }),
          where: { id: { in: groups.flatMap((group) => group.affectedFamilyIds) } },
        });
        return new Map(rows.map((row) => [row.id, row]));
      };
      return groups.map((group) => ({
        ...group,
        affectedFamilies: async () => {
          families ??= loadFamilies();
          const known = await families;
          // A family may have been deleted meanwhile.
          return group.affectedFamilyIds.flatMap((id) => known.get(id) ?? []);
        },
        sample: async () => {
          samples ??= loadSamples();
          return (await samples).get(group.sampleId);
        },
      }));
    },
  }),
}));
