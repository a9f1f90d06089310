/** `simulateDowntime` in the API. */
import { builder } from '../../graphql/builder.ts';
import { FireGap, OutcomeCount } from '../ledger/fire.graphql.ts';
import { Outcome } from '../runs/run.graphql.ts';
import { Policy } from '../schedules/schedule.graphql.ts';
import type { DowntimeSimulation, SimulatedFire } from './downtime.rules.ts';
import { simulateDowntimeOf } from './schedule-preview.ts';

const Fire = builder.objectRef<SimulatedFire>('SimulatedFire').implement({
  description: 'An instant in the time without servers, and what would become of it.',
  fields: (t) => ({
    at: t.at('at', 'When it is due.'),
    outcome: t.field({
      type: Outcome,
      description: 'What would become of it.',
      resolve: ({ row }) => row.outcome,
    }),
    reason: t.string({ nullable: true, description: 'Why; null on time.', resolve: ({ row }) => row.reason }),
    gap: t.field({
      type: FireGap,
      nullable: true,
      description: 'The gap that it would be one instant of; null when it would be stored by itself.',
      resolve: ({ row }) => (row.count > 1 ? row : null),
    }),
  }),
});
const Simulation = builder.objectRef<DowntimeSimulation>('DowntimeSimulation').implement({
  description: 'What one misfire policy would make of a time without servers.',
  fields: (t) => ({
    misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'The policy.' }),
    isInForce: t.flag('isInForce', 'Whether it is the job’s policy now.'),
    fires: t.field({
      type: [Fire],
      description: 'What was due meanwhile, oldest first; of each gap at most the first 100 instants.',
      resolve: ({ fires }) => [...fires],
    }),
    counts: t.field({
      type: [OutcomeCount],
      description: 'How many of each outcome, listed or not; only those that occur.',
      resolve: ({ counts }) => [...counts],
    }),
  }),
});
builder.queryField('simulateDowntime', (t) =>
  t.field({
    // Up to a second of work: a few in one request, not sixty.
    complexity: 2_000,
    type: [Simulation],
    nullable: { list: true, items: false },
    description:
      'What each misfire policy would do if no server ran from `from` on and one came up at `to`, by the job’s schedule and pause as they are now. Whatever the policy, the server that comes up starts on time what is due at `to` itself, or was due before by no more than `FIRE_TOLERANCE` (5 seconds unless set). It is what the scheduler itself settles with.',
    args: {
      jobName: t.arg.string({ required: true, description: 'Of which job.' }),
      from: t.arg({
        type: 'DateTime',
        required: true,
        description: 'Down from this instant on; all before it is settled.',
      }),
      to: t.arg({
        type: 'DateTime',
        required: true,
        description:
          'Up again at this instant, which is at most 366 days after `from`; what is due at it is in the answer.',
      }),
    },
    resolve: (_root, { jobName, from, to }, { reading, config }) =>
      simulateDowntimeOf(
        reading,
        { jobName, from, to },
        { toleranceMs: config.FIRE_TOLERANCE, windowMs: config.MISFIRE_WINDOW },
      ),
  }),
);
