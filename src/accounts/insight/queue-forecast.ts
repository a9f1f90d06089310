/**
 * Loads the input of the forecast: when entries are due, how fast the latest attempts were, and what holds up
 * the queue.
 */
import { isHeard, nodeSilenceMs } from '../../config/node-silence.ts';
import type { Queryable } from '../../database/database.ts';
import { shareReading } from '../../database/shared-reading.ts';
import { IS_IN_FORCE } from '../lease.ts';
import type { ConditionsSource } from './explanation.ts';
import { type DueMinute, type Forecast, type ForecastInput, forecast, type Spell } from './queue-forecast.rules.ts';

export interface QueueForecast extends Forecast {
  readonly dueNowCount: number;
  readonly dueMinutes: readonly DueMinute[];
  readonly dueLaterCount: number;
}

/**
 * The counts of entries due now and later are range scans of
 * queued_managed_account_creations_next_retry_at_idx; that of a paused family, flagged or not yet, is two range
 * scans of …_held_idx.
 */
const STANDING = `
  SELECT now() AS now,
         (SELECT count(*)::int FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND next_retry_at <= now()) AS "dueNowCount",
         (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'processing') AS "underWayCount",
         later.count AS "dueLaterCount", later.last AS "lastDueAt",
         coalesce((SELECT state FROM auth.identity_circuits WHERE provider = $1), 'closed') AS "circuitState",
         (SELECT next_probe_at FROM auth.identity_circuits WHERE provider = $1) AS "nextProbeAt",
         p.scope IS NOT NULL AS "isPaused", p.paused_until AS "pausedUntil",
         (SELECT count(*)::int FROM auth.queue_pauses p
          JOIN auth.queued_managed_account_creations AS entry
            ON entry.family_id = p.family_id AND entry.is_held IN (true, false)
          WHERE entry.status = 'pending' AND ${IS_IN_FORCE}) AS "pausedEntryCount",
         (SELECT starts_per_second FROM auth.queue_limits) AS "startsPerSecond",
         (SELECT count(*)::int FROM auth.server_nodes
          WHERE state = 'running' AND ${isHeard('$2')}) AS "liveNodeCount"
  FROM (SELECT count(*)::int AS count, least(max(next_retry_at), timestamptz '9999-12-31 00:00Z') AS last
        FROM auth.queued_managed_account_creations
        WHERE status = 'pending' AND next_retry_at IS NOT NULL AND next_retry_at > now() + interval '24 hours') AS later
  LEFT JOIN auth.queue_pauses p ON p.scope = 'queue' AND ${IS_IN_FORCE}`;

/** A range scan of queued_managed_account_creations_next_retry_at_idx; returns at most 1,441 rows. */
const DUE_MINUTES = `
  SELECT date_trunc('minute', next_retry_at) AS "startsAt", max(next_retry_at) AS "lastAt", count(*)::int AS count
  FROM auth.queued_managed_account_creations
  WHERE status = 'pending' AND next_retry_at IS NOT NULL
    AND next_retry_at > $1::timestamptz AND next_retry_at <= $1::timestamptz + interval '24 hours'
  GROUP BY 1 ORDER BY 1`;

/** Returns the forecast as of now, by the database’s clock; nodes that have been silent for too long do not count. */
export async function loadQueueForecast({ reading: db, provider, config }: ConditionsSource): Promise<QueueForecast> {
  const [standing] = await db.query<Omit<ForecastInput, 'dueMinutes' | 'spells'>>(STANDING, [
    provider.name,
    nodeSilenceMs(config),
  ]);
  if (standing === undefined) throw new Error('The queue’s standing had no row');
  const dueMinutes = await db.query<DueMinute>(DUE_MINUTES, [standing.now]);
  const spells = await loadSpells(db);
  return {
    ...forecast({ ...standing, dueMinutes, spells }),
    dueNowCount: standing.dueNowCount,
    dueMinutes,
    dueLaterCount: standing.dueLaterCount,
  };
}

/** Creates a function that loads the forecast; concurrent callers share one query. */
export function createForecast(source: ConditionsSource): () => Promise<QueueForecast> {
  const load = shareReading(loadQueueForecast);
  return () => load(source);
}

/**
 * Uses account_creation_attempts_finished_at_idx (BRIN); returns at most 301 rows. Failures count: they take
 * time too. Interrupted attempts do not, because they ended when a takeover found them, nor do probes, because
 * each is attempted alone.
 */
const SPELLS = `
  SELECT min(started_at) AS "startedAt", max(finished_at) AS "finishedAt", count(*)::int AS count
  FROM auth.account_creation_attempts
  WHERE finished_at > now() - interval '5 minutes' AND outcome <> 'interrupted' AND NOT is_probe
  GROUP BY date_trunc('second', finished_at)`;

export function loadSpells(db: Queryable): Promise<Spell[]> {
  return db.query<Spell>(SPELLS);
}
