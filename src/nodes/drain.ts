/**
 * Drains a node remotely: the request is written to its row and a notice sent; the node reads it at
 * once, or at its next heartbeat, and then stops as on SIGTERM.
 */
import { isHeard, nodeSilenceMs } from '../config/node-silence.ts';
import type { Queryable } from '../database/database.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { type InputIssue, InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { announce, unit } from '../work/unit.ts';

export interface DrainRequest {
  /** Exactly one of `nodeId` and `name`. */
  readonly nodeId?: string | null;
  readonly name?: string | null;
  readonly reason: string;
}

export interface DrainAnswer {
  readonly nodeId: string;
  readonly isChanged: boolean;
  /** Whether no other node is running, except nodes that were asked to drain too. */
  readonly isLastRunning: boolean;
}

/**
 * Asks a node to drain. Idempotent: a node that is already draining continues, with the first reason.
 * Throws InvalidInputError unless exactly one of `nodeId` and `name` is given, with a reason, and the name
 * is unambiguous; NotFoundError; and InvalidStateError for a node that is gone.
 */
export async function drainNode(ctx: Context, request: DrainRequest): Promise<DrainAnswer> {
  const { caller, config } = ctx;
  const reason = request.reason.trim();
  const silenceMs = nodeSilenceMs(config);
  const problems = problemsOf(request);
  if (problems.length > 0) throw new InvalidInputError(problems);
  const answer = await unit(ctx, async (tx) => {
    const { id } = chooseNode(await findNodes(tx, request, silenceMs), request);
    const asked = await tx.query(
      `UPDATE auth.server_nodes SET drain_asked_at = now(), drain_asked_by = $2, drain_reason = $3
       WHERE id = $1 AND drain_asked_at IS NULL AND state IN ('starting', 'running') RETURNING 1`,
      [id, caller.name, reason],
    );
    const others = await tx.query(
      `SELECT 1 FROM auth.server_nodes
       WHERE id <> $1 AND state = 'running' AND drain_asked_at IS NULL
         AND ${isHeard('$2')} LIMIT 1`,
      [id, silenceMs],
    );
    const isChanged = asked.length > 0;
    if (isChanged) tx.happened('drainRequested', { id, reason });
    return { nodeId: id, isChanged, isLastRunning: others.length === 0 };
  });
  // A repeated request notifies the node again: the first notice may have been lost.
  if (!answer.isChanged) announce(ctx, 'drainRequested');
  return answer;
}

const isGiven = (value: string | null | undefined): value is string => value !== null && value !== undefined;

/** Returns every problem with the input. */
function problemsOf({ nodeId, name, reason }: DrainRequest): InputIssue[] {
  return [
    ...(isGiven(nodeId) === isGiven(name)
      ? [{ path: ['nodeId'], code: 'EXACTLY_ONE', message: 'Give either the nodeId or the name of the node.' }]
      : []),
    ...(reason.trim() === '' ? [{ path: ['reason'], code: 'INVALID_VALUE', message: 'is needed' }] : []),
  ];
}

interface FoundNode {
  readonly id: string;
  readonly name: string;
  readonly state: NodeState;
}

/** The nodes with this id or name, live ones first. */
function findNodes(db: Queryable, { nodeId, name }: DrainRequest, silenceMs: number): Promise<FoundNode[]> {
  return db.query<FoundNode>(
    `SELECT id, name, CASE WHEN NOT ${isHeard('$3')} THEN 'gone' ELSE state END AS state
     FROM auth.server_nodes WHERE id = $1 OR name = $2
     ORDER BY state = 'gone', last_beat_at DESC LIMIT 20`,
    [nodeId ?? null, name ?? null, silenceMs],
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
  const named = isGiven(nodeId) ? `with the id ${nodeId}` : `named "${name}"`;
  if (found.length === 0) throw new NotFoundError(`There is no node ${named}. List them with the query "serverNodes".`);
  throw new InvalidStateError(
    `The node ${named} is gone: it has stopped, or is not heard of any more. There is nothing to drain.`,
  );
}
