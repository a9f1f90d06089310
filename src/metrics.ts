/**
 * Every metric of the server is declared here, by Prometheus’ conventions: base units in the names,
 * `_total` for counters. Each part of the server gets only its own metrics. The possible values of a label
 * are declared beside it, and the factory enforces them. docs/metrics.md is generated from this.
 *
 * "From the database" means: one node queries it for all (src/readings.ts), so every node shows the same
 * value; take the maximum over the nodes, never the sum. All other metrics are of the scraped node.
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
// The label is not `job`: Prometheus uses that one for the scrape job.
const JOB = { atMost: 50, of: 'the jobs that the server knows' } as const;
const FIELD = {
  atMost: 300,
  of: 'the root fields of the schema; `several`, `introspection`, `none` (only `__typename`)',
} as const;
/**
 * SQLSTATE classes (PostgreSQL, appendix A) that a client may get, and `connection` for failures without an
 * SQLSTATE.
 */
const SQLSTATE = [
  ...['08', '0A', '21', '22', '23', '25', '26', '28', '34', '3D', '3F', '40', '42', '53', '54', '55', '57', '58'],
  ...['P0', 'XX', 'connection'],
];

/** Declares all metrics, in a new registry that also has the process metrics. */
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
      readingsAge: gauge('family_hub_readings_age_seconds', 'The age of the metrics that are read from the database.'),
      nodesAlive: gauge('family_hub_nodes_alive', 'From the database: nodes with a recent heartbeat.'),
      logDropped: counter(
        'family_hub_log_lines_dropped_total',
        'Log lines that Seq did not receive: it was down, slow or full.',
      ),
    },
    queue: {
      entries: gauge('family_hub_entries', 'From the database: entries by status.', {
        status: Object.values(EntryStatus),
      }),
      due: gauge('family_hub_due_entries', 'From the database: pending entries that are due.'),
      oldestDueAge: gauge(
        'family_hub_oldest_due_age_seconds',
        'From the database: how long the oldest due entry has been due; 0 when none is.',
      ),
      claimed: counter('family_hub_claimed_entries_total', 'Entries claimed.'),
      claimBatch: histogram('family_hub_claim_batch_entries', 'Entries per claim that found any.', BATCH),
      outcomeBatch: histogram('family_hub_outcome_batch_entries', 'Outcomes written per statement.', BATCH, {
        kind: ['success', 'failure'],
      }),
      takenOver: counter('family_hub_taken_over_entries_total', 'Entries taken over after their lease expired.'),
      attempt: histogram(
        'family_hub_attempt_duration_seconds',
        'Duration of attempts, by the entry’s outcome (retried: it waits again) and the class of the failure.',
        CALL_SECONDS,
        { outcome: ['succeeded', 'retried', 'failed'], class: ['none', ...FAILURE] },
      ),
      creation: histogram(
        'family_hub_account_creation_seconds',
        'From enqueueing to the created account.',
        WAIT_SECONDS,
      ),
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
      circuit: gauge('family_hub_circuit_state', 'From the database: 1 for the current state of the circuit.', {
        state: Object.values(CircuitState),
      }),
      circuitOpen: gauge(
        'family_hub_circuit_open_seconds',
        'From the database: how long the circuit has been open; 0 when it is closed.',
      ),
    },
    jobs: {
      fires: counter('family_hub_job_fires_total', 'Fires by outcome.', {
        job_name: JOB,
        outcome: Object.values(FireOutcome),
      }),
      fireLag: histogram('family_hub_job_fire_lag_seconds', 'Time from a fire to the start of its run.', LAG_SECONDS, {
        job_name: JOB,
      }),
      runs: counter('family_hub_job_runs_total', 'Finished runs, by status and outcome (manual: started by hand).', {
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
        'Duration of operations (of a subscription: until it is open).',
        ANSWER_SECONDS,
        { type: ['query', 'mutation', 'subscription'], ok: ['true', 'false'] },
      ),
      operations: counter(
        'family_hub_graphql_operations_total',
        'Operations by root field, and requests refused before execution: invalid, or too large.',
        {
          operation: { ...FIELD, of: `${FIELD.of}, \`refused\`` },
          ok: ['true', 'false'],
        },
      ),
      seconds: counter('family_hub_graphql_operation_seconds_total', 'Total duration of operations by root field.', {
        operation: FIELD,
      }),
      subscriptions: gauge('family_hub_subscriptions_open', 'Open subscriptions by field.', { operation: FIELD }),
    },
    http: {
      duration: histogram('family_hub_http_duration_seconds', 'Duration of HTTP requests.', HTTP_SECONDS, {
        route: { atMost: 30, of: 'the paths of the server' },
        method: ['GET', 'POST', 'HEAD', 'OPTIONS', 'other'],
        status: { atMost: 5, of: '`1xx` to `5xx`' },
      }),
      cut: counter(
        'family_hub_http_connections_cut_total',
        'Connections closed because there were too many, or because the client did not read.',
        { reason: ['too_many', 'slow_reader'] },
      ),
    },
    access: {
      failures: counter(
        'family_hub_authentication_failures_total',
        'Refused credentials: unknown, ended (expired or revoked), forbidden, unavailable (could not be checked), throttled (not checked, after too many failures).',
        { reason: ['unknown', 'ended', 'forbidden', 'unavailable', 'throttled'] },
      ),
      unchained: gauge(
        'family_hub_audit_unchained_entries',
        'From the database: audit entries that are not chained yet; above 0 for longer than a second only when something is wrong.',
      ),
    },
    database: {
      connections: gauge(
        'family_hub_database_connections',
        'Connections by pool (work: the queue and the jobs; reading: queries of the API).',
        {
          pool: ['work', 'reading'],
          state: ['in_use', 'idle'],
        },
      ),
      waiting: gauge('family_hub_database_waiting_requests', 'Requests that wait for a connection.', {
        pool: ['work', 'reading'],
      }),
      errors: counter(
        'family_hub_database_errors_total',
        'Failed statements by SQLSTATE class (23: constraint, 40: serialization, 57: cancelled, connection: not available).',
        { class: SQLSTATE },
      ),
    },
    outbox: {
      published: counter('family_hub_outbox_published_events_total', 'Events published to every target.'),
      unprocessed: gauge(
        'family_hub_outbox_unprocessed_events',
        'From the database: events that wait to be published.',
      ),
      oldestAge: gauge(
        'family_hub_outbox_oldest_age_seconds',
        'From the database: age of the oldest unpublished event; 0 when there is none.',
      ),
      parked: gauge('family_hub_outbox_parked_events', 'From the database: events parked after too many failures.'),
    },
    webhooks: {
      attempts: histogram(
        'family_hub_webhook_attempt_duration_seconds',
        'Duration of delivery attempts, by outcome.',
        CALL_SECONDS,
        {
          outcome: Object.keys(OUTCOMES) as Outcome[],
        },
      ),
      webhooks: gauge(
        'family_hub_webhooks',
        'From the database: webhooks by state (disabled: nothing succeeded for days).',
        {
          state: Object.values(WebhookState),
        },
      ),
      pending: gauge(
        'family_hub_webhook_pending_deliveries',
        'From the database: pending deliveries of active webhooks.',
      ),
      oldestAge: gauge(
        'family_hub_webhook_oldest_pending_age_seconds',
        'From the database: age of the oldest pending delivery of an active webhook; 0 when there is none.',
      ),
    },
    alerts: {
      on: gauge('family_hub_alerts', 'From the database: active alerts.', {
        rule: { atMost: 50, of: 'the alert rules of the server' },
        severity: Object.values(AlertSeverity),
      }),
    },
    changes: {
      heldBack: gauge(
        'family_hub_change_feed_held_back_seconds',
        'From the database: age of the oldest open transaction that has written; live updates wait for it.',
      ),
      oldSnapshot: gauge(
        'family_hub_old_snapshot_seconds',
        'From the database: age of the oldest snapshot; PostgreSQL cannot remove rows that were deleted since.',
      ),
    },
  };
}
