/**
 * Who may do what: every root field of the API, with the roles that may use it and whether callers bound to a
 * family may. The schema is not built with a root field that is missing here. A permission does not give
 * access to all data: a caller's scope (scope.ts) narrows the results.
 */
import type { Role } from '../work/caller.ts';

export interface Permission {
  readonly roles: readonly Role[];
  /** Whether a caller that is bound to a family may use it, for that family. */
  readonly isForFamilies: boolean;
}

const SEES: readonly Role[] = ['viewer', 'operator', 'admin'];
const OPERATES: readonly Role[] = ['operator', 'admin'];
const ENQUEUES: readonly Role[] = ['enqueuer', 'admin'];
const ADMINISTERS: readonly Role[] = ['admin'];
const EVERYBODY: readonly Role[] = ['viewer', 'operator', 'enqueuer', 'admin'];

const ofFamilies = (roles: readonly Role[]): Permission => ({ roles, isForFamilies: true });
const ofAll = (roles: readonly Role[]): Permission => ({ roles, isForFamilies: false });

export const OPERATIONS: Readonly<Record<string, Permission>> = {
  'Query.node': ofFamilies(EVERYBODY),
  'Query.viewer': ofFamilies(EVERYBODY),
  'Query.changeCursor': ofFamilies(EVERYBODY),
  'Query.families': ofFamilies(SEES),
  'Query.family': ofFamilies(SEES),
  'Query.queuedCreations': ofFamilies(EVERYBODY),
  'Query.queuedCreation': ofFamilies(EVERYBODY),
  'Query.queueStatistics': ofFamilies(SEES),
  'Query.failureGroups': ofFamilies(SEES),
  'Query.bulkAction': ofFamilies(SEES),
  'Query.bulkActions': ofFamilies(SEES),
  'Query.queueControl': ofFamilies(SEES),
  'Query.queueForecast': ofAll(SEES),
  'Query.queueActivity': ofFamilies(SEES),
  'Query.jobSchedules': ofAll(SEES),
  'Query.jobSchedule': ofAll(SEES),
  'Query.nextFireTimes': ofAll(SEES),
  'Query.previewSchedule': ofAll(SEES),
  'Query.simulateDowntime': ofAll(SEES),
  'Query.jobRuns': ofAll(SEES),
  'Query.jobRun': ofAll(SEES),
  'Query.fires': ofAll(SEES),
  'Query.fireCalendar': ofAll(SEES),
  'Query.fireLedgerAudit': ofAll(SEES),
  'Query.identityProvider': ofAll(SEES),
  'Query.simulator': ofAll(SEES),
  'Query.serverNodes': ofAll(SEES),
  'Query.serverSettings': ofAll(ADMINISTERS),
  'Query.auditEntries': ofFamilies(OPERATES),
  'Query.verifyAuditTrail': ofAll(OPERATES),
  'Query.outboxEvents': ofAll(OPERATES),
  'Query.outboxStatistics': ofAll(OPERATES),
  'Query.conditions': ofFamilies(SEES),
  'Query.alerts': ofAll(SEES),
  'Query.alertRules': ofAll(SEES),
  'Query.alertSilences': ofAll(SEES),
  'Query.apiTokens': ofAll(ADMINISTERS),
  'Query.encryptionKeys': ofAll(ADMINISTERS),
  'Query.resealing': ofAll(ADMINISTERS),
  'Query.latestResealing': ofAll(ADMINISTERS),

  'Query.webhooks': ofAll(OPERATES),
  'Query.webhook': ofAll(OPERATES),

  'Mutation.enqueueAccount': ofFamilies(ENQUEUES),
  'Mutation.enqueueAccounts': ofFamilies(ENQUEUES),
  'Mutation.retryEntry': ofFamilies(OPERATES),
  'Mutation.cancelEntry': ofFamilies(OPERATES),
  'Mutation.planBulkAction': ofFamilies(OPERATES),
  'Mutation.applyBulkAction': ofFamilies(OPERATES),
  'Mutation.undoBulkAction': ofFamilies(OPERATES),
  'Mutation.pauseQueue': ofFamilies(OPERATES),
  'Mutation.resumeQueue': ofFamilies(OPERATES),
  'Mutation.setQueueLimits': ofAll(OPERATES),
  'Mutation.runJobNow': ofAll(OPERATES),
  'Mutation.pauseJob': ofAll(OPERATES),
  'Mutation.resumeJob': ofAll(OPERATES),
  'Mutation.interruptRun': ofAll(OPERATES),
  'Mutation.rescheduleJob': ofAll(ADMINISTERS),
  'Mutation.silenceAlert': ofAll(OPERATES),
  'Mutation.endSilence': ofAll(OPERATES),
  'Mutation.openCircuit': ofAll(ADMINISTERS),
  'Mutation.closeCircuit': ofAll(ADMINISTERS),
  'Mutation.checkIdentityProvider': ofAll(OPERATES),
  'Mutation.setSimulatorFault': ofAll(ADMINISTERS),
  'Mutation.redeliverOutboxEvent': ofAll(OPERATES),
  'Mutation.drainNode': ofAll(ADMINISTERS),
  'Mutation.createWebhook': ofAll(ADMINISTERS),
  'Mutation.updateWebhook': ofAll(ADMINISTERS),
  'Mutation.pauseWebhook': ofAll(OPERATES),
  'Mutation.resumeWebhook': ofAll(OPERATES),
  'Mutation.deleteWebhook': ofAll(ADMINISTERS),
  'Mutation.rotateWebhookSecret': ofAll(ADMINISTERS),
  'Mutation.testWebhook': ofAll(OPERATES),
  'Mutation.redeliverWebhook': ofAll(OPERATES),
  'Mutation.createApiToken': ofAll(ADMINISTERS),
  'Mutation.revokeApiToken': ofAll(ADMINISTERS),
  'Mutation.rotateEncryptionKey': ofAll(ADMINISTERS),
  'Mutation.resealEntries': ofAll(ADMINISTERS),
  'Mutation.retireEncryptionKey': ofAll(ADMINISTERS),
  'Mutation.wrapWithNewMasterKey': ofAll(ADMINISTERS),

  // Each caller receives only the changes that the subscriptions below would send it.
  'Subscription.changed': ofFamilies(EVERYBODY),
  'Subscription.queuedCreationChanged': ofFamilies(EVERYBODY),
  'Subscription.jobRunChanged': ofAll(SEES),
  'Subscription.scheduleChanged': ofAll(SEES),
  'Subscription.circuitChanged': ofAll(SEES),
  'Subscription.alertChanged': ofAll(SEES),
  'Subscription.bulkActionChanged': ofFamilies(SEES),
};

/**
 * Nested fields that not every caller of their operation may see: they lead to data beyond what an ENQUEUER
 * enqueued, or beyond a family. All other fields are visible with their object.
 */
export const FIELDS: Readonly<Record<string, Permission>> = {
  'Family.members': ofFamilies(SEES),
  'Family.invitations': ofFamilies(SEES),
  'QueuedCreation.bulkAction': ofAll(SEES),
  'QueuedCreation.bulkActions': ofAll(SEES),
  'Attempt.node': ofAll(SEES),
};

/** Who may load an object by its id (`node`), by type. */
export const NODES: Readonly<Record<string, Permission>> = {
  QueuedCreation: ofFamilies(EVERYBODY),
  Family: ofFamilies(SEES),
  User: ofFamilies(SEES),
  FamilyMemberInvitation: ofFamilies(SEES),
  BulkAction: ofFamilies(SEES),
  JobSchedule: ofAll(SEES),
  JobRun: ofAll(SEES),
  ServerNode: ofAll(SEES),
  Alert: ofAll(SEES),
  AuditEntry: ofFamilies(OPERATES),
  OutboxEvent: ofAll(OPERATES),
  ApiToken: ofAll(ADMINISTERS),
  Webhook: ofAll(OPERATES),
  WebhookDelivery: ofAll(OPERATES),
  EncryptionKey: ofAll(ADMINISTERS),
  Resealing: ofAll(ADMINISTERS),
};

/** HTTP paths outside GraphQL that return data. */
export const PATHS = {
  '/audit/export': ofAll(ADMINISTERS),
  // As Query.queuedCreations, which it returns.
  '/queue/export': ofFamilies(EVERYBODY),
} as const satisfies Readonly<Record<string, Permission>>;

/** The properties of a caller that permissions depend on. */
export interface Asking {
  readonly role: Role;
  readonly familyId: string | null;
}

/** Returns why the caller may not use this; undefined if it may. The message names `what`, if given. */
export function denial(
  what: string | undefined,
  permission: Permission,
  { role, familyId }: Asking,
): string | undefined {
  if (!permission.roles.includes(role)) {
    const needed = permission.roles.map((one) => one.toUpperCase()).join(' or ');
    return `Your role ${role.toUpperCase()} may not use ${what ?? 'this'}. It needs ${needed}.`;
  }
  if (familyId !== null && !permission.isForFamilies)
    return `${what ?? 'This'} is about all families, and you act for one. It needs a caller that is bound to none.`;
  return undefined;
}

export const READ_ONLY_DENIAL = 'This server is read-only (READ_ONLY is set): mutations are refused.';

export interface OperationPermission {
  /** The root field, for example `retryEntry`. */
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly isAllowed: boolean;
  /** Why not, without the operation's name; null if it is allowed. */
  readonly reason: string | null;
}

/** Returns every operation of the API, and whether the caller may use it. */
export function permissionsOf(asking: Asking, isReadOnly: boolean): OperationPermission[] {
  return Object.entries(OPERATIONS).map(([coordinate, permission]) => {
    const [type = '', name = ''] = coordinate.split('.');
    const kind = type.toLowerCase() as OperationPermission['kind'];
    const reason =
      denial(undefined, permission, asking) ?? (isReadOnly && kind === 'mutation' ? READ_ONLY_DENIAL : undefined);
    return { name, kind, isAllowed: reason === undefined, reason: reason ?? null };
  });
}
