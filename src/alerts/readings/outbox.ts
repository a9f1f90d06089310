/** Alerts over what leaves the server: events that nobody publishes, webhooks that take nothing. */

import { type AlertRule, type Finding, findingsOf, MOST_FINDINGS, type Thresholds } from '../alert-rule.ts';
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
    'The log says what the publisher runs into, and the events what they failed with (outboxEvents). Nobody outside hears anything meanwhile, of alerts neither.',
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
  advice: 'Look at what each failed with (outboxEvents), mend that, and publish them again.',
  cure: { label: 'Publish the oldest again', mutation: 'redeliverOutboxEvent', input: { eventId } },
});

// Of each webhook in use, since when it takes nothing, or else its oldest delivery that is pending, by
// webhook_deliveries_status_idx: it may take all others, and never that one.
const FAILING_WEBHOOKS = `
  SELECT webhook.id::text AS id, failing.is_long AS "isFailing",
         CASE WHEN failing.is_long THEN webhook.failing_since ELSE oldest.since END AS since, pending.count
  FROM auth.webhooks AS webhook
  CROSS JOIN LATERAL (SELECT coalesce(webhook.failing_since < now() - $1 * interval '1 millisecond', false) AS is_long) AS failing
  LEFT JOIN LATERAL (SELECT greatest(created_at, redelivered_at, webhook.state_changed_at) AS since FROM auth.webhook_deliveries
                     WHERE webhook_id = webhook.id AND status = 'pending' ORDER BY position LIMIT 1) AS oldest ON true
  CROSS JOIN LATERAL (SELECT count(*)::int AS count
                      FROM (SELECT FROM auth.webhook_deliveries
                            WHERE webhook_id = webhook.id AND status = 'pending' LIMIT $2) AS these) AS pending
  WHERE webhook.state = 'active'
    AND (failing.is_long OR oldest.since < now() - $1 * interval '1 millisecond')
  ORDER BY webhook.id LIMIT $3`;

interface WebhookRow extends Amount {
  readonly id: string;
}

interface StuckRow extends WebhookRow {
  /** Nothing at all is taken. */
  readonly isFailing: boolean;
}

/** Its beginning tells it apart. Its address is for those who may see webhooks, and not for other receivers. */
const named = (id: string): string => `webhook ${id.slice(0, 8)}`;

const waiting = (count: number): string => amount(count, 'delivery waits', 'deliveries wait');

const failingFinding = ({ id, isFailing, since, count }: StuckRow): Finding => ({
  groupKey: id,
  subject: { kind: 'webhook', key: id },
  count: Math.max(1, count),
  since,
  summary: isFailing
    ? `The ${named(id)} has taken nothing since ${at(since)}; ${waiting(count)}.`
    : `The oldest delivery to the ${named(id)} has waited since ${at(since)}; ${waiting(count)} in all.`,
  advice: isFailing
    ? 'Its deliveries say what the receiver answered. They are tried again by themselves, until it is disabled.'
    : 'Its attempts say what the receiver answered. Either it refuses this one, and with it what follows of its aggregate, or more comes than it takes.',
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
  summary: `The ${named(id)} was disabled at ${at(since)}: it gets nothing until it is resumed.`,
  advice:
    'Why is said where the webhook is shown (stateReason). Mend that and resume it: what waits is sent, and what it missed can be sent again (redeliverWebhook). Or delete it.',
  cure: { label: 'Resume the webhook', mutation: 'resumeWebhook', input: { webhookId: id } },
});

export const outboxRules = ({ OUTBOX_STUCK, WEBHOOK_STUCK }: Thresholds): AlertRule[] => [
  {
    name: 'OUTBOX_STUCK',
    severity: 'critical',
    description: 'Events are not published. It is over when the oldest has not waited for long.',
    looksAt: 'The oldest event that is neither published nor parked.',
    threshold: `waiting for longer than ${inWords(OUTBOX_STUCK)}`,
    find: async (db) => findingsOf(await db.query<Amount>(WAITING, [OUTBOX_STUCK, MOST_COUNTED]), waitingFinding),
  },
  {
    name: 'OUTBOX_PARKED',
    severity: 'warning',
    description:
      'Events were parked, because publishing them failed too often. It is over when none is parked any more.',
    looksAt: 'Parked events.',
    threshold: 'one event',
    find: async (db) => findingsOf(await db.query<Amount & { eventId: string }>(PARKED, [MOST_COUNTED]), parkedFinding),
  },
  {
    name: 'WEBHOOK_STUCK',
    severity: 'warning',
    description:
      'A webhook does not take what it is sent, or one delivery of it not. It is over when it does, or is not in use any more.',
    looksAt: 'Each webhook in use: since when it fails, and its oldest delivery that is pending.',
    threshold: `for longer than ${inWords(WEBHOOK_STUCK)}`,
    find: async (db) =>
      findingsOf(
        await db.query<StuckRow>(FAILING_WEBHOOKS, [WEBHOOK_STUCK, MOST_COUNTED, MOST_FINDINGS + 1]),
        failingFinding,
      ),
  },
  {
    name: 'WEBHOOK_DISABLED',
    severity: 'critical',
    description:
      'A webhook was disabled: it failed for days, its receiver answered 410 Gone, or its secret was lost with its key. It is over when it is resumed or deleted.',
    looksAt: 'Disabled webhooks.',
    threshold: null,
    find: async (db) => findingsOf(await db.query<WebhookRow>(DISABLED_WEBHOOKS, [MOST_FINDINGS + 1]), disabledFinding),
  },
];
