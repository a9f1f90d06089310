/**
 * Queries the metrics that come from the database: once per interval, by one node at a time, which stores
 * the result in one row that all nodes show. So the cost does not depend on how many nodes are scraped or
 * how often. Counts are exact, and so take longer the more rows there are: after a query, the next is due
 * no sooner than fifty times its duration. Nothing is queried while nothing scrapes.
 */

import { STATISTICS } from './accounts/insight/queue-statistics.ts';
import { isHeard, nodeSilenceMs } from './config/node-silence.ts';
import { type AlertSeverity, CircuitState, EntryStatus, WebhookState } from './database/generated/prisma/enums.ts';
import type { ServerMetrics } from './metrics.ts';
import { within } from './within.ts';
import type { Services } from './work/context.ts';

/** The stored row, as PostgreSQL writes it; ages and durations in seconds. */
interface Reading {
  readonly queue: Readonly<Record<EntryStatus, number>> & { readonly dueCount: number };
  readonly oldestDueAge: number;
  readonly circuits: readonly { readonly provider: string; readonly state: CircuitState; readonly openFor: number }[];
  readonly nodesAlive: number;
  readonly unchained: number;
  readonly heldBack: number;
  readonly oldSnapshot: number;
  readonly outbox: { readonly unprocessed: number; readonly oldestAge: number; readonly parked: number };
  readonly webhooks: Readonly<Partial<Record<WebhookState, number>>>;
  readonly deliveries: { readonly pending: number; readonly oldestAge: number };
  readonly alerts: readonly { readonly rule: string; readonly severity: AlertSeverity; readonly count: number }[];
}

/** The wait before the next query, as a multiple of the duration of the last. */
const REST_PER_READING = 50;
/** If the node that took the lease dies, another node may take it after this time. */
const TURN_MS = 60_000;

const TAKE_TURN = `
  UPDATE auth.readings SET next_at = clock_timestamp() + $1 * interval '1 millisecond'
  WHERE name = 'metrics' AND next_at <= clock_timestamp() RETURNING 1`;

const KEEP = `
  UPDATE auth.readings SET reading = $1::jsonb, taken_at = clock_timestamp(),
         next_at = clock_timestamp() + $2 * interval '1 millisecond'
  WHERE name = 'metrics'`;

const KEPT = `
  SELECT reading, extract(epoch FROM clock_timestamp() - taken_at)::float8 AS age FROM auth.readings
  WHERE name = 'metrics' AND taken_at IS NOT NULL`;

// Two read-only statements, each outside a transaction, so that no transaction id and no old snapshot is held
// for the duration of both.
const QUEUE = `
  SELECT to_jsonb(statistics) AS queue,
         coalesce(extract(epoch FROM now() - statistics."oldestDueAt"), 0)::float8 AS "oldestDueAge"
  FROM (${STATISTICS}) AS statistics`;

// An operator who relies on alerts must learn that no node has evaluated the rules for this long.
const UNEVALUATED = `interval '5 minutes'`;

const REST = `
  SELECT jsonb_build_object(
      'circuits', (SELECT coalesce(jsonb_agg(jsonb_build_object('provider', provider, 'state', state, 'openFor',
                            CASE state WHEN 'closed' THEN 0 ELSE coalesce(extract(epoch FROM now() - opened_at), 0) END)), '[]')
                     FROM auth.identity_circuits),
      'nodesAlive', (SELECT count(*) FROM auth.server_nodes
                      WHERE state <> 'gone' AND ${isHeard('$1')}),
      'unchained', (SELECT count(*) FROM auth.audit_entries WHERE link IS NULL),
      'heldBack', (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(began)), 0)
                     FROM (SELECT xact_start AS began FROM pg_stat_activity
                            WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
                           UNION ALL SELECT prepared FROM pg_prepared_xacts WHERE database = current_database()) AS writing),
      'oldSnapshot', (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)
                        FROM pg_stat_activity
                       WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
                         AND backend_type <> 'autovacuum worker'),
      'outbox', jsonb_build_object(
        'unprocessed', (SELECT count(*) FROM auth.outbox_events WHERE processed_at IS NULL AND parked_at IS NULL),
        'oldestAge', coalesce(extract(epoch FROM now() - (
                       SELECT created_at FROM auth.outbox_events WHERE processed_at IS NULL AND parked_at IS NULL ORDER BY sequence LIMIT 1)), 0),
        'parked', (SELECT count(*) FROM auth.outbox_events WHERE parked_at IS NOT NULL)),
      'webhooks', (SELECT coalesce(jsonb_object_agg(state, count), '{}')
                     FROM (SELECT state, count(*) FROM auth.webhooks GROUP BY state) AS by_state),
      'deliveries', (SELECT jsonb_build_object('pending', count(*), 'oldestAge', coalesce(extract(epoch FROM now() - min(delivery.created_at)), 0))
                       FROM auth.webhook_deliveries AS delivery JOIN auth.webhooks AS webhook ON webhook.id = delivery.webhook_id
                      WHERE delivery.status = 'pending' AND webhook.state = 'active'),
      'alerts', (SELECT coalesce(jsonb_agg(by_rule), '[]')
                   FROM (SELECT rule, severity, count(*) FROM auth.alerts WHERE is_on GROUP BY rule, severity
                         UNION ALL
                         SELECT 'RULE_UNREADABLE', 'critical', 1 FROM auth.alert_turn
                          WHERE coalesce(done_at, '-infinity') < now() - ${UNEVALUATED}
                            AND EXISTS (SELECT FROM auth.server_nodes WHERE state = 'running' AND started_at < now() - ${UNEVALUATED})
                        ) AS by_rule)
    ) AS rest`;

/** How long after the last scrape the database is still queried. */
const ASKED_FOR_MS = 3 * 60_000;
/** How long the first scrape after a pause waits for a query; then it shows the last values and their age. */
const PATIENCE_MS = 10;

export interface Readings {
  /** Starts querying, once per interval. */
  begin(): void;
  stop(): void;
}

/** Creates this node’s share; each scrape shows the newest values that the node knows. */
export function createReadings({ config, db, provider, metrics, logger }: Services): Readings {
  const intervalMs = config.metricsIntervalMs;
  let asked = Number.NEGATIVE_INFINITY;
  let takenAt: number | undefined;
  let underWay: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const read = (): Promise<void> => {
    underWay ??= take().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const takeOurs = async (): Promise<void> => {
    const begun = performance.now();
    const [counted] = await db.query<Pick<Reading, 'queue' | 'oldestDueAge'>>(QUEUE);
    const [found] = await db.query<{ rest: object }>(REST, [nodeSilenceMs(config)]);
    const nextMs = Math.max(intervalMs, REST_PER_READING * (performance.now() - begun));
    await db.query(KEEP, [JSON.stringify({ ...found?.rest, ...counted }), nextMs]);
  };
  const take = async (): Promise<void> => {
    try {
      if ((await db.query(TAKE_TURN, [TURN_MS])).length > 0) await takeOurs();
      const [row] = await db.query<{ reading: Reading; age: number }>(KEPT);
      // Another node is running the very first query.
      if (row === undefined) return;
      takenAt = performance.now() - row.age * 1_000;
      show(metrics, provider.name, row.reading);
    } catch (error) {
      // When the database is unreachable, the last values stay and their age shows it: /metrics itself must
      // still respond.
      logger.debug({ err: error }, 'What metrics tell of the database could not be read');
    }
  };
  metrics.onScrape(async () => {
    const now = performance.now();
    const isFirst = now - asked > ASKED_FOR_MS;
    asked = now;
    if (isFirst && timer !== undefined) await within(PATIENCE_MS, read());
    if (takenAt !== undefined) metrics.server.readingsAge.set((performance.now() - takenAt) / 1_000);
  });
  return {
    begin() {
      if (timer === undefined) hide(metrics);
      timer ??= setInterval(() => {
        if (performance.now() - asked <= ASKED_FOR_MS) void read();
      }, intervalMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Before the first query there are no values, which is not the same as zero. */
function hide({ queue, provider, server, access, changes, outbox, webhooks }: ServerMetrics): void {
  server.readingsAge.set(Number.POSITIVE_INFINITY);
  for (const gauge of [
    queue.due,
    queue.oldestDueAge,
    provider.circuitOpen,
    server.nodesAlive,
    access.unchained,
    changes.heldBack,
    changes.oldSnapshot,
    outbox.unprocessed,
    outbox.oldestAge,
    outbox.parked,
    webhooks.pending,
    webhooks.oldestAge,
  ])
    gauge.set(Number.NaN);
}

function show(metrics: ServerMetrics, own: string, reading: Reading): void {
  const { queue, provider, server, access, changes, outbox, webhooks, alerts } = metrics;
  for (const status of Object.values(EntryStatus)) queue.entries.set(reading.queue[status], { status });
  queue.due.set(reading.queue.dueCount);
  queue.oldestDueAge.set(Math.max(0, reading.oldestDueAge));
  const circuit = reading.circuits.find((one) => one.provider === own);
  for (const state of Object.values(CircuitState)) provider.circuit.set(state === circuit?.state ? 1 : 0, { state });
  provider.circuitOpen.set(circuit?.openFor ?? 0);
  server.nodesAlive.set(reading.nodesAlive);
  access.unchained.set(reading.unchained);
  changes.heldBack.set(reading.heldBack);
  changes.oldSnapshot.set(reading.oldSnapshot);
  outbox.unprocessed.set(reading.outbox.unprocessed);
  outbox.oldestAge.set(Math.max(0, reading.outbox.oldestAge));
  outbox.parked.set(reading.outbox.parked);
  for (const state of Object.values(WebhookState)) webhooks.webhooks.set(reading.webhooks[state] ?? 0, { state });
  webhooks.pending.set(reading.deliveries.pending);
  webhooks.oldestAge.set(Math.max(0, reading.deliveries.oldestAge));
  alerts.on.clear();
  for (const { rule, severity, count } of reading.alerts) alerts.on.set(count, { rule, severity });
}
