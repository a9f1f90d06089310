/** How long data is kept; src/retention/retention.ts assigns the settings to tables. */
import { duration, retention, setting } from './values.ts';

export const RETENTION_SETTINGS = {
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
