/**
 * Every metric of the server, declared in this one place by Prometheus' conventions: base units in
 * the names, `_total` for what only grows. Parts are handed their own. What a label may hold stands
 * beside it, and the factory holds it to that. docs/metrics.md is made from this.
 *
 * "Of the database" means: read by one node for all (src/readings.ts), so that every node shows the
 * same; take the maximum over the nodes, never the sum. All others are of the node that is asked.
 */
import {
  AlertSeverity,
  CircuitState,
  EntryStatus,
  FireOutcome,
  RunStatus,
  WebhookState,
} from './database/generated/prisma/enums.ts';
import { OUTCOMES, type Outcome } from './events/webhooks/outcome.rules.ts';
import { createMetrics } from './telemetry/metrics.ts';

export type ServerMetrics = ReturnType<typeof declareMetrics>;

const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const WAIT_SECONDS = [0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];
const RUN_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3600];
const ANSWER_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const HTTP_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
const LAG_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 3600, 86_400];
const BATCH = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const RETRIES = [0, 1, 2, 3, 4, 5];

const FAILURE = ['transient', 'permanent', 'configuration', 'unknown'] as const;
// The label is not `job`: that is Prometheus's own, for what it scrapes.
const JOB = { atMost: 50, of: 'the jobs that the server knows' } as const;
const FIELD = {
  atMost: 300,
  of: 'the root fields of the schema; `several`, `introspection`, `none` (only `__typename`)',
} as const;
/** SQLSTATE classes (PostgreSQL, appendix A) that a client may meet, and what breaks before there is one. */
const SQLSTATE = [
  ...['08', '0A', '21', '22', '23', '25', '26', '28', '34', '3D', '3F', '40', '42', '53', '54', '55', '57', '58'],
  ...['P0', 'XX', 'connection'],
];

/** Declares them all, in a registry of its own with the process's metrics. */
export function declareMetrics() {
  const { counter, gauge, histogram, onScrape, declared, scrape } = createMetrics();
  return {
    scrape,
    declared,
    onScrape,
    server: {
      info: gauge('family_hub_build_info', 'Always 1; the version that this node runs.', {
        version: { atMost: 1, of: 'the version of this node' },
      }),
      readingsAge: gauge(
        'family_hub_readings_age_seconds',
        'How old the values are that are said to be of the database.',
      ),
      nodesAlive: gauge('family_hub_nodes_alive', 'Of the database: nodes that beat.'),
      logDropped: counter(
        'family_hub_log_lines_dropped_total',
        'Log lines that Seq did not get: it was away, slow or full.',
      ),
    },
    queue: {
      entries: gauge('family_hub_entries', 'Of the database: entries by status.', {
        status: Object.values(EntryStatus),
      }),
      due: gauge('family_hub_due_entries', 'Of the database: pending entries whose time has come.'),
      oldestDueAge: gauge(
        'family_hub_oldest_due_age_seconds',
        'Of the database: how long the oldest due entry has been waiting; 0 when none is due.',
      ),
      claimed: counter('family_hub_claimed_entries_total', 'Entries claimed.'),
      claimBatch: histogram('family_hub_claim_batch_entries', 'Entries of one claim that found any.', BATCH),
      settleBatch: histogram('family_hub_settle_batch_entries', 'Outcomes written by one statement.', BATCH, {
        kind: ['success', 'failure'],
      }),
      takenOver: counter('family_hub_taken_over_entries_total', 'Entries whose lease had run out, taken over.'),
      attempt: histogram(
        'family_hub_attempt_duration_seconds',
        'Duration of attempts by what became of the entry (retried: it waits again) and the class of the failure.',
        CALL_SECONDS,
        { outcome: ['succeeded', 'retried', 'failed'], class: ['none', ...FAILURE] },
      ),
      creation: histogram('family_hub_account_creation_seconds', 'From enqueuing to the made account.', WAIT_SECONDS),
      retries: histogram('family_hub_entry_retries', 'Retries that an entry had used when it ended.', RETRIES, {
        outcome: ['succeeded', 'failed'],
      }),
    },
    provider: {
      calls: histogram(
        'family_hub_provider_call_duration_seconds',
        'Duration of calls to the identity provider by call and class of outcome.',
        CALL_SECONDS,
        {
          call: ['create', 'find', 'setPassword', 'check', 'token'],
          outcome: ['answered', ...FAILURE],
        },
      ),
      circuit: gauge('family_hub_circuit_state', 'Of the database: 1 for the state that the circuit is in.', {
        state: Object.values(CircuitState),
      }),
      circuitOpen: gauge(
        'family_hub_circuit_open_seconds',
        'Of the database: how long the circuit has not been closed; 0 when it is.',
      ),
    },
    jobs: {
      fires: counter('family_hub_job_fires_total', 'Instants at which a job was due, by what became of them.', {
        job_name: JOB,
        outcome: Object.values(FireOutcome),
      }),
      fireLag: histogram('family_hub_job_fire_lag_seconds', 'From an instant to the start of its run.', LAG_SECONDS, {
        job_name: JOB,
      }),
      runs: counter('family_hub_job_runs_total', 'Runs that ended, by fire outcome too (manual: run by hand).', {
        job_name: JOB,
        status: Object.values(RunStatus),
        outcome: [...Object.values(FireOutcome), 'manual'],
      }),
      runDuration: histogram('family_hub_job_run_duration_seconds', 'Duration of runs.', RUN_SECONDS, {
        job_name: JOB,
      }),
    },
    graphql: {
      duration: histogram(
        'family_hub_graphql_duration_seconds',
        'Time to answer an operation (for a subscription: to open it).',
        ANSWER_SECONDS,
        { type: ['query', 'mutation', 'subscription'], ok: ['true', 'false'] },
      ),
      operations: counter(
        'family_hub_graphql_operations_total',
        'Operations by the root field that they select, and requests that were refused before any was executed: unreadable, not of this schema, too large.',
        {
          operation: { ...FIELD, of: `${FIELD.of}, \`refused\`` },
          ok: ['true', 'false'],
        },
      ),
      seconds: counter('family_hub_graphql_operation_seconds_total', 'Time that went into them.', { operation: FIELD }),
      subscriptions: gauge('family_hub_subscriptions_open', 'Open subscriptions by field.', { operation: FIELD }),
    },
    http: {
      duration: histogram('family_hub_http_duration_seconds', 'Time to answer an HTTP request.', HTTP_SECONDS, {
        route: { atMost: 30, of: 'the paths of the server' },
        method: ['GET', 'POST', 'HEAD', 'OPTIONS', 'other'],
        status: { atMost: 5, of: '`1xx` to `5xx`' },
      }),
      cut: counter(
        'family_hub_http_connections_cut_total',
        'Connections that were one too many, or whose client did not read.',
        { reason: ['too_many', 'slow_reader'] },
      ),
    },
    access: {
      failures: counter(
        'family_hub_authentication_failures_total',
        'Credentials that were refused: unknown (a guess), ended, forbidden, unavailable (nobody could say), throttled (unseen).',
        { reason: ['unknown', 'ended', 'forbidden', 'unavailable', 'throttled'] },
      ),
      unchained: gauge(
        'family_hub_audit_unchained_entries',
        'Of the database: rows of the audit trail that are not chained yet; for longer than a second only when something is wrong.',
      ),
      findings: gauge(
        'family_hub_audit_findings',
        'Of the database: what was found wrong with the audit trail, until a verification of all finds it whole.',
      ),
    },
    database: {
      connections: gauge('family_hub_database_connections', 'Connections by pool (work, or what the API reads).', {
        pool: ['work', 'reading'],
        state: ['in_use', 'idle'],
      }),
      waiting: gauge('family_hub_database_waiting_requests', 'Requests that wait for a connection.', {
        pool: ['work', 'reading'],
      }),
      errors: counter(
        'family_hub_database_errors_total',
        'Statements that failed by SQLSTATE class (23: a constraint, 40: to be repeated, 57: cancelled, connection: none to be had).',
        { class: SQLSTATE },
      ),
    },
    outbox: {
      published: counter('family_hub_outbox_published_events_total', 'Events handed to every target.'),
      unprocessed: gauge('family_hub_outbox_unprocessed_events', 'Of the database: events that wait to be published.'),
      oldestAge: gauge(
        'family_hub_outbox_oldest_age_seconds',
        'Of the database: how long the oldest event that is not published has been waiting; 0 when there is none.',
      ),
      parked: gauge(
        'family_hub_outbox_parked_events',
        'Of the database: events that were given up after too many tries.',
      ),
    },
    webhooks: {
      attempts: histogram(
        'family_hub_webhook_attempt_duration_seconds',
        'Attempts to deliver, by outcome.',
        CALL_SECONDS,
        {
          outcome: Object.keys(OUTCOMES) as Outcome[],
        },
      ),
      webhooks: gauge(
        'family_hub_webhooks',
        'Of the database: webhooks by state (disabled: nothing succeeded for days).',
        {
          state: Object.values(WebhookState),
        },
      ),
      pending: gauge(
        'family_hub_webhook_pending_deliveries',
        'Of the database: deliveries that active webhooks wait for.',
      ),
      oldestAge: gauge(
        'family_hub_webhook_oldest_pending_age_seconds',
        'Of the database: age of the oldest delivery that an active webhook waits for; 0 when there is none.',
      ),
    },
    alerts: {
      on: gauge('family_hub_alerts', 'Of the database: alerts that are on.', {
        rule: { atMost: 50, of: 'the alert rules of the server' },
        severity: Object.values(AlertSeverity),
      }),
    },
    changes: {
      heldBack: gauge(
        'family_hub_change_feed_held_back_seconds',
        'Of the database: age of the oldest transaction that has written and goes on; live updates wait for it.',
      ),
      oldSnapshot: gauge(
        'family_hub_old_snapshot_seconds',
        'Of the database: age of the oldest snapshot that a session holds; nothing that is gone since can be removed.',
      ),
    },
  };
}
