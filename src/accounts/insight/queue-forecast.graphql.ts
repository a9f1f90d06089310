/** `queueForecast`: what becomes due when, and when the queue will be empty. */
import { builder } from '../../graphql/builder.ts';
import type { DueMinute, UnknownReason } from './queue-forecast.rules.ts';
import type { QueueForecast } from './queue-forecast.ts';

const REASONS: Readonly<Record<UnknownReason, { readonly description: string }>> = {
  CIRCUIT_OPEN: {
    description: 'The circuit is open: only probes are attempted, or nothing while it is held open by hand.',
  },
  QUEUE_PAUSED: { description: 'The queue, or a family that has entries in it, is paused.' },
  NO_LIVE_NODE: { description: 'No node is running that could process it.' },
  NOT_MEASURED: { description: 'No attempt ended in the last 5 minutes, so the speed is unknown.' },
};

const Reason = builder.enumType('ForecastUnknownReason', {
  description: 'Why there is no estimate of when the queue will be empty.',
  values: REASONS,
});
const Minute = builder.objectRef<DueMinute>('DueMinute').implement({
  description: 'Entries that become due within one minute.',
  fields: (t) => ({
    startsAt: t.at('startsAt', 'The beginning of the minute.'),
    count: t.count('count', 'How many entries become due in it; at least one.'),
  }),
});
const Forecast = builder.objectRef<QueueForecast>('QueueForecast').implement({
  description: 'When entries become due, and when the queue will be empty.',
  fields: (t) => ({
    dueNowCount: t.count('dueNowCount', 'Pending entries that are due now.'),
    duePerMinute: t.list(
      'dueMinutes',
      Minute,
      'The next 24 hours, in order; without minutes in which no entry becomes due.',
    ),
    dueLaterCount: t.count('dueLaterCount', 'Entries that become due in more than 24 hours.'),
    throughput: t.exposeFloat('throughput', {
      nullable: true,
      description:
        'Attempts per second on all nodes in the last 5 minutes, without idle time; null if none ended in that time.',
    }),
    emptyAt: t.atOrNull(
      'emptyAt',
      'When the queue will be empty, if every attempt succeeds and nothing new is enqueued; null if unknown.',
    ),
    unknownReason: t.expose('unknownReason', {
      type: Reason,
      nullable: true,
      description: 'Why `emptyAt` is unknown; null if it is known.',
    }),
    explanation: t.text('explanation', 'How it was computed, in sentences.'),
  }),
});
builder.queryField('queueForecast', (t) =>
  t.field({
    type: Forecast,
    nullable: true,
    description: 'When entries become due, and when the queue will be empty at the speed of the last 5 minutes.',
    resolve: (_root, _args, { forecast }) => forecast(),
  }),
);
