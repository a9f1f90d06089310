/**
 * Every setting of the server once: its rule, default, example and meaning. config.ts reads
 * them; the README's table is generated from them.
 */
import { ACCESS_SETTINGS } from './access.ts';
import { ALERT_SETTINGS, MONITORING_SETTINGS } from './alerts.ts';
import { LIMIT_SETTINGS } from './limits.ts';
import { POLICY_SETTINGS } from './policy.ts';
import { RETENTION_SETTINGS } from './retention.ts';
import { databaseUrl, duration, headerValue, integer, oneOf, setting, text, url } from './values.ts';
import { OUTBOX_SETTINGS, WEBHOOK_SETTINGS } from './webhooks.ts';

export const SETTINGS = {
  HOST: setting({
    schema: text(),
    default: '127.0.0.1',
    example: '127.0.0.1',
    means:
      'Address to listen on. One that is not loopback is accepted only with `ADMIN_TOKEN` or `OIDC_ISSUER`, so that callers are asked who they are.',
  }),
  PORT: setting({
    schema: integer(0, 65_535),
    default: '4000',
    example: '4000',
    means: 'Port to listen on; `0` takes a free one and prints it.',
  }),
  ...ACCESS_SETTINGS,
  DATABASE_URL: setting({
    schema: databaseUrl(),
    example: 'postgresql://jobs:secret@db.example:5432/family_hub',
    means: 'PostgreSQL 15 or newer. Unset: the embedded PostgreSQL 18 in `DATA_DIR`.',
    isSecret: true,
  }),
  DATABASE_DIRECT_URL: setting({
    schema: databaseUrl(),
    example: 'postgresql://jobs:secret@db.example:5432/family_hub',
    means:
      'The same database without a pooler between, for `LISTEN` and migrations. Without it behind PgBouncer, a short poll replaces `LISTEN`.',
    isSecret: true,
  }),
  DATABASE_POOL_SIZE: setting({
    schema: integer(3, 200),
    default: '12',
    example: '12',
    means:
      'Connections that one node opens at the most (one more listens). Half of them serve what the API reads, so that the work goes on whatever is asked.',
  }),
  DATA_DIR: setting({
    schema: text(),
    default: '.data',
    example: '/var/lib/family-hub-jobs',
    means: 'Folder of the embedded database and its master key.',
  }),
  NODE_NAME: setting({
    schema: text(),
    example: 'jobs-1',
    means: "This node's name in logs and in `serverNodes`. Unset: host name and process id.",
  }),
  LOG_LEVEL: setting({
    schema: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    example: 'debug',
    means: 'The least level that is logged.',
  }),
  LOG_FORMAT: setting({
    schema: oneOf(['pretty', 'json']),
    example: 'json',
    means: 'How log lines look. Unset: `pretty` on a terminal, `json` elsewhere.',
  }),
  SEQ_URL: setting({
    schema: url('http:', 'https:'),
    example: 'http://localhost:5341',
    means: 'A Seq server that gets every log line too. What it does not take waits, 4 MB at most, and is then dropped.',
  }),
  SEQ_API_KEY: setting({
    schema: headerValue(),
    example: 'k3y',
    means: "Seq's API key, where it wants one.",
    isSecret: true,
  }),
  MASTER_KEY: setting({
    schema: text(),
    example: '"$(openssl rand -base64 32)"',
    means:
      '32 bytes in base64 that wrap the keys passwords are sealed under. Never in the database: keep it as safe as a backup. Unset with the embedded database: made once in `DATA_DIR`.',
    isSecret: true,
  }),
  MASTER_KEY_FILE: setting({
    schema: text(),
    example: '/run/secrets/master-key',
    means: 'A file that holds the master key, instead of `MASTER_KEY`.',
  }),
  NEW_MASTER_KEY: setting({
    schema: text(),
    example: '"$(openssl rand -base64 32)"',
    means:
      'The master key that is to take the place of `MASTER_KEY`, while it is being changed: set on every node before `wrapWithNewMasterKey`. See [docs/keys.md](docs/keys.md).',
    isSecret: true,
  }),
  NEW_MASTER_KEY_FILE: setting({
    schema: text(),
    example: '/run/secrets/new-master-key',
    means: 'A file that holds it, instead of `NEW_MASTER_KEY`.',
  }),
  IDENTITY_PROVIDER: setting({
    schema: oneOf(['zitadel', 'simulator']),
    example: 'simulator',
    means:
      'Where accounts are made. Unset: `zitadel` if `ZITADEL_URL` is set, else the simulator, which is accepted unasked only with the embedded database.',
  }),
  ZITADEL_URL: setting({
    schema: url('http:', 'https:'),
    example: 'https://id.example.org',
    means: 'Zitadel 4 or newer.',
  }),
  ZITADEL_TOKEN: setting({
    schema: text(),
    example: 'pat-…',
    means: 'Personal access token of a service account with the role `ORG_USER_MANAGER`.',
    isSecret: true,
  }),
  ZITADEL_TOKEN_FILE: setting({
    schema: text(),
    example: '/run/secrets/zitadel-token',
    means:
      'A file that holds the token, instead of `ZITADEL_TOKEN`; read again when it changes, and when Zitadel refuses the token.',
  }),
  ZITADEL_KEY_FILE: setting({
    schema: text(),
    example: '/run/secrets/zitadel-key.json',
    means:
      "The JSON file of a service account's key, instead of a token: short-lived tokens are had with it. Zitadel's external address must be `ZITADEL_URL`, or `https://` and `ZITADEL_INSTANCE_HOST`.",
  }),
  ZITADEL_ORGANIZATION_ID: setting({
    schema: text(),
    example: '273889123456789012',
    means: "The organization that accounts are made in. Unset: the token's own.",
  }),
  ZITADEL_INSTANCE_HOST: setting({
    schema: text(),
    example: 'id.example.org',
    means: "Zitadel's external domain, where it is reached under another name (sent as `x-zitadel-instance-host`).",
  }),
  ACCOUNT_EMAIL_DOMAIN: setting({
    schema: text(),
    default: 'noemail.family-hub.internal',
    example: 'noemail.example.org',
    means: 'Domain of the placeholder addresses that Zitadel insists on; no mail is ever sent.',
  }),
  PROVIDER_TIMEOUT: setting({
    schema: duration(100),
    default: '10s',
    example: '5s',
    means: 'How long a call to the identity provider may take.',
  }),
  PROVIDER_CONCURRENCY: setting({
    schema: integer(1, 1_000),
    default: '32',
    example: '64',
    means: 'Calls to the identity provider that one node makes at the same time.',
  }),
  LEASE_DURATION: setting({
    schema: duration(300),
    default: '30s',
    example: '1m',
    means:
      'How long a claimed entry belongs to its node; at least three times `PROVIDER_TIMEOUT`. What a crashed node held is taken over after this time.',
  }),
  HEARTBEAT_INTERVAL: setting({
    schema: duration(100),
    default: '5s',
    example: '2s',
    means: 'How often a node says that it lives and looks for leases that ran out.',
  }),
  SHUTDOWN_TIMEOUT: setting({
    schema: duration(100),
    default: '20s',
    example: '1m',
    means: 'How long a stopping node lets running attempts and jobs end.',
  }),
  UNDO_WINDOW: setting({
    schema: duration(0),
    default: '15m',
    example: '1h',
    means: 'How long a cancelled entry keeps its password, so that it can be retried.',
  }),
  ...RETENTION_SETTINGS,
  ...ALERT_SETTINGS,
  ...OUTBOX_SETTINGS,
  ...WEBHOOK_SETTINGS,
  FIRE_TOLERANCE: setting({
    schema: duration(100),
    default: '5s',
    example: '10s',
    means: 'A job that starts later than this after its time is recorded as late.',
  }),
  MISFIRE_WINDOW: setting({
    schema: duration(1_000),
    default: '24h',
    example: '1h',
    means:
      'How far back a job’s missed fires are settled by its misfire policy; older ones are recorded as missed. The same on every node.',
  }),
  INTERRUPT_GRACE: setting({
    schema: duration(0),
    default: '10s',
    example: '1m',
    means: 'How long a run that somebody interrupted may take to end; then it is closed as interrupted.',
  }),
  CIRCUIT_FAILURE_THRESHOLD: setting({
    schema: integer(1, 1_000),
    default: '5',
    example: '10',
    means: 'Transient failures of so many different entries, with no success between them, open the circuit.',
  }),
  CIRCUIT_PROBE_INTERVAL: setting({
    schema: duration(100),
    default: '10s',
    example: '30s',
    means: 'Time to the first probe of an open circuit; doubled after each failed probe, up to 5 min.',
  }),
  ...MONITORING_SETTINGS,
  ...POLICY_SETTINGS,
  ...LIMIT_SETTINGS,
} as const;
