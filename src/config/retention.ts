/** How long each kind of row is kept; part of the settings. */
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
  COMPLETED_ENTRY_RETENTION: setting({
    schema: retention(),
    default: '90d',
    example: '30d',
    means:
      'How long after its completion an entry is kept, with its attempts; the account and its user stay. `never`: it is never deleted, here and below.',
  }),
  FAILED_ENTRY_RETENTION: setting({
    schema: retention(),
    default: 'never',
    example: '365d',
    means: 'How long a failed entry is kept. An account that was not made is somebody’s to decide about.',
  }),
  CANCELLED_ENTRY_RETENTION: setting({
    schema: retention(),
    default: '90d',
    example: '30d',
    means: 'How long a cancelled entry is kept.',
  }),
  RUN_RETENTION: setting({
    schema: retention(),
    default: '30d',
    example: '90d',
    means:
      'How long the runs of jobs, with what they said, their fires and former versions of schedules are kept; the newest 100 runs of each job always are.',
  }),
  IDEMPOTENCY_KEY_RETENTION: setting({
    schema: retention(3_600_000),
    default: '24h',
    example: '7d',
    means: 'How long a repeated request with the same `idempotencyKey` gets the first answer.',
  }),
  PROCESSED_EVENT_RETENTION: setting({
    schema: retention(),
    default: '30d',
    example: '7d',
    means: 'How long a processed event of `auth.outbox_events` is kept; others are kept until they are processed.',
  }),
  PARKED_EVENT_RETENTION: setting({
    schema: retention(),
    default: 'never',
    example: '90d',
    means:
      'How long an event is kept that could not be published and is parked. What nobody heard of is somebody’s to decide about.',
  }),
  CHANGE_RETENTION: setting({
    schema: retention(3_600_000),
    default: '3d',
    example: '7d',
    means: 'How long the record of changes is kept, and so how old the cursor of a subscription may be that goes on.',
  }),
  WEBHOOK_DELIVERY_RETENTION: setting({
    schema: retention(),
    default: '30d',
    example: '7d',
    means:
      'How long deliveries to webhooks are kept, with their attempts; also what waits for a webhook that is paused or disabled.',
  }),
  CIRCUIT_TRANSITION_RETENTION: setting({
    schema: retention(),
    default: '365d',
    example: '90d',
    means: 'How long the history of the circuit is kept.',
  }),
  BULK_ACTION_RETENTION: setting({
    schema: retention(),
    default: '90d',
    example: '30d',
    means: 'How long bulk actions and re-sealings that have ended are kept, with what they did to each entry.',
  }),
  NODE_RETENTION: setting({
    schema: retention(),
    default: '30d',
    example: '7d',
    means: 'How long a node that is gone is kept; longer while an attempt, a run or a fire names it.',
  }),
  RESOLVED_ALERT_RETENTION: setting({
    schema: retention(),
    default: '90d',
    example: '30d',
    means: 'How long alerts are kept after they were over, and silences after their end.',
  }),
  AUDIT_RETENTION: setting({
    schema: retention(30 * 24 * 3_600_000),
    default: 'never',
    example: '730d',
    means:
      'How long the audit trail is kept, at least 30 days; what is kept stays verifiable. A trail that shortens itself is somebody’s to decide about.',
  }),
} as const;
