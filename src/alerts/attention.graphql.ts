/**
 * The query `conditions`: everything that needs attention now: conditions without a threshold (no node, an open
 * circuit, a pause), and the alerts that are on and not silenced. Each problem appears once: an alert that
 * repeats another condition, or follows from it, is left out.
 */
import { loadPauses } from '../accounts/control/queue-control.ts';
import { isHeard, nodeSilenceMs } from '../config/node-silence.ts';
import type { Queryable } from '../database/database.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { SubjectKind } from '../diagnosis/condition.ts';
import { CONDITIONS, type ConditionCode, type FactsOf, said, titleOf } from '../diagnosis/conditions.ts';
import { CureRef } from '../diagnosis/cure.graphql.ts';
import type { Cure } from '../diagnosis/cure.ts';
import { builder } from '../graphql/builder.ts';
import { loadCircuit } from '../identity/circuit.ts';
import { loadFaultOrder } from '../identity/simulator/fault-order.ts';
import { IS_PAUSED } from '../jobs/ledger/resolve.rules.ts';
import type { Context } from '../work/context.ts';
import { AlertSeverityRef, Subject } from './alert.graphql.ts';
import { type AlertState, covers } from './alert.rules.ts';
import { loadOpenAlerts, loadSilencesTogether } from './stored-alerts.ts';

interface Attention {
  /** The condition's code; for an alert that another version raised, its rule. */
  readonly code: string;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly advice: string;
  readonly startedAt: Date | null;
  readonly subject: { readonly kind: SubjectKind; readonly key: string | null };
  readonly cures: readonly Cure[];
}

type Reader = Pick<Context, 'caller' | 'config' | 'prisma' | 'provider' | 'reading'>;

/** Returns the conditions, most severe first; to a caller that is bound to a family, only pauses that affect it. */
async function loadAttention(ctx: Reader): Promise<Attention[]> {
  if (ctx.caller.familyId !== null) return pauses(ctx);
  const open = circuit(ctx);
  const all = await Promise.all([
    nodes(ctx),
    simulator(ctx),
    open,
    pauses(ctx),
    alerts(ctx, open),
    pausedJobs(ctx.reading),
  ]);
  return all.flat().sort((one, other) => WEIGHT[other.severity] - WEIGHT[one.severity]);
}

const WEIGHT: Readonly<Record<AlertSeverity, number>> = { critical: 2, warning: 1, info: 0 };

function holds<Code extends ConditionCode>(
  code: Code,
  facts: FactsOf<Code>,
  startedAt: Date | null,
  key: string | null = null,
): Attention {
  const { message, advice, cure } = said(code, facts);
  const { severity, about: kind } = CONDITIONS[code];
  return { code, severity, message, advice, startedAt, subject: { kind, key }, cures: cure === null ? [] : [cure] };
}

async function nodes({ reading, config }: Reader): Promise<Attention[]> {
  const running = await reading.query(
    `SELECT FROM auth.server_nodes WHERE state = 'running' AND ${isHeard('$1')} LIMIT 1`,
    [nodeSilenceMs(config)],
  );
  return running.length > 0 ? [] : [holds('NO_LIVE_NODE', {}, null)];
}

async function simulator({ reading, provider }: Reader): Promise<Attention[]> {
  if (provider.name !== 'simulator') return [];
  const { fault, changedBy, changedAt } = await loadFaultOrder(reading);
  return fault === 'none' ? [] : [holds('SIMULATOR_FAULT', { fault, by: changedBy }, changedAt, provider.name)];
}

async function circuit({ reading, provider: { name } }: Reader): Promise<Attention[]> {
  const { state, openedAt, ...row } = await loadCircuit(reading, name);
  if (state === 'closed') return [];
  return [holds('CIRCUIT_OPEN', { ...row, provider: name, isHalfOpen: state === 'half_open' }, openedAt, name)];
}

async function pauses({ reading, prisma, caller }: Reader): Promise<Attention[]> {
  const all = await loadPauses(reading, caller.familyId);
  const ids = all.flatMap(({ familyId }) => familyId ?? []);
  const families = ids.length === 0 ? [] : await prisma.family.findMany({ where: { id: { in: ids } } });
  const names = new Map(families.map(({ id, name }) => [id, name]));
  return all.map(({ familyId, pausedBy: by, reason, pausedAt }) =>
    familyId === null
      ? holds('QUEUE_PAUSED', { by, reason }, pausedAt)
      : holds('FAMILY_PAUSED', { by, reason, familyId, familyName: names.get(familyId) ?? familyId }, pausedAt),
  );
}

async function pausedJobs(reading: Queryable): Promise<Attention[]> {
  const rows = await reading.query<{ jobName: string; by: string | null; reason: string | null; pausedAt: Date }>(
    `SELECT name AS "jobName", paused_by AS by, pause_reason AS reason, paused_at AS "pausedAt" FROM auth.job_schedules schedule
     WHERE ${IS_PAUSED} ORDER BY name`,
  );
  return rows.map((row) => holds('SCHEDULE_PAUSED', row, row.pausedAt, row.jobName));
}

async function alerts({ reading, provider }: Reader, openCircuit: Promise<Attention[]>): Promise<Attention[]> {
  const [circuits, silences, open, failed] = await Promise.all([
    openCircuit,
    loadSilencesTogether(reading),
    loadOpenAlerts(reading),
    // An alert for failed entries stays on for a while after they were retried: then it is left out.
    reading.query(`SELECT FROM auth.queued_managed_account_creations WHERE status = 'failed' LIMIT 1`),
  ]);
  return open
    .filter(({ severity, clearSince }) => severity !== 'info' && clearSince === null)
    .filter(({ subject }) => subject.kind !== 'failure_group' || failed.length > 0)
    .filter((alert) => !silences.some((silence) => covers(silence, alert)))
    .filter((alert) => !isCovered(alert, provider.name, circuits.length > 0))
    .map(({ rule, severity, summary, advice, startedAt, subject, cure }) => {
      const cures = cure === null ? [] : withRetry(cure);
      return { code: rule, severity, message: summary, advice, startedAt, subject, cures };
    });
}

/** Whether an alert is already shown as a condition, or follows from one. */
const isCovered = ({ rule, subject }: AlertState, provider: string, isCircuitOpen: boolean): boolean =>
  rule === 'QUEUE_PAUSED' ||
  (rule === 'CIRCUIT_OPEN' && subject.key === provider) ||
  (rule === 'ENTRY_OVERDUE' && isCircuitOpen);

/** Offers a retry besides a cancel: an operator may have fixed the cause at the provider. */
function withRetry(cure: Cure): Cure[] {
  if (cure.mutation !== 'planBulkAction' || cure.input.action !== 'CANCEL') return [cure];
  return [cure, { ...cure, label: 'Plan a retry of these entries', input: { ...cure.input, action: 'RETRY' } }];
}

const Condition = builder.objectRef<Attention>('Condition').implement({
  description: 'Something that needs attention now.',
  fields: (t) => ({
    code: t.text('code', 'Its code, for scripts; of an alert, its rule.'),
    title: t.string({ description: 'Its title.', resolve: ({ code }) => titleOf(code) }),
    severity: t.expose('severity', { type: AlertSeverityRef, description: 'How urgent it is.' }),
    message: t.text('message', 'What is wrong, in a sentence.'),
    advice: t.text('advice', 'What to do about it.'),
    startedAt: t.atOrNull('startedAt', 'Since when; null if that is not known.'),
    subject: t.expose('subject', { type: Subject, description: 'What it is about.' }),
    cures: t.list('cures', CureRef, 'The mutations that help, the best first; empty when none does.'),
  }),
});
builder.queryField('conditions', (t) =>
  t.field({
    type: [Condition],
    nullable: { list: true, items: false },
    description:
      'What needs attention now, the most severe first: alerts that are not silenced, and what raises an alert only after a while or never, such as an open circuit or a pause.',
    resolve: (_root, _args, ctx) => loadAttention(ctx),
  }),
);
