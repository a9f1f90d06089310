/**
 * Every kind of change, declared once: its name in the audit trail and the type of its target, the event
 * that subscribers get, and the notices that wake other nodes. An operation names its fact; the unit of
 * work (unit.ts) writes the audit entry and the event in the same transaction and sends the notices after
 * the commit. Performance-critical statements that write many rows with their events use their own SQL, but
 * also name the fact.
 */
import type { z } from 'zod';
import type { CATALOG, EventType } from './event-types.rules.ts';
import type { Notice } from './notices.ts';

interface Fact {
  /** The action in the audit trail: the mutation’s name, or what the server did. Left out: no audit entry. */
  readonly action?: string;
  /** The target’s type in the API; its key is the `id` in the details. */
  readonly target?: string;
  /** The event; its payload is in the details. Left out: no event is published. */
  readonly event?: EventType;
  /** Notices sent after the commit, in addition to `changes` (always) and `outbox` (if there is an event). */
  readonly wakes?: readonly Notice[];
}

export const FACTS = {
  // Entries
  entryEnqueued: {
    action: 'enqueueAccount',
    target: 'QueuedCreation',
    event: 'ManagedAccountCreationQueued',
    wakes: ['work'],
  },
  entriesEnqueued: { action: 'enqueueAccounts', wakes: ['work', 'outbox'] },
  entryRetried: {
    action: 'retryEntry',
    target: 'QueuedCreation',
    event: 'ManagedAccountCreationRetried',
    wakes: ['work'],
  },
  entryCancelled: { action: 'cancelEntry', target: 'QueuedCreation', event: 'ManagedAccountCreationCancelled' },
  // Written by dedicated statements, together with their events.
  entriesClaimed: {},
  entriesGivenBack: { wakes: ['work'] },
  accountCreated: { event: 'ManagedAccountCreated' },
  attemptFailed: {},
  entryFailed: { event: 'ManagedAccountCreationFailed' },
  // Wakes no worker: the retry job must count what is due before a worker claims it.
  entriesTakenOver: { action: 'entriesTakenOver' },
  entriesDue: { wakes: ['work'] },
  passwordsDestroyed: { action: 'passwordsDestroyed' },
  // Claims skip entries while they are locked to be written into the plan; workers are woken to claim them now.
  bulkActionPlanned: { action: 'planBulkAction', target: 'BulkAction', wakes: ['work'] },
  bulkActionApplied: { action: 'applyBulkAction', target: 'BulkAction', wakes: ['bulk'] },
  bulkActionUndone: { action: 'undoBulkAction', target: 'BulkAction', wakes: ['bulk'] },
  // Also after a cancel: claims skip the rows that the batch had locked.
  bulkBatchDone: { wakes: ['work', 'outbox'] },
  bulkActionFinished: { event: 'BulkActionFinished' },
  bulkActionTakenBack: { event: 'BulkActionUndone' },
  queuePaused: { action: 'pauseQueue', event: 'QueuePaused', wakes: ['queue'] },
  queueResumed: { action: 'resumeQueue', event: 'QueueResumed', wakes: ['queue'] },
  // Work that waits for timestamps written before the clock was set back is due again.
  clockSetBack: { wakes: ['queue', 'outbox', 'webhooks'] },
  queueExported: { action: 'exportQueue' },
  queueLimitsSet: { action: 'setQueueLimits', target: 'Queue', wakes: ['queue'] },

  // The identity provider
  circuitOpenedByHand: { action: 'openCircuit', target: 'Circuit', event: 'CircuitOpened', wakes: ['circuit'] },
  circuitClosedByHand: { action: 'closeCircuit', target: 'Circuit', event: 'CircuitClosed', wakes: ['circuit'] },
  circuitOpened: { action: 'circuitOpened', target: 'Circuit', event: 'CircuitOpened', wakes: ['circuit'] },
  circuitClosed: { action: 'circuitClosed', target: 'Circuit', event: 'CircuitClosed', wakes: ['circuit'] },
  // A probe was started, failed, or was given back.
  circuitProbed: { wakes: ['circuit'] },
  providerChecked: { action: 'checkIdentityProvider', target: 'IdentityProvider' },
  simulatorFaultSet: { action: 'setSimulatorFault', target: 'Simulator' },

  // Jobs
  jobPaused: { action: 'pauseJob', target: 'JobSchedule', event: 'JobPaused', wakes: ['schedules'] },
  jobResumed: { action: 'resumeJob', target: 'JobSchedule', event: 'JobResumed', wakes: ['schedules'] },
  jobRescheduled: { action: 'rescheduleJob', target: 'JobSchedule', event: 'JobRescheduled', wakes: ['schedules'] },
  scheduleDefaultChanged: { action: 'scheduleDefaultChanged', target: 'JobSchedule', wakes: ['schedules'] },
  runRequested: { action: 'runJobNow', target: 'JobRun' },
  runStarted: {},
  /** Counts, progress or log lines. */
  runReported: {},
  runFinished: { event: 'JobRunFinished' },
  runInterrupted: { action: 'interruptRun', target: 'JobRun', wakes: ['schedules'] },
  invitationsDeleted: { action: 'expiredRowsDeleted', event: 'ExpiredInvitationsDeleted' },
  expiredRowsDeleted: { action: 'expiredRowsDeleted' },

  // Keys
  keyRotated: {
    action: 'rotateEncryptionKey',
    target: 'EncryptionKey',
    event: 'EncryptionKeyRotated',
    wakes: ['keys'],
  },
  keyRetired: {
    action: 'retireEncryptionKey',
    target: 'EncryptionKey',
    event: 'EncryptionKeyRetired',
    wakes: ['keys'],
  },
  keysRewrapped: { action: 'wrapWithNewMasterKey', wakes: ['keys'] },
  resealingStarted: { action: 'resealEntries', target: 'Resealing', wakes: ['resealing'] },

  // Access
  tokenCreated: { action: 'createApiToken', target: 'ApiToken', event: 'ApiTokenCreated' },
  tokenRevoked: { action: 'revokeApiToken', target: 'ApiToken', event: 'ApiTokenRevoked', wakes: ['access'] },
  signedIn: { action: 'signIn', target: 'Session' },
  signedOut: { action: 'signOut', target: 'Session', wakes: ['access'] },
  auditTrailExported: { action: 'exportAuditTrail' },

  // Events and webhooks
  outboxEventRedelivered: { action: 'redeliverOutboxEvent', target: 'OutboxEvent', wakes: ['outbox'] },
  webhookCreated: { action: 'createWebhook', target: 'Webhook' },
  webhookUpdated: { action: 'updateWebhook', target: 'Webhook' },
  webhookPaused: { action: 'pauseWebhook', target: 'Webhook' },
  webhookResumed: { action: 'resumeWebhook', target: 'Webhook', wakes: ['webhooks'] },
  webhookDeleted: { action: 'deleteWebhook', target: 'Webhook' },
  webhookSecretRotated: { action: 'rotateWebhookSecret', target: 'Webhook' },
  webhookDisabled: { action: 'webhookDisabled', target: 'Webhook', event: 'WebhookDisabled' },
  webhookTested: { action: 'testWebhook', target: 'Webhook' },
  deliveriesRedelivered: { action: 'redeliverWebhook', target: 'Webhook', wakes: ['webhooks'] },

  // The count of an active alert grew, or a silence expired.
  alertsChanged: {},
  alertRaised: { event: 'AlertRaised' },
  alertResolved: { event: 'AlertResolved' },
  alertSilenced: { action: 'silenceAlert' },
  silenceEnded: { action: 'endSilence', target: 'AlertSilence' },
  drainRequested: { action: 'drainNode', target: 'ServerNode', wakes: ['nodes'] },
} as const satisfies Readonly<Record<string, Fact>>;

export type FactName = keyof typeof FACTS;

interface Details {
  /** The target’s key; also the event’s aggregate id unless `aggregateId` is given. */
  readonly id?: string;
  /** Overrides the fact’s target type and `id`. */
  readonly target?: { readonly type: string; readonly id: string };
  readonly aggregateId?: string;
  /** The family that it concerns; callers restricted to this family see the audit entry and the event. */
  readonly familyId?: string | null;
  readonly reason?: string | null;
  /** The target before and after, only the fields that changed; never a secret. JSON values only. */
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
}

type PayloadOf<Type extends EventType> = Omit<z.input<(typeof CATALOG)[Type]['payload']>, 'actor'>;

/** The details of a fact. A fact with an event needs its payload (without the actor); `null`: no event this time. */
export type DetailsOf<Name extends FactName> = Details &
  ((typeof FACTS)[Name] extends { readonly event: infer Type extends EventType }
    ? { readonly payload: PayloadOf<Type> | null }
    : { readonly payload?: undefined });

/** A fact with its details. */
export type Happening = { readonly fact: Fact; readonly details: Details & { readonly payload?: object | null } };

export const happening = <Name extends FactName>(name: Name, details: DetailsOf<Name>): Happening => ({
  fact: FACTS[name],
  details,
});
