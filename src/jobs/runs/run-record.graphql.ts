/** What a run says of itself in the API: its lines, and how far it is. */

import type { RunLogLevel } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { InvalidInputError } from '../../refusals.ts';
import { JobRun } from './run.graphql.ts';
import { MOST_LINES } from './run-record.rules.ts';

interface ProgressView {
  readonly doneCount: number;
  readonly totalCount: number | null;
  readonly label: string;
  readonly updatedAt: Date;
}

const Level = enumOf<RunLogLevel>('RunLogLevel', 'How much a line of a run matters.', {
  info: 'What it did.',
  warn: 'Something to look at; the run went on.',
  error: 'It broke.',
});
const Line = builder.prismaObject('JobRunLogLine', {
  name: 'RunLogLine',
  description: 'A line that a run has said.',
  fields: (t) => ({
    at: t.at('at', 'When it was said.'),
    level: t.expose('level', { type: Level, description: 'How much it matters.' }),
    message: t.text('message', 'What was said.'),
    fields: t.expose('fields', {
      type: 'JSON',
      nullable: true,
      description: 'Figures and names that belong to it, by name; null when there are none.',
    }),
  }),
});
const Progress = builder.objectRef<ProgressView>('RunProgress').implement({
  description: 'How far a run is.',
  fields: (t) => ({
    doneCount: t.count('doneCount', 'How many are done.'),
    totalCount: t.countOrNull(
      'totalCount',
      'Of how many, as reckoned at its start: in the end it may be more or fewer. Null when not known.',
    ),
    label: t.text('label', 'What is being done, for example “Deleting expired invitations”.'),
    updatedAt: t.at('updatedAt', 'When the run said so.'),
  }),
});
builder.prismaObjectFields(JobRun, (t) => ({
  logLines: t.relation('logLines', {
    type: Line,
    description: `What it said, oldest first: who began it, what it did, how it ended. At most ${MOST_LINES} are kept; the last then says how many more there were. A run by its schedule that had nothing to do says nothing. \`jobRunChanged\` tells when there are more.`,
    args: { first: t.arg.int({ defaultValue: 200, description: `The first so many, 1 to ${MOST_LINES}.` }) },
    query: ({ first }) => ({ orderBy: { sequence: 'asc' as const }, take: linesOf(first) }),
  }),
  progress: t.field({
    type: Progress,
    nullable: true,
    description: 'How far it is, or was at its end; null when it does not say.',
    select: { progressDone: true, progressTotal: true, progressLabel: true, progressAt: true },
    resolve: ({ progressDone, progressTotal, progressLabel, progressAt }) =>
      progressDone === null || progressLabel === null || progressAt === null
        ? null
        : { doneCount: progressDone, totalCount: progressTotal, label: progressLabel, updatedAt: progressAt },
  }),
}));

function linesOf(first: number | null | undefined): number {
  const count = first ?? 200;
  if (count >= 1 && count <= MOST_LINES) return count;
  throw new InvalidInputError([{ path: ['first'], message: `is from 1 to ${MOST_LINES}.`, code: 'INVALID_VALUE' }]);
}
