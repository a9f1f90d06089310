/**
 * Everything that can happen, each once: what the audit trail calls it and what it was done to, the
 * event that subscribers get, and what it wakes on every node. A change names its fact; the unit of
 * work (unit.ts) writes the audit entry and the event with it and sends the notices after the commit.
 * Hot statements that write many rows and their events at once keep their SQL and name the fact too.
 */
import type { z } from 'zod';
import type { CATALOG, EventType } from './event-types.rules.ts';
import type { Notice } from './notices.ts';

interface Fact {
  /** What the audit trail calls it: the mutation's name, or what the server did. Left out: no audit entry. */
  readonly action?: string;
  /** The type, in the API, of what it was done to; its key is the `id` that is given with the fact. */
  readonly target?: string;
  /** The event; its payload is given with the fact. Left out: nobody outside is notified. */
  readonly event?: EventType;
  /** Sent after the commit, beside `changes` (always) and `outbox` (where there is an event). */
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
  // Statements of their own write these, and their events.
  entriesClaimed: {},
  entriesGivenBack: { wakes: ['work'] },
  accountCreated: { event: 'ManagedAccountCreated' },
  attemptFailed: {},
  entryFailed: { event: 'ManagedAccountCreationFailed' },
  // It wakes no worker: the retry job counts what is due before it does.
  entriesTakenOver: { action: 'entriesTakenOver' },
  entriesDue: { wakes: ['work'] },
  passwordsDestroyed: { action: 'passwordsDestroyed' },
  // A claim passes over entries in the moment in which they are written into the plan.
  bulkActionPlanned: { action: 'planBulkAction', target: 'BulkAction', wakes: ['work'] },
  bulkActionApplied: { action: 'applyBulkAction', target: 'BulkAction', wakes: ['bulk'] },
  bulkActionUndone: { action: 'undoBulkAction', target: 'BulkAction', wakes: ['bulk'] },
  // Also after a cancel: a claim passes over what the batch had locked.
  bulkBatchDone: { wakes: ['work', 'outbox'] },
  bulkActionFinished: { event: 'BulkActionFinished' },
  bulkActionTakenBack: { event: 'BulkActionUndone' },
  queuePaused: { action: 'pauseQueue', event: 'QueuePaused', wakes: ['queue'] },
  queueResumed: { action: 'resumeQueue', event: 'QueueResumed', wakes: ['queue'] },
  // What waits for instants that were written before is due again.
  clockSetBack: { wakes: ['queue'] },
  queueLimitsSet: { action: 'setQueueLimits', target: 'Queue', wakes: ['queue'] },

  // The identity provider
  circuitOpenedByHand: { action: 'openCircuit', target: 'Circuit', event: 'CircuitOpened', wakes: ['circuit'] },
  circuitClosedByHand: { action: 'closeCircuit', target: 'Circuit', event: 'CircuitClosed', wakes: ['circuit'] },
  circuitOpened: { action: 'circuitOpened', target: 'Circuit', event: 'CircuitOpened', wakes: ['circuit'] },
  circuitClosed: { action: 'circuitClosed', target: 'Circuit', event: 'CircuitClosed', wakes: ['circuit'] },
  // A probe was let through, failed, or was given back.
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
  /** Counts, progress or lines. */
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

  // Alerts and nodes
  // An alert that is on grew, or a silence is over by its time.
  alertsChanged: {},
  alertRaised: { event: 'AlertRaised' },
  alertResolved: { event: 'AlertResolved' },
  alertSilenced: { action: 'silenceAlert' },
  silenceEnded: { action: 'endSilence', target: 'AlertSilence' },
  drainRequested: { action: 'drainNode', target: 'ServerNode', wakes: ['nodes'] },
} as const satisfies Readonly<Record<string, Fact>>;

export type FactName = keyof typeof FACTS;

interface Details {
  /** The key of what it was done to; of the event, the aggregate's id where `aggregateId` is not given. */
  readonly id?: string;
  /** Instead of the fact's own type and `id`. */
  readonly target?: { readonly type: string; readonly id: string };
  readonly aggregateId?: string;
  /** The family that it concerns: its own callers see the audit entry, and the event. */
  readonly familyId?: string | null;
  readonly reason?: string | null;
  /** How the target was and is, as far as it changed; never a secret. JSON values only. */
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
}

type PayloadOf<Type extends EventType> = Omit<z.input<(typeof CATALOG)[Type]['payload']>, 'actor'>;

/** What is given with a fact. A fact with an event needs its payload (without the actor); `null`: no event this time. */
export type DetailsOf<Name extends FactName> = Details &
  ((typeof FACTS)[Name] extends { readonly event: infer Type extends EventType }
    ? { readonly payload: PayloadOf<Type> | null }
    : { readonly payload?: undefined });

/** A fact with its details, ready to be written. */
export type Happening = { readonly fact: Fact; readonly details: Details & { readonly payload?: object | null } };

export const happening = <Name extends FactName>(name: Name, details: DetailsOf<Name>): Happening => ({
  fact: FACTS[name],
  details,
});
