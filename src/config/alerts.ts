/** Alerts and webhooks, part of the settings: when each alert rule raises an alert, and where webhooks may lead. */
import { z } from 'zod';
import { duration, networks, setting, size } from './values.ts';

const time = duration();

/** For each rule: the type of its threshold and its default, as an operator would write it. */
const THRESHOLDS = {
  /** How long after its failure an entry keeps the alert active. */
  ENTRY_FAILED: [time, '7d'],
  ENTRY_OVERDUE: [time, '5m'],
  /** Also how long a circuit opened by an operator may stay open. */
  QUEUE_PAUSED: [time, '4h'],
  CIRCUIT_OPEN: [time, '2m'],
  FIRE_MISSED: [time, '5m'],
  /** How long after it went silent a node keeps the alert active. */
  NODE_GONE: [time, '1h'],
  OUTBOX_STUCK: [time, '5m'],
  WEBHOOK_STUCK: [time, '15m'],
  KEY_OLD: [time, '365d'],
  /** How long before the token expires. */
  TOKEN_EXPIRING: [time, '14d'],
  FEED_HELD_BACK: [time, '1m'],
  SNAPSHOT_OLD: [time, '10m'],
  DISK_FULL: [size(), '1GB'],
} as const satisfies Readonly<Record<string, readonly [schema: z.ZodType<number>, written: string]>>;

type AlertThreshold = keyof typeof THRESHOLDS;

/** By rule, in milliseconds; DISK_FULL in bytes. */
export type Thresholds = Readonly<Record<AlertThreshold, number>>;

export const DEFAULT_THRESHOLDS = Object.fromEntries(
  Object.entries(THRESHOLDS).map(([rule, [schema, written]]) => [rule, schema.parse(written)]),
) as Thresholds;

/** The name of a rule’s threshold in ALERT_THRESHOLDS; null for a rule without a threshold. */
export const thresholdName = (rule: string): string | null =>
  Object.hasOwn(THRESHOLDS, rule) ? rule.toLowerCase() : null;

/** Parses `rule=threshold,rule=threshold`; rules that are left out keep their defaults. */
const thresholds = () =>
  z.string().transform((written, context) => {
    const set: Record<AlertThreshold, number> = { ...DEFAULT_THRESHOLDS };
    for (const pair of written.split(',').map((part) => part.trim())) {
      if (pair === '') continue;
      const [name = '', ...rest] = pair.split('=').map((part) => part.trim());
      const value = rest.join('=');
      const rule = (Object.keys(THRESHOLDS) as AlertThreshold[]).find((one) => one.toLowerCase() === name);
      const read = rule && THRESHOLDS[rule][0].safeParse(value);
      if (rule !== undefined && read?.success) {
        set[rule] = read.data;
        continue;
      }
      const message =
        read?.success === false
          ? `has ${name}="${value}", which ${read.error.issues[0]?.message}`
          : `names "${name}", which is no threshold: use ${Object.keys(THRESHOLDS).join(', ').toLowerCase()}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    return set as Thresholds;
  });

export const ALERT_SETTINGS = {
  ALERT_THRESHOLDS: setting({
    schema: thresholds(),
    default: Object.entries(THRESHOLDS)
      .map(([rule, [, written]]) => `${rule.toLowerCase()}=${written}`)
      .join(','),
    example: 'entry_overdue=15m,disk_full=5GB',
    means:
      'When alerts are raised, by the rules of [docs/alerts.md](docs/alerts.md) in lower case; rules that you leave out keep their defaults.',
  }),
  WEBHOOK_ALLOWED_NETWORKS: setting({
    schema: networks(),
    example: '127.0.0.0/8,10.20.0.0/16',
    means:
      'The networks of your own that webhooks may lead to, over plain http too, separated by commas. All other private addresses are refused, against server-side request forgery.',
  }),
} as const;
