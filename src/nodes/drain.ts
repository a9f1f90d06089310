/**
 * Draining a node from afar: the ask is written to its row and a notice sent; the node hears of it
 * at once, or at its next beat, and then stops as on SIGTERM.
 */
import type { Queryable } from '../database/database.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { type InputIssue, InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';

export interface DrainRequest {
  /** Either this or the name. */
  readonly nodeId: string | null;
  readonly name: string | null;
  readonly reason: string;
}

export interface DrainAnswer {
  readonly nodeId: string;
  readonly isChanged: boolean;
  /** No other node is running that was not asked to drain as well. */
  readonly isLastRunning: boolean;
}

/**
 * Asks a node to drain. Idempotent: one that is draining goes on, with the first reason. Throws
 * InvalidInputError unless exactly one live node is named and a reason given, NotFoundError, and
 * InvalidStateError for a node that is gone (silent for `silenceMs`).
 */
export async function drainNode(
  db: Queryable,
  actor: string,
  request: DrainRequest,
  silenceMs: number,
): Promise<DrainAnswer> {
  const problems = problemsOf(request);
  if (problems.length > 0) throw new InvalidInputError(problems);
  const node = chooseNode(await findNodes(db, request, silenceMs), request);
  const asked = await db.query(
    `UPDATE auth.server_nodes SET drain_asked_at = now(), drain_asked_by = $2, drain_reason = $3
     WHERE id = $1 AND drain_asked_at IS NULL AND state IN ('starting', 'running') RETURNING 1`,
    [node.id, actor, request.reason],
  );
  const others = await db.query(
    `SELECT 1 FROM auth.server_nodes
     WHERE id <> $1 AND state = 'running' AND drain_asked_at IS NULL
       AND last_beat_at >= now() - $2 * interval '1 millisecond' LIMIT 1`,
    [node.id, silenceMs],
  );
  return { nodeId: node.id, isChanged: asked.length > 0, isLastRunning: others.length === 0 };
}

/** All of them at once. */
function problemsOf({ nodeId, name, reason }: DrainRequest): InputIssue[] {
  return [
    ...((nodeId === null) === (name === null)
      ? [{ path: ['nodeId'], code: 'EXACTLY_ONE', message: 'Give either the nodeId or the name of the node.' }]
      : []),
    ...(reason === '' ? [{ path: ['reason'], code: 'INVALID_VALUE', message: 'is needed' }] : []),
  ];
}

interface FoundNode {
  readonly id: string;
  readonly name: string;
  readonly state: NodeState;
}

/** The nodes of that id or name, the live ones first. */
function findNodes(db: Queryable, { nodeId, name }: DrainRequest, silenceMs: number): Promise<FoundNode[]> {
  return db.query<FoundNode>(
    `SELECT id, name, CASE WHEN last_beat_at < now() - $3 * interval '1 millisecond' THEN 'gone' ELSE state END AS state
     FROM auth.server_nodes WHERE id = $1 OR name = $2
     ORDER BY state = 'gone', last_beat_at DESC LIMIT 20`,
    [nodeId, name, silenceMs],
  );
}

function chooseNode(found: readonly FoundNode[], { nodeId, name }: DrainRequest): FoundNode {
  const live = found.filter(({ state }) => state !== 'gone');
  const [node] = live;
  if (live.length > 1)
    throw new InvalidInputError([
      {
        path: ['name'],
        code: 'AMBIGUOUS',
        message: `Several nodes have this name: ${live.map(({ id, state }) => `${id} (${state})`).join(', ')}. Give the nodeId of one of them.`,
      },
    ]);
  if (node !== undefined) return node;
  const named = nodeId === null ? `named "${name}"` : `with the id ${nodeId}`;
  if (found.length === 0) throw new NotFoundError(`There is no node ${named}. List them with the query "serverNodes".`);
  throw new InvalidStateError(
    `The node ${named} is gone: it has stopped, or is not heard of any more. There is nothing to drain.`,
  );
}
