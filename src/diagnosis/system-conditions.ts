/** Conditions of the system: nodes, events and webhooks, keys and tokens, the audit trail and the database. */
import { type Amount, alert, amount, cure, shown } from './condition.ts';
import { counted, inBytes, inWords } from './wording.rules.ts';

/** How long a crashed node that was replaced keeps its alert, so that a crash loop is noticed. */
export const REPLACED_NODE_MS = 5 * 60_000;
/** PostgreSQL knows the age of a standby or a replication slot in transactions, not in time. */
export const MOST_TRANSACTIONS = 1_000_000;
/** A rule that could not be evaluated for this long raises an alert about itself. */
export const UNREADABLE_AFTER_MS = 60_000;

/** The webhook's short id: only callers who may read webhooks may see its URL. */
const webhook = (id: string): string => `webhook ${id.slice(0, 8)}`;

export const SYSTEM_CONDITIONS = {
  NO_LIVE_NODE: shown({
    title: 'No node running',
    severity: 'critical',
    about: 'node',
    says: (_: object) => ({
      message: 'No node is running: no entry is attempted, and no job runs.',
      advice: 'Start one.',
      cure: null,
    }),
  }),
  NODE_GONE: alert({
    title: 'Node gone',
    severity: 'warning',
    about: 'node',
    alert: `A node crashed or lost its connection: it missed its heartbeats, and was neither stopped nor drained. One alert for each host. It ends when the node is back, ${inWords(REPLACED_NODE_MS)} after another node took its place on that host, or when the threshold has passed.`,
    threshold: ({ NODE_GONE }) => `one node in the last ${inWords(NODE_GONE)}`,
    says: (of: {
      readonly host: string;
      readonly name: string;
      readonly count: number;
      readonly isReplaced: boolean;
    }) => ({
      message:
        of.count === 1
          ? `The node ${of.name} on ${of.host} stopped sending heartbeats without being stopped.`
          : `${counted(of.count, 'node')} on ${of.host} stopped sending heartbeats without being stopped, most recently ${of.name}.`,
      advice: of.isReplaced
        ? 'Another node took its place. Find out why it ended, in its log or in the log of its supervisor.'
        : 'Check its machine and process, and start it again. The other nodes take over its work when its leases end.',
      cure: null,
    }),
  }),

  // ---------------------------------------------------------------- events and webhooks
  OUTBOX_STUCK: alert({
    title: 'Events not published',
    severity: 'critical',
    about: 'outbox',
    alert: 'Events are not published. It ends when the oldest has not waited for long.',
    threshold: ({ OUTBOX_STUCK }) => `waiting for longer than ${inWords(OUTBOX_STUCK)}`,
    says: (of: Amount) => ({
      message: `${amount(of, 'event waits', 'events wait')} to be published.`,
      advice:
        'The log shows the publisher’s error, and outboxEvents those of each event. Until it is fixed, subscribers receive nothing, alerts included.',
      cure: null,
    }),
  }),
  OUTBOX_PARKED: alert({
    title: 'Events parked',
    severity: 'warning',
    about: 'outbox',
    alert: 'Events were parked because publishing them failed too often. It ends when no event is parked.',
    threshold: () => 'one event',
    says: (of: Amount & { readonly subjectKey: string }) => ({
      message: `${amount(of, 'event')} could not be published and ${of.count === 1 ? 'is' : 'are'} parked.`,
      advice: 'Check the error of each (outboxEvents), fix the cause, and publish them again.',
      cure: cure('Publish the oldest again', 'redeliverOutboxEvent', { eventId: of.subjectKey }),
    }),
  }),
  WEBHOOK_STUCK: alert({
    title: 'Webhook failing',
    severity: 'warning',
    about: 'webhook',
    alert:
      'A webhook does not accept its deliveries, or one of them. It ends when it accepts them, or is no longer in use.',
    threshold: ({ WEBHOOK_STUCK }) => `for longer than ${inWords(WEBHOOK_STUCK)}`,
    says: (of: Amount & { readonly key: string; readonly isFailing: boolean }) => ({
      message: `The ${webhook(of.key)} ${of.isFailing ? 'accepts nothing' : 'does not accept a delivery'}. ${amount(of, 'delivery waits', 'deliveries wait')}.`,
      advice: of.isFailing
        ? 'Its deliveries show what the receiver answered. They are retried automatically until the webhook is disabled.'
        : 'Its attempts show what the receiver answered. It either refuses this delivery, and those of the same aggregate wait behind it, or it is too slow.',
      cure: cure('Send a test', 'testWebhook', { webhookId: of.key }),
    }),
  }),
  WEBHOOK_DISABLED: alert({
    title: 'Webhook disabled',
    severity: 'critical',
    about: 'webhook',
    alert:
      'A webhook was disabled: it failed for days, or its receiver answered 410 Gone. It ends when the webhook is resumed or deleted.',
    says: (of: { readonly key: string }) => ({
      message: `The ${webhook(of.key)} was disabled: it receives nothing until it is resumed.`,
      advice:
        'The webhook’s stateReason says why. Fix that and resume it: waiting deliveries are sent, and missed ones can be sent again (redeliverWebhook). Or delete it.',
      cure: cure('Resume the webhook', 'resumeWebhook', { webhookId: of.key }),
    }),
  }),

  // ---------------------------------------------------------------- keys, tokens, the audit trail
  KEY_OLD: alert({
    title: 'Old encryption key',
    severity: 'info',
    about: 'encryption_key',
    alert: 'The active encryption key is old. It ends when another key replaces it.',
    threshold: ({ KEY_OLD }) => `active for longer than ${inWords(KEY_OLD)}`,
    says: (_: object) => ({
      message: 'Passwords have been encrypted with the same key for long.',
      advice: 'Rotate the key, then encrypt the stored passwords again (resealEntries). Nothing stops meanwhile.',
      cure: cure('Rotate the key', 'rotateEncryptionKey'),
    }),
  }),
  TOKEN_EXPIRING: alert({
    title: 'API token expiring',
    severity: 'warning',
    about: 'api_token',
    alert:
      'An API token expires soon, and no other token of its name replaces it. It ends when another was created, or when the token has expired or was revoked.',
    threshold: ({ TOKEN_EXPIRING }) => `within ${inWords(TOKEN_EXPIRING)}`,
    says: (of: {
      readonly name: string;
      readonly role: string;
      readonly familyId: string | null;
      readonly expiresInMs: number;
    }) => ({
      message: `The API token ${of.name} expires in ${inWords(of.expiresInMs)}.`,
      advice: 'If it is still needed, create another of the same name and replace it where it is used.',
      cure: cure('Create another token of this name', 'createApiToken', {
        name: of.name,
        role: of.role.toUpperCase(),
        ...(of.familyId !== null && { familyId: of.familyId }),
        expiresAt: null,
      }),
    }),
  }),

  // ---------------------------------------------------------------- the database
  FEED_HELD_BACK: alert({
    title: 'Live updates held back',
    severity: 'warning',
    about: 'database',
    alert: 'A transaction stays open, and live updates wait for its end. It ends when the transaction does.',
    threshold: ({ FEED_HELD_BACK }) => `open for longer than ${inWords(FEED_HELD_BACK)}`,
    says: (of: { readonly label: string }) => ({
      message: `A transaction stays open (${of.label}): live updates wait for its end.`,
      advice:
        'End it where it began, or with pg_terminate_backend and the number of its process, or with ROLLBACK PREPARED.',
      cure: null,
    }),
  }),
  SNAPSHOT_OLD: alert({
    title: 'Old snapshot',
    severity: 'warning',
    about: 'database',
    alert:
      'A transaction reads for long, or a standby or replication slot lags behind: PostgreSQL cannot remove dead rows, and the queue gets slower. It ends when the snapshot is released.',
    threshold: ({ SNAPSHOT_OLD }) =>
      `open for longer than ${inWords(SNAPSHOT_OLD)}, or more than ${MOST_TRANSACTIONS.toLocaleString('en-GB')} transactions old`,
    says: (of: { readonly label: string }) => ({
      message: `An old snapshot is still in use (${of.label}): dead rows cannot be removed, and claims get slower.`,
      advice:
        'End the session (pg_terminate_backend with the number of its process), or drop the slot if its standby is gone (pg_drop_replication_slot). Read with shorter transactions, or from a standby.',
      cure: null,
    }),
  }),
  DISK_FULL: alert({
    title: 'Disk nearly full',
    severity: 'critical',
    about: 'database',
    alert: 'The disk of the embedded database is nearly full. It ends when there is room again.',
    threshold: ({ DISK_FULL }) => `less than ${inBytes(DISK_FULL)} left`,
    says: (of: { readonly least: number }) => ({
      message: `The disk of the embedded database has less than ${inBytes(of.least)} left.`,
      advice: 'Free some of it, or shorten HISTORY_RETENTION.',
      cure: null,
    }),
  }),
  RULE_UNREADABLE: alert({
    title: 'Alert rule not evaluated',
    severity: 'warning',
    about: 'alert_rule',
    alert:
      'Another rule cannot be evaluated; its alerts stay as they are meanwhile. It ends when the rule can be evaluated again. (Only the log and the metrics report a database that cannot be reached.)',
    threshold: () => `for longer than ${inWords(UNREADABLE_AFTER_MS)}`,
    says: (of: { readonly key: string }) => ({
      message: `The rule ${of.key} cannot be evaluated.`,
      advice:
        'The log has the database’s error. Most often the statement is too slow, or this database user may not read enough.',
      cure: null,
    }),
  }),
};
