/** What is sent to webhooks, where to, and how patiently; part of the settings. */
import { z } from 'zod';
import { readNetwork } from '../addresses.ts';
import { duration, integer, oneOf, setting } from './values.ts';

const networks = () =>
  z.string().transform((text, context) => {
    const parts = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
    if (parts.every((part) => readNetwork(part) !== undefined)) return parts;
    context.addIssue({ code: 'custom', message: 'is not a list of networks or addresses, separated by commas' });
    return z.NEVER;
  });

export const WEBHOOK_SETTINGS = {
  WEBHOOK_ALLOWED_NETWORKS: setting({
    schema: networks(),
    example: '127.0.0.0/8,10.20.0.0/16',
    means:
      'Networks of one’s own that events may be sent to, in plain http too, separated by commas. All that is not public is refused otherwise: private networks, this machine, the metadata of clouds.',
  }),
  WEBHOOK_ALLOW_HTTP: setting({
    schema: oneOf(['true', 'false']),
    default: 'false',
    example: 'true',
    means: 'Whether events may be sent in plain http to any host. Whoever is between can read them.',
  }),
  WEBHOOK_TIMEOUT: setting({
    schema: duration(100),
    default: '10s',
    example: '20s',
    means: 'How long an attempt to deliver may take: name, connection and answer.',
  }),
  WEBHOOK_CONCURRENCY: setting({
    schema: integer(1, 100),
    default: '4',
    example: '8',
    means: 'Deliveries to one webhook that one node has under way at the same time. (1 to 100.)',
  }),
  WEBHOOK_RETRY_WINDOW: setting({
    schema: duration(1_000),
    default: '24h',
    example: '3d',
    means: 'How long a delivery is tried, ever more rarely; then it has failed, until somebody asks for it again.',
  }),
  WEBHOOK_DISABLE_AFTER: setting({
    schema: duration(1_000),
    default: '5d',
    example: '14d',
    means: 'A webhook to which nothing could be delivered for so long is disabled, until somebody resumes it.',
  }),
  WEBHOOK_SECRET_OVERLAP: setting({
    schema: duration(0),
    default: '24h',
    example: '7d',
    means: 'How long deliveries are signed with the former secret too after `rotateWebhookSecret`.',
  }),
} as const;

export const OUTBOX_SETTINGS = {
  EVENT_ATTEMPTS: setting({
    schema: integer(1, 100),
    default: '10',
    example: '5',
    means:
      'After how many failures an event is parked and no longer holds back what follows it; the failures are 1 s, 2 s, 4 s ... 10 min apart.',
  }),
} as const;
