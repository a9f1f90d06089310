/** Alerts over what leaves the server: events that nobody publishes, webhooks that take nothing. */
import { type AlertRule, type Finding, findingsOf, MOST_FINDINGS, type RuleTools } from '../alert-rule.ts';
import { at, counted, inWords } from '../wording.rules.ts';

const MOST_COUNTED = 10_000;

// In their order by outbox_events_pending_idx: the oldest is among the first, give or take a late commit.
const WAITING = `
  SELECT min(greatest(created_at, redelivered_at)) AS since, count(*)::int AS count
  FROM (SELECT created_at, redelivered_at FROM auth.outbox_events
        WHERE processed_at IS NULL AND parked_at IS NULL ORDER BY sequence LIMIT $2) AS waiting
  HAVING min(greatest(created_at, redelivered_at)) < now() - $1 * interval '1 millisecond'`;

interface Amount {
  readonly since: Date;
  readonly count: number;
}

const amount = (count: number, one: string, many?: string): string =>
  `${count >= MOST_COUNTED ? 'at least ' : ''}${counted(count, one, many)}`;

const waitingFinding = ({ since, count }: Amount): Finding => ({
  groupKey: '',
  subject: { kind: 'outbox', key: null },
  count,
  since,
  summary: `The oldest event has waited since ${at(since)} to be published; ${amount(count, 'event')} in all.`,
  advice:
    'The log says what the publisher runs into, and outboxEvents what the events failed with. Nobody outside hears anything meanwhile, of alerts neither.',
  cure: null,
});

const PARKED = `
  SELECT count(*)::int AS count, min(parked_at) AS since, (array_agg(event_id::text ORDER BY parked_at))[1] AS "eventId"
  FROM (SELECT event_id, parked_at FROM auth.outbox_events WHERE parked_at IS NOT NULL ORDER BY parked_at LIMIT $1) AS parked
  HAVING count(*) > 0`;

const parkedFinding = ({ since, count, eventId }: Amount & { readonly eventId: string }): Finding => ({
  groupKey: '',
  subject: { kind: 'outbox', key: eventId },
  count,
  since,
  summary: `${amount(count, 'event')} could not be published and ${count === 1 ? 'is' : 'are'} parked.`,
  advice: 'outboxEvents says what each failed with; mend that, and publish them again.',
  cure: { label: 'Publish the oldest again', mutation: 'redeliverOutboxEvent', input: { eventId } },
});

// Of each webhook in use, its oldest delivery that is pending: webhook_deliveries_status_idx.
const FAILING_WEBHOOKS = `
  SELECT webhook.id::text AS id, least(webhook.failing_since, oldest.since) AS since, pending.count
  FROM auth.webhooks AS webhook
  LEFT JOIN LATERAL (SELECT greatest(created_at, redelivered_at, webhook.state_changed_at) AS since FROM auth.webhook_deliveries
                     WHERE webhook_id = webhook.id AND status = 'pending' ORDER BY position LIMIT 1) AS oldest ON true
  CROSS JOIN LATERAL (SELECT count(*)::int AS count
                      FROM (SELECT FROM auth.webhook_deliveries
                            WHERE webhook_id = webhook.id AND status = 'pending' LIMIT $2) AS these) AS pending
  WHERE webhook.state = 'active'
    AND least(webhook.failing_since, oldest.since) < now() - $1 * interval '1 millisecond'
  ORDER BY webhook.id LIMIT $3`;

interface WebhookRow extends Amount {
  readonly id: string;
}

/** Its beginning tells it apart. Its address is for those who may see webhooks, and not for other receivers. */
const named = (id: string): string => `webhook ${id.slice(0, 8)}`;

const failingFinding = ({ id, since, count }: WebhookRow): Finding => ({
  groupKey: id,
  subject: { kind: 'webhook', key: id },
  count: Math.max(1, count),
  since,
  summary: `The ${named(id)} has taken nothing since ${at(since)}; ${amount(count, 'delivery', 'deliveries')} ${count === 1 ? 'waits' : 'wait'}.`,
  advice: 'Its deliveries say what the receiver answered. They are tried again by themselves, until it is disabled.',
  cure: { label: 'Send a test', mutation: 'testWebhook', input: { webhookId: id } },
});

const DISABLED_WEBHOOKS = `
  SELECT id::text AS id, disabled_at AS since, 1 AS count FROM auth.webhooks
  WHERE state = 'disabled' ORDER BY id LIMIT $1`;

const disabledFinding = ({ id, since }: WebhookRow): Finding => ({
  groupKey: id,
  subject: { kind: 'webhook', key: id },
  count: 1,
  since,
  summary: `The ${named(id)} was disabled at ${at(since)}, after failing for days: it gets nothing any more.`,
  advice: 'Mend its receiver, resume it, then have redelivered what it missed; or delete it.',
  cure: { label: 'Resume the webhook', mutation: 'resumeWebhook', input: { webhookId: id } },
});

export const outboxRules = ({ settings: { ALERT_OUTBOX_AFTER, ALERT_WEBHOOK_AFTER } }: RuleTools): AlertRule[] => [
  {
    name: 'OUTBOX_STUCK',
    severity: 'critical',
    description: 'Events are not published. It is over when the oldest has not waited for long.',
    looksAt: 'The oldest event that is neither published nor parked.',
    threshold: `waiting for longer than ${inWords(ALERT_OUTBOX_AFTER)}`,
    settings: ['ALERT_OUTBOX_AFTER'],
    find: async (db) => findingsOf(await db.query<Amount>(WAITING, [ALERT_OUTBOX_AFTER, MOST_COUNTED]), waitingFinding),
  },
  {
    name: 'OUTBOX_PARKED',
    severity: 'warning',
    description:
      'Events were parked, because publishing them failed too often. It is over when none is parked any more.',
    looksAt: 'Parked events.',
    threshold: 'one event',
    settings: [],
    find: async (db) => findingsOf(await db.query<Amount & { eventId: string }>(PARKED, [MOST_COUNTED]), parkedFinding),
  },
  {
    name: 'WEBHOOK_STUCK',
    severity: 'warning',
    description: 'A webhook does not take what it is sent. It is over when it does, or is not in use any more.',
    looksAt: 'Each webhook in use: since when it fails, and its oldest delivery that is pending.',
    threshold: `for longer than ${inWords(ALERT_WEBHOOK_AFTER)}`,
    settings: ['ALERT_WEBHOOK_AFTER'],
    find: async (db) =>
      findingsOf(
        await db.query<WebhookRow>(FAILING_WEBHOOKS, [ALERT_WEBHOOK_AFTER, MOST_COUNTED, MOST_FINDINGS + 1]),
        failingFinding,
      ),
  },
  {
    name: 'WEBHOOK_DISABLED',
    severity: 'critical',
    description: 'A webhook failed for so long that it was disabled. It is over when it is resumed or deleted.',
    looksAt: 'Disabled webhooks.',
    threshold: null,
    settings: [],
    find: async (db) => findingsOf(await db.query<WebhookRow>(DISABLED_WEBHOOKS, [MOST_FINDINGS + 1]), disabledFinding),
  },
];
