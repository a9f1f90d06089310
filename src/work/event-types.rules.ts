/**
 * Every event type that subscribers can receive: its version, aggregate, description and payload. The types
 * for operations, the published JSON Schemas and the event filter of webhooks are derived from it. Adding a
 * field keeps the version; changing or removing one needs a new version.
 */
import { z } from 'zod';
import * as is from './event-payloads.rules.ts';

interface EventDefinition<Aggregate extends string, Payload extends z.ZodObject> {
  readonly version: number;
  /** What `aggregateId` identifies; events of one aggregate are delivered in order. */
  readonly aggregate: Aggregate;
  readonly description: string;
  readonly payload: Payload;
}

const event = <const Aggregate extends string, Shape extends z.ZodRawShape>(
  aggregate: Aggregate,
  description: string,
  shape: Shape,
  version = 1,
): EventDefinition<Aggregate, z.ZodObject<Shape>> => ({ version, aggregate, description, payload: z.object(shape) });

export const CATALOG = {
  ManagedAccountCreationQueued: event('ManagedAccountCreation', 'An account was queued to be created.', {
    ...is.entry,
    role: is.role,
    dueAt: is.instant('When the first attempt is due.'),
  }),
  ManagedAccountCreated: event('ManagedAccountCreation', 'The account and its user row were created.', {
    ...is.entry,
    userId: is.uuid('The new user: `auth.users.id`.'),
    role: is.role,
    providerUserId: z.string().describe('The account’s id at the identity provider.'),
  }),
  ManagedAccountCreationFailed: event(
    'ManagedAccountCreation',
    'The entry failed: a permanent error, or all retries failed. The API has the error message.',
    {
      ...is.entry,
      errorCode: z.string().describe('The error code.'),
      attemptCount: is.count('How many attempts there were.'),
      retryCount: is.count('How many of them counted as retries.'),
    },
  ),
  ManagedAccountCreationCancelled: event('ManagedAccountCreation', 'A person cancelled the entry.', {
    ...is.entry,
    bulkActionId: is.bulkActionId,
    actor: is.actor,
  }),
  ManagedAccountCreationRetried: event(
    'ManagedAccountCreation',
    'A person started a new series of attempts for an entry that was failed, cancelled or pending.',
    { ...is.entry, bulkActionId: is.bulkActionId, actor: is.actor },
  ),
  ManagedAccountCreationRestored: event(
    'ManagedAccountCreation',
    'A bulk cancel was undone: the entry is what it was before.',
    { ...is.entry, status: is.entryStatus, bulkActionId: is.bulkActionId, actor: is.actor },
  ),
  ExpiredInvitationsDeleted: event('Job', 'Invitations that expired long ago were deleted.', {
    ...is.job,
    count: is.count('How many, in this batch.'),
  }),
  JobRunFinished: event('Job', 'A run of a job ended, with any status. The API has its error message.', {
    ...is.job,
    runId: is.uuid('The run: `JobRun.runId` in the API.'),
    trigger: z.enum(['schedule', 'manual', 'catch_up']).describe('What started it.'),
    status: z.enum(['succeeded', 'failed', 'interrupted']).describe('How it ended.'),
    scheduledFor: is.orNull(is.instant('When it was due; null for a manual run.')),
    startedAt: is.instant('When it began.'),
    finishedAt: is.instant('When it ended.'),
    counts: z.record(z.string(), z.number()).describe('What it did, as counts by name.'),
  }),
  JobPaused: event('JobSchedule', 'A job’s schedule was paused, or its pause was changed.', {
    ...is.job,
    until: is.until,
    actor: is.actor,
  }),
  JobResumed: event('JobSchedule', 'A job’s schedule fires again.', { ...is.job, actor: is.actor }),
  JobRescheduled: event('JobSchedule', 'A job’s schedule was changed.', {
    ...is.job,
    cron: z.string().describe('The cron expression.'),
    timeZone: z.string().describe('The IANA time zone.'),
    misfirePolicy: z.enum(['run_once', 'skip', 'run_all']).describe('What happens to missed fires.'),
    actor: is.actor,
  }),
  CircuitOpened: event('Circuit', 'All attempts stop until a probe succeeds.', {
    provider: is.provider,
    cause: z.string().nullable().describe('The error code that opened it; null if it was opened by hand.'),
    nextProbeAt: is.orNull(is.instant('When the next probe is due; null: when someone closes the circuit.')),
    actor: is.actor,
  }),
  CircuitClosed: event('Circuit', 'Attempts continue.', { provider: is.provider, actor: is.actor }),
  QueuePaused: event('Queue', 'The queue, or the part of one family, was paused.', {
    familyId: is.orNull(is.uuid('The family whose entries wait; null: all entries wait.')),
    until: is.until,
    actor: is.actor,
  }),
  QueueResumed: event('Queue', 'A pause was ended by hand; there is no event when a pause ends automatically.', {
    familyId: is.orNull(is.uuid('The family whose entries waited; null: all entries waited.')),
    actor: is.actor,
  }),
  BulkActionFinished: event('BulkAction', 'A bulk action is finished.', {
    ...is.bulkAction,
    doneCount: is.count('How many entries it changed.'),
    skippedCount: is.count('How many it left as they are.'),
    actor: is.actor,
  }),
  BulkActionUndone: event('BulkAction', 'A bulk action was undone, as far as possible.', {
    ...is.bulkAction,
    undoneCount: is.count('How many entries were restored.'),
    keptCount: is.count('How many were not restored, because they had changed since.'),
    actor: is.actor,
  }),
  EncryptionKeyRotated: event('EncryptionKey', 'A new key encrypts passwords from now on.', is.key),
  EncryptionKeyRetired: event(
    'EncryptionKey',
    'A key was destroyed: what it encrypted can no longer be decrypted.',
    is.key,
  ),
  ApiTokenCreated: event('ApiToken', 'An API token was created; the event does not contain it.', is.apiToken),
  ApiTokenRevoked: event('ApiToken', 'An API token was revoked.', is.apiToken),
  AlertRaised: event('Alert', 'Something needs attention: published once, when it begins.', is.alert),
  AlertResolved: event('Alert', 'The cause of an alert is gone: published once.', {
    ...is.alert,
    resolvedAt: is.instant('When it was over.'),
  }),
  WebhookTested: event('Webhook', 'A person tested a webhook; only that webhook receives this.', {
    webhookId: is.webhookId,
    actor: is.actor,
  }),
  WebhookDisabled: event(
    'Webhook',
    'A webhook was disabled: it failed for too long, or its receiver answered 410 Gone.',
    {
      webhookId: is.webhookId,
      failingSince: is.instant('Since when all deliveries have failed.'),
    },
  ),
} as const;

export type EventType = keyof typeof CATALOG;

export const EVENT_TYPES = Object.keys(CATALOG) as EventType[];

/** Whether there is an event type with this name. */
export const isEventType = (name: string): name is EventType => Object.hasOwn(CATALOG, name);

/**
 * An event for the outbox. Write it after locking the aggregate, so that the sequence numbers of one
 * aggregate follow the order of the commits. `familyId`: the family that it concerns.
 */
export type NewEvent = {
  [Type in EventType]: {
    readonly eventType: Type;
    readonly aggregateType: (typeof CATALOG)[Type]['aggregate'];
    readonly aggregateId: string;
    readonly familyId?: string | null;
    readonly payload: z.input<(typeof CATALOG)[Type]['payload']>;
  };
}[EventType];
