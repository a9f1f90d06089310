/**
 * Explanations from the database: what holds up the queue is read once for all entries that are explained at
 * the same moment.
 */
import { isHeard, nodeSilenceMs } from '../../config/node-silence.ts';
import { type Batcher, createBatcher } from '../../database/batcher.ts';
import type { Queryable } from '../../database/database.ts';
import { loadCircuit } from '../../identity/circuit.ts';
import type { Services } from '../../work/context.ts';
import { untilNextToken } from '../control/queue-control.rules.ts';
import { loadControls } from '../control/queue-control-claim.ts';
import { IS_IN_FORCE } from '../lease.ts';
import type { ExplainedEntry, Explanation, Pause, QueueConditions } from './explained.rules.ts';
import { explain } from './explanation.rules.ts';

/** An entry as it is stored; its node is given by id. */
export type EntryToExplain = Omit<ExplainedEntry, 'leaseNodeName'> & { readonly leaseNodeId: string | null };

/** The database and the provider that explanations use. */
export interface ConditionsSource {
  readonly reading: Queryable;
  readonly provider: Pick<Services['provider'], 'name'>;
  readonly config: Pick<Services['config'], 'HEARTBEAT_INTERVAL'>;
}

/** Explains one entry at a time; calls of the same turn share the queries. */
export const createExplanations = (source: ConditionsSource): Batcher<EntryToExplain, Explanation> =>
  createBatcher({ largest: 1_000, lanes: 4, flush: (entries) => explainEntries(source, entries) });

/** Explains entries with a fixed number of statements; returns the explanations in the same order. */
export async function explainEntries(
  { reading: db, provider: { name: provider }, config }: ConditionsSource,
  entries: readonly EntryToExplain[],
): Promise<Explanation[]> {
  const familyIds = [...new Set(entries.flatMap(({ familyId }) => familyId ?? []))];
  const nodeIds = [...new Set(entries.flatMap(({ leaseNodeId }) => leaseNodeId ?? []))];
  const controls = await loadControls(db, provider);
  const circuit = await loadCircuit(db, provider);
  const pauses = await db.query<Pause & { familyId: string | null }>(PAUSES, [familyIds]);
  const nodes = await db.query<{ id: string; name: string; isLive: boolean }>(NODES, [nodeIds, nodeSilenceMs(config)]);
  const { now, concurrency, underWay } = controls;
  const wait = untilNextToken(controls);
  const conditions: QueueConditions = {
    now,
    circuit: { ...circuit, provider },
    queuePause: pauses.find(({ familyId }) => familyId === null) ?? null,
    familyPause: null,
    nextStartAt: wait > 0 ? new Date(now.getTime() + wait) : null,
    isConcurrencyUsedUp: concurrency !== null && underWay >= concurrency,
    liveNodeCount: nodes.filter(({ isLive }) => isLive).length,
  };
  const familyPauses = new Map(pauses.map((pause) => [pause.familyId, pause]));
  const nodeNames = new Map(nodes.map(({ id, name }) => [id, name]));
  return entries.map((entry) =>
    explain(
      { ...entry, leaseNodeName: nodeNames.get(entry.leaseNodeId ?? '') ?? null },
      { ...conditions, familyPause: entry.familyId === null ? null : (familyPauses.get(entry.familyId) ?? null) },
    ),
  );
}

const PAUSES = `
  SELECT family_id AS "familyId", families.name AS "familyName", paused_by AS by, reason, paused_at AS since, paused_until AS until
  FROM auth.queue_pauses p LEFT JOIN auth.families ON families.id = family_id
  WHERE ${IS_IN_FORCE} AND (family_id IS NULL OR family_id = ANY ($1::uuid[]))`;

const NODES = `
  SELECT id, name, state = 'running' AND ${isHeard('$2')} AS "isLive"
  FROM auth.server_nodes WHERE id = ANY ($1::uuid[]) OR state = 'running'`;
