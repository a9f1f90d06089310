/** The log lines and the progress of a run in the API. */

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

const Level = enumOf<RunLogLevel>('RunLogLevel', 'The level of a log line of a run.', {
  info: 'What the run did.',
  warn: 'A problem; the run continued.',
  error: 'An error that ended the run.',
});
const Line = builder.prismaObject('JobRunLogLine', {
  name: 'RunLogLine',
  description: 'A log line of a run.',
  fields: (t) => ({
    at: t.at('at', 'When it was logged.'),
    level: t.expose('level', { type: Level, description: 'Its level.' }),
    message: t.text('message', 'The text of the line.'),
    fields: t.expose('fields', {
      type: 'JSON',
      nullable: true,
      description: 'Its properties by name; null when there are none.',
    }),
  }),
});
const Progress = builder.objectRef<ProgressView>('RunProgress').implement({
  description: 'The progress of a run.',
  fields: (t) => ({
    doneCount: t.count('doneCount', 'How many items are done.'),
    totalCount: t.countOrNull('totalCount', 'How many items there are, as estimated at the start; null when unknown.'),
    label: t.text('label', 'The current step, for example “Deleting expired invitations”.'),
    updatedAt: t.at('updatedAt', 'When the run reported this.'),
  }),
});
builder.prismaObjectFields(JobRun, (t) => ({
  logLines: t.relation('logLines', {
    type: Line,
    description: `Its log, oldest first: who started it, what it did, how it ended. At most ${MOST_LINES} lines are stored; the last then says how many more there were. A scheduled run that had nothing to do logs nothing. \`jobRunChanged\` announces new lines.`,
    args: { first: t.arg.int({ defaultValue: 200, description: `The first so many, 1 to ${MOST_LINES}.` }) },
    query: ({ first }) => ({ orderBy: { sequence: 'asc' as const }, take: linesOf(first) }),
  }),
  progress: t.field({
    type: Progress,
    nullable: true,
    description: 'Its progress, or its last one if it has ended; null if it reported none.',
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
