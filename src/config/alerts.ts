/** From when on somebody is told: the thresholds of the alert rules; part of the settings. */
import { duration, integer, setting } from './values.ts';

const after = (value: string, example: string, means: string) =>
  setting({ schema: duration(1), default: value, example, means });

export const ALERT_SETTINGS = {
  ALERT_INTERVAL: setting({
    schema: duration(100),
    default: '10s',
    example: '30s',
    means: 'How often one of the nodes looks whether an alert goes on or off.',
  }),
  ALERT_HOLD: setting({
    schema: duration(0),
    default: '1m',
    example: '5m',
    means:
      'How long what an alert is about must be gone before the alert is over, so that it does not go on and off again.',
  }),
  ALERT_FAILED_ENTRY_WINDOW: after(
    '7d',
    '1d',
    'Entries that failed for good keep their alert on for so long, unless they are retried, cancelled or deleted before.',
  ),
  ALERT_OVERDUE_AFTER: after(
    '5m',
    '15m',
    'An alert goes on when an entry has been due for longer and is not attempted.',
  ),
  ALERT_PAUSE_AFTER: after(
    '4h',
    '12h',
    'An alert goes on when the whole queue has been paused for longer, or the circuit kept open by hand.',
  ),
  ALERT_CIRCUIT_OPEN_AFTER: after('2m', '10m', 'An alert goes on when failures have kept the circuit open for longer.'),
  ALERT_FIRE_LATE_AFTER: after('5m', '1h', 'An alert goes on when a job began later than this after its time.'),
  ALERT_FIRE_WINDOW: after('1h', '24h', 'For how long a late or missed fire keeps its alert on.'),
  ALERT_NODE_GONE_WINDOW: after(
    '1h',
    '24h',
    'For how long a node that fell silent keeps its alert on, unless another on the same host has taken its place.',
  ),
  ALERT_OUTBOX_AFTER: after('5m', '1m', 'An alert goes on when an event has waited longer to be published.'),
  ALERT_WEBHOOK_AFTER: after('15m', '1h', 'An alert goes on when deliveries to a webhook have failed for longer.'),
  ALERT_KEY_AGE: after(
    '365d',
    '90d',
    'An alert goes on when passwords have been sealed under the same key for longer.',
  ),
  ALERT_TOKEN_EXPIRY_AHEAD: after('14d', '30d', 'How long before an API token expires its alert goes on.'),
  ALERT_TRANSACTION_AFTER: after(
    '1m',
    '10m',
    'An alert goes on when a transaction that has written has been open for longer, which holds back all live updates, or one that reads for ten times as long, which slows the queue.',
  ),
  ALERT_DISK_FREE_BYTES: setting({
    schema: integer(1, 1_000_000_000_000_000),
    default: '1000000000',
    example: '5000000000',
    means: 'An alert goes on when the disk that holds the embedded database has less room left.',
  }),
} as const;

/** The thresholds, by the names of their settings, in milliseconds and bytes. */
export type AlertSetting = keyof typeof ALERT_SETTINGS;

/** The thresholds as they are when nobody has set anything. */
export const DEFAULT_ALERT_SETTINGS = Object.fromEntries(
  Object.entries(ALERT_SETTINGS).map(([name, { schema, default: value }]) => [name, schema.parse(value)]),
) as Readonly<Record<AlertSetting, number>>;

export const MONITORING_SETTINGS = {
  METRICS_INTERVAL: setting({
    schema: duration(100),
    default: '10s',
    example: '30s',
    means:
      'How often one node reads for all what metrics tell of the database, while anybody scrapes. Rarer where that takes long: it has 2 % of one connection’s time.',
  }),
};
