/** `queueForecast`: what becomes due when, and when the queue will be empty. */
import { builder } from '../../graphql/builder.ts';
import type { DueMinute, UnknownReason } from './queue-forecast.rules.ts';
import type { QueueForecast } from './queue-forecast.ts';

const REASONS: Readonly<Record<UnknownReason, { readonly description: string }>> = {
  CIRCUIT_OPEN: {
    description:
      'The circuit is not closed: nothing is attempted but probes, or nothing at all while it is kept open by hand.',
  },
  QUEUE_PAUSED: { description: 'The queue, or a family that has entries in it, is paused.' },
  NO_LIVE_NODE: { description: 'No node is running that could work on it.' },
  NOT_MEASURED: { description: 'No attempt ended in the last 5 minutes, so that there is no speed to reckon with.' },
};

const Reason = builder.enumType('ForecastUnknownReason', {
  description: 'Why it cannot be known when the queue will be empty.',
  values: REASONS,
});
const Minute = builder.objectRef<DueMinute>('DueMinute').implement({
  description: 'Entries that become due within one minute.',
  fields: (t) => ({
    startsAt: t.at('startsAt', 'The minute’s beginning.'),
    count: t.count('count', 'How many entries become due in it; at least one.'),
  }),
});
const Forecast = builder.objectRef<QueueForecast>('QueueForecast').implement({
  description: 'What becomes due when, and when the queue will be empty.',
  fields: (t) => ({
    dueNowCount: t.count('dueNowCount', 'Pending entries that are due by now.'),
    duePerMinute: t.field({
      type: [Minute],
      description: 'The next 24 hours, in order; only minutes in which an entry becomes due.',
      resolve: ({ dueMinutes }) => [...dueMinutes],
    }),
    dueLaterCount: t.count('dueLaterCount', 'Entries that become due in more than 24 hours.'),
    throughput: t.exposeFloat('throughput', {
      nullable: true,
      description:
        'Attempts per second on all nodes, measured over the last 5 minutes, in the time in which any was under way; null when none ended in it.',
    }),
    emptyAt: t.atOrNull(
      'emptyAt',
      'When the queue will be empty if every attempt succeeds and nothing new is enqueued; null when that cannot be known.',
    ),
    unknownReason: t.expose('unknownReason', {
      type: Reason,
      nullable: true,
      description: 'Why `emptyAt` cannot be known; null when it is.',
    }),
    explanation: t.text('explanation', 'How it was reckoned, in sentences.'),
  }),
});
builder.queryField('queueForecast', (t) =>
  t.field({
    type: Forecast,
    nullable: true,
    description: 'What becomes due when, and when the queue will be empty, by the speed of the last 5 minutes.',
    resolve: (_root, _args, { forecast }) => forecast(),
  }),
);
