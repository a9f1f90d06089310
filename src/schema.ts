/** The schema: one line per noun. What a noun can do stands in its own folder. */
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql';
import { addAccess } from './access/access.graphql.ts';
import { addAuditEntries } from './access/audit/audit-entry.graphql.ts';
import { addAuditVerification } from './access/audit/audit-verification.graphql.ts';
import { requirePermissions } from './access/authorization.ts';
import { addPermissions } from './access/permissions.graphql.ts';
import { addApiTokens } from './access/tokens/token.graphql.ts';
import { addViewer } from './access/viewer.graphql.ts';
import { addBulkActions } from './accounts/bulk/bulk-action.graphql.ts';
import { addBulkMutations } from './accounts/bulk/bulk-mutations.graphql.ts';
import { addBulkSubscription } from './accounts/bulk/bulk-subscription.graphql.ts';
import { addQueueControl } from './accounts/control/queue-control.graphql.ts';
import { addEnqueue } from './accounts/enqueue.graphql.ts';
import { addEntryTypes } from './accounts/entry.graphql.ts';
import { addEntryMutations } from './accounts/entry-mutations.graphql.ts';
import { addEntryQueries } from './accounts/entry-queries.graphql.ts';
import { addEntrySubscription } from './accounts/entry-subscription.graphql.ts';
import { addExplanations } from './accounts/insight/explanation.graphql.ts';
import { addFailureGroups } from './accounts/insight/failure-group.graphql.ts';
import { addQueueActivity } from './accounts/insight/queue-activity.graphql.ts';
import { addQueueForecast } from './accounts/insight/queue-forecast.graphql.ts';
import { addAlerts } from './alerts/alert.graphql.ts';
import { addAlertRules } from './alerts/alert-rule.graphql.ts';
import { addAlertSubscription } from './alerts/alert-subscription.graphql.ts';
import type { AlertTools } from './alerts/alerts.ts';
import { addSilences } from './alerts/silence.graphql.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database/database.ts';
import { addChangeCursor } from './events/changes/change-cursor.graphql.ts';
import type { ChangeFeed } from './events/changes/change-feed.ts';
import { addChangeSubscription } from './events/changes/change-subscription.graphql.ts';
import { addOutbox } from './events/outbox/outbox.graphql.ts';
import { addRedelivery } from './events/outbox/redelivery.graphql.ts';
import { addDeliveries } from './events/webhooks/delivery.graphql.ts';
import { addDeliveryMutations } from './events/webhooks/delivery-mutations.graphql.ts';
import { addWebhooks } from './events/webhooks/webhook.graphql.ts';
import { addWebhookMutations } from './events/webhooks/webhook-mutations.graphql.ts';
import { addFamilies } from './families/family.graphql.ts';
import { createBuilder } from './graphql/builder.ts';
import { addChangeTypes } from './graphql/change-types.ts';
import { addExplanationTypes } from './graphql/explanation.ts';
import { addFilterInputs } from './graphql/filters.ts';
import { addRefusalTypes } from './graphql/refusal-types.ts';
import { SCHEMA_DESCRIPTION } from './graphql/schema-description.ts';
import { addCircuitSubscription } from './identity/circuit-subscription.graphql.ts';
import { addIdentity } from './identity/identity.graphql.ts';
import { addIdentityMutations } from './identity/identity-mutations.graphql.ts';
import { addSimulator } from './identity/simulator/simulator.graphql.ts';
import type { Job } from './jobs/job.ts';
import type { JobOperations } from './jobs/job-operations.ts';
import { addFires } from './jobs/ledger/fire.graphql.ts';
import { addFireCalendar } from './jobs/ledger/fire-calendar.graphql.ts';
import { addLedgerAudit } from './jobs/ledger/ledger-audit.graphql.ts';
import { addDowntime } from './jobs/preview/downtime.graphql.ts';
import { addSchedulePreview } from './jobs/preview/preview.graphql.ts';
import { addInterruptRun } from './jobs/runs/interrupt-run.graphql.ts';
import { addRunOperations, type RunTools } from './jobs/runs/run-operations.graphql.ts';
import { addRunRecord } from './jobs/runs/run-record.graphql.ts';
import { addRunSubscription } from './jobs/runs/run-subscription.graphql.ts';
import { addSchedules } from './jobs/schedules/schedule.graphql.ts';
import { addScheduleExplanations } from './jobs/schedules/schedule-explanation.graphql.ts';
import type { ExplainSchedule } from './jobs/schedules/schedule-explanation.ts';
import { addScheduleMutations } from './jobs/schedules/schedule-mutations.graphql.ts';
import { addScheduleSubscription } from './jobs/schedules/schedule-subscription.graphql.ts';
import { addScheduleVersions } from './jobs/schedules/schedule-version.graphql.ts';
import { addNodes } from './nodes/node.graphql.ts';
import { addEncryptionKeys } from './sealing/encryption-key.graphql.ts';
import { addKeyMutations } from './sealing/key-mutations.graphql.ts';
import { addResealings } from './sealing/resealing.graphql.ts';

export interface SchemaTools {
  readonly db: Database;
  readonly clock: Clock;
  readonly jobs: readonly Job[];
  readonly runNow: RunTools['runNow'];
  readonly jobOperations: JobOperations;
  readonly explainSchedule: ExplainSchedule;
  readonly feed: ChangeFeed;
  readonly alerts: AlertTools;
  /** How long fires are kept, when one is on time, how far back missed ones are settled; in milliseconds. */
  readonly ledger: { readonly retentionMs: number | null; readonly toleranceMs: number; readonly windowMs: number };
}

/** Builds the schema over its tools, in a fixed order of names, so that its text is stable. */
export function buildSchema({
  db,
  clock,
  jobs,
  runNow,
  jobOperations,
  explainSchedule,
  ledger,
  feed,
  alerts,
}: SchemaTools): GraphQLSchema {
  const { prisma } = db;
  const builder = createBuilder();
  addRefusalTypes(builder);
  const inputs = addFilterInputs(builder);
  const Change = addChangeTypes(builder);
  addChangeCursor(builder);
  const watch = { prisma, feed, reading: db };
  const explanationRefs = addExplanationTypes(builder);
  addAccess(builder);
  addNodes(builder);
  const enums = addFamilies(builder);
  const entryRefs = addEntryTypes(builder, enums);
  const entryFilter = addEntryQueries(builder, entryRefs, inputs);
  const entry = addEntrySubscription(builder, entryRefs, entryFilter, Change);
  addFailureGroups(builder, entryRefs, explanationRefs);
  addEnqueue(builder, entryRefs, enums);
  addEntryMutations(builder, entryRefs);
  const bulkRefs = addBulkActions(builder, entryRefs);
  addBulkMutations(builder, entryRefs, entryFilter, bulkRefs);
  const bulk_action = addBulkSubscription(builder, bulkRefs, Change);
  const scheduleRefs = addSchedules(builder, { prisma, clock, jobs });
  addRunRecord(builder, scheduleRefs);
  addRunOperations(builder, { prisma, runNow }, scheduleRefs);
  const run = addRunSubscription(builder, watch, scheduleRefs, Change);
  const schedule = addScheduleSubscription(builder, watch, scheduleRefs, Change);
  addInterruptRun(builder, prisma, scheduleRefs, jobOperations);
  addScheduleMutations(builder, prisma, scheduleRefs, jobOperations);
  addScheduleVersions(builder, prisma, scheduleRefs);
  addScheduleExplanations(builder, prisma, scheduleRefs, explanationRefs, explainSchedule);
  const fireRefs = addFires(builder, db, scheduleRefs);
  addFireCalendar(builder, db, fireRefs);
  addLedgerAudit(builder, db, ledger.retentionMs);
  addSchedulePreview(builder, db, scheduleRefs, ledger.windowMs);
  addDowntime(builder, db, { ...scheduleRefs, ...fireRefs }, ledger);
  const identityRefs = addIdentity(builder);
  addIdentityMutations(builder, identityRefs);
  addSimulator(builder);
  const circuit = addCircuitSubscription(builder, identityRefs, Change);
  const keyRefs = addEncryptionKeys(builder);
  addKeyMutations(builder, { ...keyRefs, ...addResealings(builder) });
  addQueueControl(builder);
  addQueueForecast(builder);
  addQueueActivity(builder, entryRefs);
  addExplanations(builder, entryRefs, explanationRefs);
  const tokenRefs = addApiTokens(builder);
  const viewerRefs = addViewer(builder, tokenRefs);
  addAuditEntries(builder, { ...tokenRefs, ...viewerRefs }, inputs);
  addAuditVerification(builder);
  addRedelivery(builder, addOutbox(builder, inputs));
  const deliveryRefs = addDeliveries(builder, inputs);
  const webhookRefs = addWebhooks(builder, deliveryRefs);
  addWebhookMutations(builder, webhookRefs);
  addDeliveryMutations(builder, { ...webhookRefs, ...deliveryRefs });
  const alertRefs = addAlerts(builder, { prisma, ...alerts }, explanationRefs);
  const alert = addAlertSubscription(builder, alertRefs, Change);
  addChangeSubscription(builder, Change, { entry, run, schedule, circuit, bulk_action, alert });
  addAlertRules(builder, alertRefs, alerts.loadRules);
  addSilences(builder, prisma, alertRefs, alerts);
  addPermissions(builder, viewerRefs);
  const schema = lexicographicSortSchema(builder.toSchema({ sortSchema: false }));
  schema.description = SCHEMA_DESCRIPTION;
  requirePermissions(schema);
  return schema;
}
