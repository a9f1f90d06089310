/**
 * The subscription `changed`: all topics in one stream, because a browser opens at most six connections
 * to a host, and a page could need all of them. The subscription of each topic defines what a caller receives.
 */
import { GraphQLError } from 'graphql';
import { denial, OPERATIONS } from '../../access/permissions.rules.ts';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER, Change } from '../../graphql/change-types.ts';
import { InvalidInputError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import { interestIn } from './change-stream.ts';

/** Each topic with its name in the API, and the subscription for it alone. */
const SUBJECTS = {
  entry: ['QUEUED_CREATION', 'queuedCreationChanged', 'Entries: `QueuedCreationChange`.'],
  run: ['JOB_RUN', 'jobRunChanged', 'Runs of jobs: `JobRunChange`.'],
  schedule: ['SCHEDULE', 'scheduleChanged', 'Schedules of jobs: `JobScheduleChange`.'],
  circuit: ['CIRCUIT', 'circuitChanged', 'The circuit of the identity provider: `CircuitChange`.'],
  bulk_action: ['BULK_ACTION', 'bulkActionChanged', 'Bulk actions: `BulkActionChange`.'],
  alert: ['ALERT', 'alertChanged', 'Alerts: `AlertChange`.'],
} as const satisfies Readonly<Record<ChangeTopic, readonly [name: string, field: string, description: string]>>;

const TOPICS = Object.keys(SUBJECTS) as ChangeTopic[];

const Subject = builder.enumType('ChangeSubject', {
  description: 'What a subscription can watch.',
  values: Object.fromEntries(
    TOPICS.map((topic) => [SUBJECTS[topic][0], { value: topic, description: SUBJECTS[topic][2] }]),
  ),
});
builder.subscriptionField('changed', (t) =>
  t.field({
    type: Change,
    nullable: true,
    description:
      'Each change of everything that you may see, once and in order, in one stream. It combines `queuedCreationChanged`, `jobRunChanged`, `scheduleChanged`, `circuitChanged`, `bulkActionChanged` and `alertChanged`, and accepts the cursors of each.',
    args: {
      after: t.arg.string({ description: AFTER }),
      subjects: t.arg({
        type: [Subject],
        description:
          'Only these, at least one; FORBIDDEN names those that you may not watch. Left out: all that you may watch.',
      }),
    },
    subscribe: (_root, { after, subjects }, ctx) =>
      ctx.feed.subscribe(
        topicsFor(ctx.caller, subjects).map((topic) => interestIn(topic)(ctx.caller, ctx)),
        after,
      ),
    resolve: (change) => change,
  }),
);

/** Returns the topics that a caller receives. Throws FORBIDDEN if it names one that it may not watch. */
function topicsFor(caller: Caller, named: readonly ChangeTopic[] | null | undefined): ChangeTopic[] {
  if (!named) return TOPICS.filter((topic) => denialOf(topic, caller) === undefined);
  if (named.length === 0) {
    const message = 'name at least one, or leave it out to watch everything that you may.';
    throw new InvalidInputError([{ path: ['subjects'], code: 'EMPTY', message }]);
  }
  const topics = [...new Set(named)];
  const denied = topics.flatMap((topic) => {
    const reason = denialOf(topic, caller);
    return reason === undefined ? [] : [{ topic, reason }];
  });
  if (denied.length === 0) return topics;
  throw new GraphQLError(denied.map(({ topic, reason }) => `${SUBJECTS[topic][0]}: ${reason}`).join(' '), {
    extensions: {
      code: 'FORBIDDEN',
      http: { status: 403 },
      denied: denied.map(({ topic }) => `ChangeSubject.${SUBJECTS[topic][0]}`),
    },
  });
}

function denialOf(topic: ChangeTopic, caller: Caller): string | undefined {
  const coordinate = `Subscription.${SUBJECTS[topic][1]}`;
  const permission = OPERATIONS[coordinate];
  if (permission === undefined) throw new Error(`No permission is declared for ${coordinate}.`);
  return denial(coordinate, permission, caller);
}

builder.queryField('changeCursor', (t) =>
  t.string({
    nullable: true,
    description:
      'The cursor of this moment. Query it first, then load your data, then subscribe with it as `after`: changes in between are sent too.',
    resolve: (_root, _args, { feed }) => feed.cursor(),
  }),
);
