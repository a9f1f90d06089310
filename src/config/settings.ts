/**
 * Every setting of the server, in groups: its type, default, example and meaning. config.ts reads them;
 * docs/settings.md is generated from them.
 */
import { ACCESS_SETTINGS } from './access.ts';
import { ALERT_SETTINGS } from './alerts.ts';
import { HTTP_SETTINGS } from './http.ts';
import { PROVIDER_SETTINGS } from './provider.ts';
import { databaseUrl, duration, headerValue, integer, oneOf, retention, setting, text, url } from './values.ts';

const RETENTION_SETTINGS = {
  FAILED_PASSWORD_RETENTION: setting({
    schema: duration(0),
    default: '30d',
    example: '7d',
    means: 'How long a failed entry keeps its password.',
  }),
  INVITATION_RETENTION: setting({
    schema: duration(0),
    default: '30d',
    example: '60d',
    means: 'How long after its expiry an expired invitation is kept.',
  }),
  HISTORY_RETENTION: setting({
    schema: retention(),
    default: '90d',
    example: '30d',
    means:
      'How long history is kept: completed and cancelled entries with their attempts (accounts and users stay), runs and fires (the newest 100 of each job stay), published events, webhook deliveries, bulk actions, circuit changes, ended alerts, nodes that are gone. `never`: nothing is deleted, here and below.',
  }),
  UNRESOLVED_RETENTION: setting({
    schema: retention(),
    default: 'never',
    example: '365d',
    means: 'How long failed entries and parked events are kept. They wait for an operator’s decision.',
  }),
  AUDIT_RETENTION: setting({
    schema: retention(30 * 24 * 3_600_000),
    default: 'never',
    example: '730d',
    means:
      'How long the audit trail is kept, at least 30 days. What is kept stays verifiable; nothing is deleted unless an operator sets this.',
  }),
} as const;

const SERVER_SETTINGS = {
  NODE_NAME: setting({
    schema: text(),
    example: 'jobs-1',
    means: 'The name of this node in logs and in `serverNodes`. Unset: host name and process id.',
  }),
  SHUTDOWN_TIMEOUT: setting({
    schema: duration(100),
    default: '20s',
    example: '1m',
    means: 'How long a stopping node waits for running attempts and jobs.',
  }),
};

const DATABASE_SETTINGS = {
  DATABASE_URL: setting({
    schema: databaseUrl(),
    example: 'postgresql://jobs:secret@db.example:5432/family_hub',
    means:
      'PostgreSQL 15 or newer. With several hosts (`postgresql://jobs:secret@db1:5432,db2:5432/family_hub`) the server uses the one that accepts writes. Unset: the embedded PostgreSQL 18 in `DATA_DIR`.',
    isSecret: true,
    isInReadme: true,
  }),
  DATABASE_DIRECT_URL: setting({
    schema: databaseUrl(),
    example: 'postgresql://jobs:secret@db.example:5432/family_hub',
    means:
      'The same database without the pooler, for `LISTEN` and migrations. Unset behind PgBouncer: a poll every 500 ms replaces `LISTEN`.',
    isSecret: true,
  }),
  DATABASE_POOL_SIZE: setting({
    schema: integer(3, 200),
    default: '12',
    example: '20',
    means: 'The most connections that one node opens, besides one for `LISTEN`. Half of them serve reads of the API.',
  }),
  DATA_DIR: setting({
    schema: text(),
    default: '.data',
    example: '/var/lib/family-hub-jobs',
    means: 'The folder of the embedded database and its master key.',
  }),
};

const KEY_SETTINGS = {
  MASTER_KEY: setting({
    schema: text(),
    example: '"$(openssl rand -base64 32)"',
    means:
      '32 bytes in base64 that encrypt the key ring. Keep a copy as safe as a backup. Unset with the embedded database: created in `DATA_DIR`.',
    isSecret: true,
    isInReadme: true,
  }),
  MASTER_KEY_FILE: setting({
    schema: text(),
    example: '/run/secrets/master-key',
    means: 'A file with the master key, instead of `MASTER_KEY`.',
  }),
  NEW_MASTER_KEY: setting({
    schema: text(),
    example: '"$(openssl rand -base64 32)"',
    means:
      'The next master key, while you change it: set it on every node before `wrapWithNewMasterKey`. See [docs/keys.md](docs/keys.md).',
    isSecret: true,
  }),
  NEW_MASTER_KEY_FILE: setting({
    schema: text(),
    example: '/run/secrets/new-master-key',
    means: 'A file with the next master key, instead of `NEW_MASTER_KEY`.',
  }),
};

const QUEUE_SETTINGS = {
  LEASE_DURATION: setting({
    schema: duration(300),
    default: '30s',
    example: '1m',
    means:
      'How long a claimed entry belongs to its node, at least three times `PROVIDER_TIMEOUT`. After that, another node takes over what a crashed node held.',
  }),
  HEARTBEAT_INTERVAL: setting({
    schema: duration(100),
    default: '5s',
    example: '2s',
    means:
      'How often a node reports that it is alive; after three missed heartbeats it counts as gone. The same on every node.',
  }),
  UNDO_WINDOW: setting({
    schema: duration(0),
    default: '15m',
    example: '1h',
    means: 'How long a cancelled entry keeps its password, so that you can retry it.',
  }),
  MISFIRE_WINDOW: setting({
    schema: duration(1_000),
    default: '24h',
    example: '1h',
    means:
      'How far back the misfire policy of a job applies to missed fires; older ones are recorded as missed. The same on every node.',
  }),
};

const LOG_AND_TRACE_SETTINGS = {
  LOG_LEVEL: setting({
    schema: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    example: 'debug',
    means: 'The lowest level that is logged.',
  }),
  LOG_FORMAT: setting({
    schema: oneOf(['pretty', 'json']),
    example: 'json',
    means: 'The format of log lines. Unset: `pretty` on a terminal, `json` elsewhere.',
  }),
  SEQ_URL: setting({
    schema: url('http:', 'https:'),
    example: 'http://localhost:5341',
    means: 'A Seq server that also gets every log line; while it is down, up to 4 MB wait.',
  }),
  SEQ_API_KEY: setting({
    schema: headerValue(),
    example: 'k3y',
    means: 'The API key of Seq, where it requires one.',
    isSecret: true,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting({
    schema: url('http:', 'https:'),
    variant: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    example: 'http://localhost:4318',
    means:
      'An OpenTelemetry collector that gets traces, as OTLP over HTTP. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is the same with its path; other [`OTEL_` variables](docs/traces.md) apply too. Unset: no traces.',
  }),
};

/** The settings by topic, in the order of docs/settings.md. */
export const SETTING_GROUPS = {
  Server: { ...HTTP_SETTINGS, ...SERVER_SETTINGS },
  'Access control': ACCESS_SETTINGS,
  Database: DATABASE_SETTINGS,
  'Encryption keys': KEY_SETTINGS,
  'Identity provider': PROVIDER_SETTINGS,
  'Queue and jobs': QUEUE_SETTINGS,
  Retention: RETENTION_SETTINGS,
  'Alerts, events and webhooks': ALERT_SETTINGS,
  'Logs and traces': LOG_AND_TRACE_SETTINGS,
};

export const SETTINGS = {
  ...SETTING_GROUPS.Server,
  ...SETTING_GROUPS['Access control'],
  ...SETTING_GROUPS.Database,
  ...SETTING_GROUPS['Encryption keys'],
  ...SETTING_GROUPS['Identity provider'],
  ...SETTING_GROUPS['Queue and jobs'],
  ...SETTING_GROUPS.Retention,
  ...SETTING_GROUPS['Alerts, events and webhooks'],
  ...SETTING_GROUPS['Logs and traces'],
};
