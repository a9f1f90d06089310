/** The queue's metrics. Labels: status has 5 values, outcome has 6. */
import type { Database } from '../database/database.ts';
import { EntryStatus } from '../database/generated/prisma/enums.ts';
import type { Logger } from '../telemetry/logger.ts';
import { cached, type Metrics } from '../telemetry/metrics.ts';
import { loadQueueStatistics } from './insight/queue-statistics.ts';

export interface QueueMetrics {
  claimed(count: number): void;
  attempted(
    outcome: 'succeeded' | 'transient' | 'permanent' | 'configuration' | 'unknown',
    startedAt: Date,
    finishedAt: Date,
  ): void;
  takenOver(count: number): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Declares them; values of the database are read at most once in five seconds. */
export function createQueueMetrics(metrics: Metrics, db: Database, logger: Logger): QueueMetrics {
  const statistics = cached(5_000, () => loadQueueStatistics(db));
  const fromDatabase = async (
    set: (values: Awaited<ReturnType<typeof loadQueueStatistics>>) => void,
  ): Promise<void> => {
    // A database that is away leaves the last values: /metrics itself must still answer.
    await statistics().then(set, (error: unknown) =>
      logger.debug({ err: error }, 'Queue statistics could not be read'),
    );
  };
  metrics.gauge('family_hub_entries', 'Entries by status.', ['status'], (gauge) =>
    fromDatabase((values) => {
      for (const status of Object.values(EntryStatus)) gauge.set({ status }, values.byStatus[status]);
    }),
  );
  metrics.gauge(
    'family_hub_oldest_due_age_seconds',
    'How long the oldest due entry has been waiting; 0 when none is due.',
    [],
    (gauge) =>
      fromDatabase((values) => {
        gauge.set(
          values.oldestDueAt === null ? 0 : Math.max(0, (values.now.getTime() - values.oldestDueAt.getTime()) / 1_000),
        );
      }),
  );
  const claims = metrics.counter('family_hub_claimed_entries_total', 'Entries claimed by this node.');
  const takeovers = metrics.counter(
    'family_hub_taken_over_entries_total',
    'Entries whose lease had run out, taken over by this node.',
  );
  const attempts = metrics.histogram(
    'family_hub_attempt_duration_seconds',
    'Duration of attempts by outcome.',
    SECONDS,
    ['outcome'],
  );
  return {
    claimed: (count) => claims.inc(count),
    attempted: (outcome, startedAt, finishedAt) =>
      attempts.observe({ outcome }, (finishedAt.getTime() - startedAt.getTime()) / 1_000),
    takenOver: (count) => takeovers.inc(count),
  };
}
