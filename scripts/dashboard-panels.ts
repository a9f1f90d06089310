/**
 * What Grafana's dashboard shows: title, unit and expressions of each panel. What is of the database
 * is shown by every node alike, so it is the maximum over them; the rest is added up.
 */

type Unit = 'short' | 's' | 'ops' | 'reqps' | 'bytes' | 'percentunit';
export interface Target {
  readonly expr: string;
  readonly legend: string;
}
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly targets: readonly Target[];
  /** A number at the top instead of a graph; red from this value on. */
  readonly stat?: { readonly redFrom: number | undefined };
}

const JOB = '{job="$job"}';
const max = (metric: string, legend = metric): Target => ({ expr: `max(${metric}${JOB})`, legend });
const maxBy = (metric: string, label: string): Target => ({
  expr: `max by (${label}) (${metric}${JOB})`,
  legend: `{{${label}}}`,
});
const rateBy = (metric: string, ...labels: readonly string[]): Target => ({
  expr: `sum by (${labels.join(', ')}) (rate(${metric}${JOB}[$__rate_interval]))`,
  legend: labels.map((label) => `{{${label}}}`).join(' '),
});
const rate = (metric: string, legend: string): Target => ({
  expr: `sum(rate(${metric}${JOB}[$__rate_interval]))`,
  legend,
});
const quantile = (q: number, metric: string, ...labels: readonly string[]): Target => ({
  expr: `histogram_quantile(${q}, sum by (${['le', ...labels].join(', ')}) (rate(${metric}_bucket${JOB}[$__rate_interval])))`,
  legend: [`p${q * 100}`, ...labels.map((label) => `{{${label}}}`)].join(' '),
});
const mean = (metric: string, legend: string): Target => ({
  expr: `sum(rate(${metric}_sum${JOB}[$__rate_interval])) / sum(rate(${metric}_count${JOB}[$__rate_interval]))`,
  legend,
});
const panel = (title: string, unit: Unit, targets: readonly Target[], description: string): Panel => ({
  title,
  unit,
  targets,
  description,
});
const stat = (title: string, unit: Unit, target: Target, redFrom: number | undefined, description: string): Panel => ({
  title,
  unit,
  targets: [target],
  stat: { redFrom },
  description,
});

export const NOW: readonly Panel[] = [
  stat('Nodes', 'short', max('family_hub_nodes_alive'), undefined, 'Nodes that beat.'),
  stat('Due', 'short', max('family_hub_due_entries'), 1_000, 'Entries whose time has come.'),
  stat('Oldest due', 's', max('family_hub_oldest_due_age_seconds'), 600, 'How long the oldest due entry has waited.'),
  stat(
    'Failed',
    'short',
    { expr: 'max(family_hub_entries{job="$job", status="failed"})', legend: 'failed' },
    1,
    'Entries that failed for good.',
  ),
  stat('Circuit open for', 's', max('family_hub_circuit_open_seconds'), 1, '0 while it is closed.'),
  stat(
    'Alerts on',
    'short',
    { expr: `sum(max by (rule) (family_hub_alerts${JOB})) or vector(0)`, legend: 'on' },
    1,
    'The server’s own alerts.',
  ),
];

export const ROWS: readonly (readonly [string, readonly Panel[]])[] = [
  [
    'The queue',
    [
      panel(
        'Entries',
        'short',
        [
          { expr: 'max by (status) (family_hub_entries{job="$job", status!="completed"})', legend: '{{status}}' },
          max('family_hub_due_entries', 'due'),
        ],
        'What there is and what is due. Completed ones are left out: they would hide the rest.',
      ),
      panel(
        'Accounts made',
        'ops',
        [rate('family_hub_account_creation_seconds_count', 'made')],
        'Accounts a second, over all nodes.',
      ),
      panel(
        'From enqueuing to the account',
        's',
        [quantile(0.5, 'family_hub_account_creation_seconds'), quantile(0.95, 'family_hub_account_creation_seconds')],
        'Retries included.',
      ),
      panel(
        'Attempts by outcome',
        'ops',
        [rateBy('family_hub_attempt_duration_seconds_count', 'outcome', 'class')],
        'What became of the entry, and the class of the failure.',
      ),
      panel(
        'Duration of attempts',
        's',
        [
          quantile(0.5, 'family_hub_attempt_duration_seconds', 'outcome'),
          quantile(0.95, 'family_hub_attempt_duration_seconds', 'outcome'),
        ],
        'From the claim to the outcome.',
      ),
      panel(
        'Retries used',
        'short',
        [mean('family_hub_entry_retries', 'mean')],
        'Retries of entries that ended, 0 to 5.',
      ),
      panel(
        'Claimed',
        'ops',
        [
          rate('family_hub_claimed_entries_total', 'claimed'),
          rate('family_hub_taken_over_entries_total', 'taken over'),
        ],
        'Entries a second; taken over: their node died or stood still.',
      ),
      panel(
        'Batches',
        'short',
        [mean('family_hub_claim_batch_entries', 'claimed'), mean('family_hub_settle_batch_entries', 'settled')],
        'Entries by one statement: the more, the less each costs.',
      ),
    ],
  ],
  [
    'The identity provider',
    [
      panel(
        'Calls by outcome',
        'reqps',
        [rateBy('family_hub_provider_call_duration_seconds_count', 'call', 'outcome')],
        'Over all nodes.',
      ),
      panel(
        'Duration of calls',
        's',
        [
          quantile(0.5, 'family_hub_provider_call_duration_seconds', 'call'),
          quantile(0.95, 'family_hub_provider_call_duration_seconds', 'call'),
        ],
        'As this server sees them.',
      ),
      panel('Circuit', 'short', [maxBy('family_hub_circuit_state', 'state')], '1 for the state that it is in.'),
    ],
  ],
  [
    'Jobs',
    [
      panel(
        'Fires by outcome',
        'ops',
        [rateBy('family_hub_job_fires_total', 'job_name', 'outcome')],
        'Each instant at which a job was due.',
      ),
      panel(
        'Lag',
        's',
        [quantile(0.95, 'family_hub_job_fire_lag_seconds', 'job_name')],
        'From the instant to the start of the run.',
      ),
      panel('Runs by status', 'ops', [rateBy('family_hub_job_runs_total', 'job_name', 'status')], 'Runs that ended.'),
      panel('Duration of runs', 's', [quantile(0.95, 'family_hub_job_run_duration_seconds', 'job_name')], 'By job.'),
    ],
  ],
  [
    'What others hear',
    [
      panel(
        'Outbox',
        'short',
        [max('family_hub_outbox_unprocessed_events', 'unprocessed'), max('family_hub_outbox_parked_events', 'parked')],
        'Events that wait, and those that were given up.',
      ),
      panel(
        'Age of the oldest event',
        's',
        [
          max('family_hub_outbox_oldest_age_seconds', 'event'),
          max('family_hub_webhook_oldest_pending_age_seconds', 'delivery'),
        ],
        'Of what is not yet published or delivered.',
      ),
      panel(
        'Published',
        'ops',
        [rate('family_hub_outbox_published_events_total', 'events')],
        'Events handed to every target.',
      ),
      panel(
        'Webhook attempts by outcome',
        'ops',
        [rateBy('family_hub_webhook_attempt_duration_seconds_count', 'outcome')],
        'Deliveries tried.',
      ),
      panel(
        'Duration of webhook attempts',
        's',
        [quantile(0.95, 'family_hub_webhook_attempt_duration_seconds')],
        'What receivers take.',
      ),
      panel(
        'Webhooks',
        'short',
        [maxBy('family_hub_webhooks', 'state'), max('family_hub_webhook_pending_deliveries', 'pending deliveries')],
        'By state, and what they wait for.',
      ),
      panel(
        'Subscriptions',
        'short',
        [{ expr: `sum by (operation) (family_hub_subscriptions_open${JOB})`, legend: '{{operation}}' }],
        'Open live updates.',
      ),
      panel(
        'Live updates held back',
        's',
        [max('family_hub_change_feed_held_back_seconds', 'oldest transaction')],
        'By the oldest transaction that has written and goes on.',
      ),
      panel(
        'Old snapshots',
        's',
        [max('family_hub_old_snapshot_seconds', 'oldest snapshot')],
        'While somebody holds one, nothing that is gone since is removed, and claims get slower.',
      ),
      panel('Alerts on', 'short', [maxBy('family_hub_alerts', 'rule')], 'The server’s own alerts by rule.'),
    ],
  ],
  [
    'The API',
    [
      panel(
        'Operations',
        'reqps',
        [
          {
            expr: 'topk(10, sum by (operation) (rate(family_hub_graphql_operations_total{job="$job"}[$__rate_interval])))',
            legend: '{{operation}}',
          },
        ],
        'The ten that are asked most, by root field.',
      ),
      panel(
        'Operations with errors',
        'reqps',
        [
          {
            expr: 'sum by (operation) (rate(family_hub_graphql_operations_total{job="$job", ok="false"}[$__rate_interval])) > 0',
            legend: '{{operation}}',
          },
        ],
        'Whatever the error was; "refused": requests that could not be read or do not fit this schema.',
      ),
      panel(
        'Mean time by operation',
        's',
        [
          {
            expr: 'topk(10, sum by (operation) (rate(family_hub_graphql_operation_seconds_total{job="$job"}[$__rate_interval])) / sum by (operation) (rate(family_hub_graphql_operations_total{job="$job"}[$__rate_interval])))',
            legend: '{{operation}}',
          },
        ],
        'The ten that take longest.',
      ),
      panel(
        'Time to answer',
        's',
        [quantile(0.95, 'family_hub_graphql_duration_seconds', 'type')],
        'GraphQL, by type.',
      ),
      panel('HTTP by status', 'reqps', [rateBy('family_hub_http_duration_seconds_count', 'status')], 'All paths.'),
      panel(
        'Turned away',
        'ops',
        [
          rateBy('family_hub_authentication_failures_total', 'reason'),
          rateBy('family_hub_http_connections_cut_total', 'reason'),
        ],
        'Credentials that were refused, and connections that were cut.',
      ),
    ],
  ],
  [
    'Database and process',
    [
      panel(
        'Connections',
        'short',
        [
          { expr: `sum by (pool, state) (family_hub_database_connections${JOB})`, legend: '{{pool}} {{state}}' },
          { expr: `sum by (pool) (family_hub_database_waiting_requests${JOB})`, legend: '{{pool}} waiting' },
        ],
        'Of all nodes.',
      ),
      panel(
        'Failing statements',
        'ops',
        [rateBy('family_hub_database_errors_total', 'class')],
        'By class of SQLSTATE. 23 is a constraint that held, and no fault.',
      ),
      panel(
        'The record',
        'short',
        [max('family_hub_audit_unchained_entries', 'not chained')],
        'Rows of the audit trail that are not chained yet.',
      ),
      panel('Event loop', 's', [maxBy('nodejs_eventloop_lag_p99_seconds', 'instance')], 'Lag, by node.'),
      panel('Memory', 'bytes', [maxBy('process_resident_memory_bytes', 'instance')], 'By node.'),
      panel(
        'Processor',
        'percentunit',
        [rateBy('process_cpu_seconds_total', 'instance')],
        'Share of one core, by node.',
      ),
      panel(
        'Age of the readings',
        's',
        [maxBy('family_hub_readings_age_seconds', 'instance')],
        'Of what is of the database; it grows when that is away.',
      ),
      panel(
        'Log lines dropped',
        'ops',
        [rate('family_hub_log_lines_dropped_total', 'dropped')],
        'That Seq did not take.',
      ),
      panel(
        'Versions',
        'short',
        [{ expr: `count by (version) (family_hub_build_info${JOB})`, legend: '{{version}}' }],
        'Nodes by version.',
      ),
    ],
  ],
];
