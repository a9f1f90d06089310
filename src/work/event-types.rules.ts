/**
 * Every type of event that others can hear of, once: its version, its aggregate, what it says and
 * its payload. From it come the types of what operations write, the JSON Schemas that are served,
 * and what a webhook may ask for. A field may be added to a version; what changes or takes one
 * away makes the next version.
 */
import { z } from 'zod';
import * as is from './event-payloads.rules.ts';

interface EventDefinition<Aggregate extends string, Payload extends z.ZodObject> {
  readonly version: number;
  /** What its `aggregateId` is the id of; events of one aggregate are delivered in order. */
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
    dueAt: is.instant('When it is attempted at the earliest.'),
  }),
  ManagedAccountCreated: event('ManagedAccountCreation', 'The account exists, and its user row with it.', {
    ...is.entry,
    userId: is.uuid('The user that was made: `auth.users.id`.'),
    role: is.role,
    providerUserId: z.string().describe('The account’s id at the identity provider.'),
  }),
  ManagedAccountCreationFailed: event(
    'ManagedAccountCreation',
    'The account was given up: a permanent error, or the retries are used up. What the error said is in the API.',
    {
      ...is.entry,
      errorCode: z.string().describe('The error, for scripts.'),
      attemptCount: is.count('How many attempts were made.'),
      retryCount: is.count('How many of them were counted as retries.'),
    },
  ),
  ManagedAccountCreationCancelled: event('ManagedAccountCreation', 'Somebody gave the entry up.', {
    ...is.entry,
    bulkActionId: is.bulkActionId,
    actor: is.actor,
  }),
  ManagedAccountCreationRetried: event(
    'ManagedAccountCreation',
    'Somebody started a new series of attempts for an entry that had failed, was cancelled or waited.',
    { ...is.entry, bulkActionId: is.bulkActionId, actor: is.actor },
  ),
  ManagedAccountCreationRestored: event(
    'ManagedAccountCreation',
    'A bulk cancel was taken back: the entry is what it was before.',
    { ...is.entry, status: is.entryStatus, bulkActionId: is.bulkActionId, actor: is.actor },
  ),
  ExpiredInvitationsDeleted: event('Job', 'Invitations that had expired long ago were deleted.', {
    ...is.job,
    count: is.count('How many, in this batch.'),
  }),
  JobRunFinished: event('Job', 'A run of a job ended, however it ended. Its error message is in the API.', {
    ...is.job,
    runId: is.uuid('The run: `JobRun.runId` in the API.'),
    trigger: z.enum(['schedule', 'manual', 'catch_up']).describe('What it was run by.'),
    status: z.enum(['succeeded', 'failed', 'interrupted']).describe('How it ended.'),
    scheduledFor: is.orNull(is.instant('The instant that it was due at; null for one by hand.')),
    startedAt: is.instant('When it began.'),
    finishedAt: is.instant('When it ended.'),
    counts: z.record(z.string(), z.number()).describe('What it did, by name.'),
  }),
  JobPaused: event('JobSchedule', 'A job’s schedule was paused, or its pause was changed.', {
    ...is.job,
    until: is.until,
    actor: is.actor,
  }),
  JobResumed: event('JobSchedule', 'A job’s schedule fires again.', { ...is.job, actor: is.actor }),
  JobRescheduled: event('JobSchedule', 'A job fires at other times now.', {
    ...is.job,
    cron: z.string().describe('The cron expression.'),
    timeZone: z.string().describe('The IANA time zone.'),
    misfirePolicy: z.enum(['run_once', 'skip', 'run_all']).describe('What happens with fires that were missed.'),
    actor: is.actor,
  }),
  CircuitOpened: event('Circuit', 'The identity provider is not asked any more until a probe succeeds.', {
    provider: is.provider,
    cause: z.string().nullable().describe('The error that opened it, for scripts; null when somebody did.'),
    nextProbeAt: is.orNull(is.instant('When it is tried next; null: when somebody closes the circuit.')),
    actor: is.actor,
  }),
  CircuitClosed: event('Circuit', 'The identity provider is asked again.', { provider: is.provider, actor: is.actor }),
  QueuePaused: event('Queue', 'Nothing is claimed any more: of a family, or at all.', {
    familyId: is.orNull(is.uuid('The family whose entries wait; null: all do.')),
    until: is.until,
    actor: is.actor,
  }),
  QueueResumed: event('Queue', 'A pause was ended by hand; one that ends by itself is not told.', {
    familyId: is.orNull(is.uuid('The family whose entries waited; null: all did.')),
    actor: is.actor,
  }),
  BulkActionFinished: event('BulkAction', 'A bulk action did what it could.', {
    ...is.bulkAction,
    doneCount: is.count('How many entries it changed.'),
    skippedCount: is.count('How many it left as they are.'),
    actor: is.actor,
  }),
  BulkActionUndone: event('BulkAction', 'A bulk action was taken back as far as it could be.', {
    ...is.bulkAction,
    undoneCount: is.count('How many entries are as they were.'),
    keptCount: is.count('How many were left, because something had touched them since.'),
    actor: is.actor,
  }),
  EncryptionKeyRotated: event('EncryptionKey', 'Passwords are sealed under a new key.', is.key),
  EncryptionKeyRetired: event('EncryptionKey', 'A key was destroyed: what was sealed under it stays shut.', is.key),
  ApiTokenCreated: event('ApiToken', 'A token was made; the token itself is nowhere.', is.apiToken),
  ApiTokenRevoked: event('ApiToken', 'A token opens nothing any more.', is.apiToken),
  AlertRaised: event('Alert', 'Something needs somebody: told once, when it begins.', is.alert),
  AlertResolved: event('Alert', 'What an alert was about is over: told once.', {
    ...is.alert,
    resolvedAt: is.instant('When it was over.'),
  }),
  WebhookTested: event('Webhook', 'Somebody tested a webhook; only that one gets this.', {
    webhookId: is.webhookId,
    actor: is.actor,
  }),
  WebhookDisabled: event(
    'Webhook',
    'A webhook failed for too long, or its receiver answered 410 Gone: it was disabled, and gets nothing.',
    {
      webhookId: is.webhookId,
      failingSince: is.instant('Since when nothing was delivered.'),
    },
  ),
} as const;

export type EventType = keyof typeof CATALOG;

export const EVENT_TYPES = Object.keys(CATALOG) as EventType[];

/** Whether events of this name exist. */
export const isEventType = (name: string): name is EventType => Object.hasOwn(CATALOG, name);

/**
 * An event as an operation writes it: after it has locked what the aggregate is, so that of one
 * aggregate the numbers come in the order of the commits. `familyId`: whom it concerns.
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
