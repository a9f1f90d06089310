/** The display texts of enum values, and their colours. */

import type { EnumOf } from '../graphql/graphql.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'idle';

export interface Wording {
  readonly text: string;
  readonly tone: Tone;
}

const word = (text: string, tone: Tone): Wording => ({ text, tone });

export const ENTRY_STATUS: Readonly<Record<EnumOf<'EntryStatus'>, Wording>> = {
  PENDING: word('Pending', 'info'),
  PROCESSING: word('Processing', 'warn'),
  COMPLETED: word('Completed', 'good'),
  FAILED: word('Failed', 'bad'),
  CANCELLED: word('Cancelled', 'idle'),
};

export const ATTEMPT_OUTCOME: Readonly<Record<EnumOf<'AttemptOutcome'>, Wording>> = {
  SUCCEEDED: word('Succeeded', 'good'),
  TRANSIENT_FAILURE: word('Transient failure', 'warn'),
  PERMANENT_FAILURE: word('Permanent failure', 'bad'),
  CONFIGURATION_FAILURE: word('Configuration failure', 'bad'),
  UNKNOWN: word('Unknown outcome', 'warn'),
  INTERRUPTED: word('Interrupted', 'idle'),
};

export const FIRE_OUTCOME: Readonly<Record<EnumOf<'FireOutcome'>, Wording>> = {
  ON_TIME: word('On time', 'good'),
  LATE: word('Late', 'warn'),
  CAUGHT_UP: word('Caught up', 'info'),
  SKIPPED_OVERLAP: word('Skipped: overlap', 'warn'),
  SKIPPED_PAUSED: word('Skipped: paused', 'idle'),
  SKIPPED_POLICY: word('Skipped: policy', 'idle'),
  MISSED: word('Missed', 'bad'),
};

export const RUN_STATUS: Readonly<Record<EnumOf<'RunStatus'>, Wording>> = {
  RUNNING: word('Running', 'info'),
  SUCCEEDED: word('Succeeded', 'good'),
  FAILED: word('Failed', 'bad'),
  INTERRUPTED: word('Interrupted', 'warn'),
};

export const RUN_TRIGGER: Readonly<Record<EnumOf<'RunTrigger'>, string>> = {
  SCHEDULE: 'Scheduled',
  MANUAL: 'By hand',
  CATCH_UP: 'Catching up',
};

export const CIRCUIT_STATE: Readonly<Record<EnumOf<'CircuitState'>, Wording>> = {
  CLOSED: word('Closed', 'good'),
  HALF_OPEN: word('Half open', 'warn'),
  OPEN: word('Open', 'bad'),
};

export const NODE_STATE: Readonly<Record<EnumOf<'NodeState'>, Wording>> = {
  STARTING: word('Starting', 'info'),
  RUNNING: word('Running', 'good'),
  DRAINING: word('Draining', 'warn'),
  GONE: word('Gone', 'idle'),
};

export const NODE_END: Readonly<Record<EnumOf<'NodeEnd'>, Wording>> = {
  STOPPED: word('Stopped', 'idle'),
  DRAINED: word('Drained', 'idle'),
  LOST: word('Lost', 'bad'),
};

export const BULK_STATUS: Readonly<Record<EnumOf<'BulkActionStatus'>, Wording>> = {
  PLANNED: word('Planned', 'idle'),
  RUNNING: word('Running', 'info'),
  FINISHED: word('Finished', 'good'),
  UNDOING: word('Being undone', 'warn'),
  UNDONE: word('Undone', 'idle'),
};

export const ALERT_SEVERITY: Readonly<Record<EnumOf<'AlertSeverity'>, Wording>> = {
  CRITICAL: word('Critical', 'bad'),
  WARNING: word('Warning', 'warn'),
  INFO: word('Info', 'info'),
};

export const ALERT_RULE_STATE: Readonly<Record<EnumOf<'AlertRuleState'>, Wording>> = {
  OK: word('All is well', 'good'),
  ON: word('On', 'bad'),
  SILENCED: word('Silenced', 'idle'),
  UNREADABLE: word('Cannot be read', 'warn'),
};

export const TOKEN_KIND: Readonly<Record<EnumOf<'AccessTokenKind'>, string>> = {
  NONE: 'The simulator’s own token',
  PERSONAL_ACCESS_TOKEN: 'A personal access token',
  SERVICE_ACCOUNT_KEY: 'Short-lived tokens by a service account’s key',
  TOKEN_FILE: 'A token from a file',
};

export const SIMULATOR_FAULT: Readonly<Record<EnumOf<'SimulatorFault'>, Wording>> = {
  NONE: word('No fault', 'good'),
  UNAVAILABLE: word('Down: 503', 'bad'),
  INVALID_TOKEN: word('Token refused: 401', 'bad'),
  INVALID_USERNAME: word('Every username refused', 'bad'),
  SLOW: word('Slow', 'warn'),
};

export const WEBHOOK_ATTEMPT_OUTCOME: Readonly<Record<EnumOf<'WebhookAttemptOutcome'>, Wording>> = {
  DELIVERED: word('Delivered', 'good'),
  REJECTED: word('Refused by the receiver', 'bad'),
  GONE: word('Gone: the receiver wants no more events', 'bad'),
  REDIRECTED: word('Redirected', 'bad'),
  TIMED_OUT: word('Timed out', 'warn'),
  NOT_CONNECTED: word('Not connected', 'warn'),
  UNKNOWN_HOST: word('Unknown host', 'bad'),
  ADDRESS_REFUSED: word('Address not allowed', 'bad'),
  SECRET_LOST: word('Secret lost', 'bad'),
  INTERRUPTED: word('Interrupted', 'idle'),
};

export const WEBHOOK_STATE: Readonly<Record<EnumOf<'WebhookState'>, Wording>> = {
  ACTIVE: word('Active', 'good'),
  PAUSED: word('Paused', 'warn'),
  DISABLED: word('Disabled', 'bad'),
};

export const DELIVERY_STATUS: Readonly<Record<EnumOf<'WebhookDeliveryStatus'>, Wording>> = {
  PENDING: word('Pending', 'info'),
  DELIVERED: word('Delivered', 'good'),
  FAILED: word('Failed', 'bad'),
};

export const EVENT_STATE: Readonly<Record<EnumOf<'OutboxEventState'>, Wording>> = {
  PENDING: word('Pending', 'info'),
  WAITING: word('Waiting', 'warn'),
  PROCESSED: word('Published', 'good'),
  PARKED: word('Parked', 'bad'),
};

export const TOKEN_STATUS: Readonly<Record<EnumOf<'ApiTokenStatus'>, Wording>> = {
  ACTIVE: word('Active', 'good'),
  EXPIRED: word('Expired', 'idle'),
  REVOKED: word('Revoked', 'bad'),
};

export const KEY_STATE: Readonly<Record<EnumOf<'EncryptionKeyState'>, Wording>> = {
  PENDING: word('Pending', 'info'),
  ACTIVE: word('Active', 'good'),
  SUPERSEDED: word('Superseded', 'warn'),
  RETIRED: word('Retired', 'idle'),
};

export const USER_ROLE: Readonly<Record<EnumOf<'UserRole'>, string>> = {
  OWNER: 'Owner',
  ADMIN: 'Admin',
  MEMBER: 'Member',
  MANAGED_ACCOUNT: 'Managed account',
};

export const MISFIRE_POLICY: Readonly<Record<EnumOf<'MisfirePolicy'>, string>> = {
  RUN_ONCE: 'Run once',
  SKIP: 'Skip',
  RUN_ALL: 'Run all',
};

export const DST_NOTE: Readonly<Record<EnumOf<'DstNote'>, string>> = {
  SHIFTED_BY_GAP: 'Later: the clocks go forward',
  FIRST_OF_REPEATED: 'The first of two: the clocks go back',
  SECOND_OF_REPEATED: 'The second of two: the clocks go back',
};

const numbers = new Intl.NumberFormat();
/** A count in the reader's locale. */
export const count = (value: number): string => numbers.format(value);
/** "1 entry", "1,200 entries". */
export const counted = (value: number, one: string, many: string): string =>
  `${count(value)} ${value === 1 ? one : many}`;
