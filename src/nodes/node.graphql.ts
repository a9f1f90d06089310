/**
 * Nodes in the API: their state, and the mutation that drains one: the request is written to its row and a
 * notice sent; the node reads it at once, or at its next heartbeat, and then stops as on SIGTERM.
 */
import { z } from 'zod';
import { isHeard, nodeSilenceMs } from '../config/node-silence.ts';
import type { Queryable } from '../database/database.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { builder, type RequestContext } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { reasonText } from '../graphql/fields.ts';
import { mutation } from '../graphql/mutation.ts';
import { type InputIssue, InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { announce, unit } from '../work/unit.ts';
import { loadSilentNodes } from './nodes.ts';

interface DrainRequest {
  /** Exactly one of `nodeId` and `name`. */
  readonly nodeId?: string | null;
  readonly name?: string | null;
  readonly reason: string;
}

interface DrainAnswer {
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
async function drainNode(ctx: Context, request: DrainRequest): Promise<DrainAnswer> {
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

const RECENT_MS = 24 * 3_600_000;

/** A silent node is gone before another node marks it. */
const isGone = async (
  { id, state }: { readonly id: string; readonly state: NodeState },
  { reading, config }: Pick<RequestContext, 'reading' | 'config'>,
): Promise<boolean> => state === 'gone' || (await loadSilentNodes(reading, nodeSilenceMs(config))).has(id);

const State = enumOf<NodeState>('NodeState', 'The state of a node.', {
  starting: 'Starting; not ready yet.',
  running: 'It takes entries and runs jobs.',
  draining: 'Stopping: claims nothing new; finishes its work or gives it back.',
  gone: 'Stopped, or missed three heartbeats. Other nodes take over its work when its leases end.',
});
const End = enumOf<'stopped' | 'drained' | 'lost'>('NodeEnd', 'How a node ended.', {
  stopped: 'A signal stopped it.',
  drained: 'It stopped because an operator drained it.',
  lost: 'It missed three heartbeats: it was killed, crashed, or was cut off from the database.',
});
const Drain = builder.objectRef<{ askedAt: Date; askedBy: string | null; reason: string | null }>('NodeDrain');
Drain.implement({
  description: 'The request to drain a node.',
  fields: (t) => ({
    askedAt: t.at('askedAt', 'When it was requested.'),
    askedBy: t.textOrNull('askedBy', 'Who requested it; null if SQL did.'),
    reason: t.textOrNull('reason', 'Why it was requested.'),
  }),
});
const ServerNode = builder.prismaNode('ServerNode', {
  id: { field: 'id' },
  nullable: true,
  description: 'A server process.',
  fields: (t) => ({
    nodeId: t.key('id', 'The plain key; every process has a new one.'),
    name: t.text('name', 'Its configured name.'),
    version: t.text('version', 'The server’s version.'),
    state: t.field({
      type: State,
      description: 'Its state.',
      resolve: async (node, _args, ctx) => ((await isGone(node, ctx)) ? 'gone' : node.state),
    }),
    end: t.field({
      type: End,
      nullable: true,
      description: 'How it ended; null until it is gone.',
      resolve: async (node, _args, ctx) =>
        (await isGone(node, ctx))
          ? node.stoppedAt === null
            ? 'lost'
            : node.drainAskedAt === null
              ? 'stopped'
              : 'drained'
          : null,
    }),
    hostName: t.text('hostName', 'The host name of its machine.'),
    processId: t.count('processId', 'Its process id.'),
    startedAt: t.at('startedAt', 'When it started.'),
    lastBeatAt: t.at('lastBeatAt', 'The time of its last heartbeat.'),
    attemptsInHand: t.count(
      'attemptsInHand',
      'How many attempts it had in progress at its last heartbeat; a draining node has two heartbeats a second.',
    ),
    runsInHand: t.count('runsInHand', 'The job runs that it was executing at its last heartbeat.'),
    drain: t.field({
      type: Drain,
      nullable: true,
      description: 'Who requested it to drain, and why; null if no one did, or if a signal stops it.',
      resolve: ({ drainAskedAt, drainAskedBy, drainReason }) =>
        drainAskedAt && { askedAt: drainAskedAt, askedBy: drainAskedBy, reason: drainReason },
    }),
  }),
});
builder.queryField('serverNodes', (t) =>
  t.prismaField({
    type: [ServerNode],
    nullable: { list: true, items: false },
    description: 'The nodes of the last 24 hours, the newest first.',
    resolve: (query, _root, _args, { prisma, now }) =>
      prisma.serverNode.findMany({
        ...query,
        where: { OR: [{ state: { not: 'gone' } }, { lastBeatAt: { gte: new Date(now.getTime() - RECENT_MS) } }] },
        orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
        take: 100,
      }),
  }),
);

mutation('drainNode', {
  description:
    'Stops a node as SIGTERM does, from any node: it claims nothing new, is no longer ready, finishes its work or gives it back within its SHUTDOWN_TIMEOUT, and exits with code 0. Its supervisor decides whether it starts again. The last running node can be drained too; due work then waits.',
  refusals: [NotFoundError, InvalidStateError],
  input: {
    description: 'Which node to drain, by its id or its name, and why.',
    fields: (t) => ({
      nodeId: t.optionalUuid('The node’s id. Either this or the name.'),
      name: t.string({
        description:
          'The name of a node that is not gone; refused if several nodes have it, for example while one replaces another.',
        validate: z.string().max(200, 'has at most 200 characters'),
      }),
      reason: t.string({
        required: true,
        description: 'Why, for other operators; 1 to 500 characters.',
        // `drainNode` checks that one is given, so that all problems are reported together.
        validate: reasonText.trim(),
      }),
    }),
  },
  resolve: (ctx, input) => drainNode(ctx, input),
  payload: {
    description: 'The request is stored; the node starts to drain within two seconds.',
    fields: (t) => ({
      serverNode: t.changed(
        ServerNode,
        'serverNode',
        ({ nodeId }) => ({ id: nodeId }),
        'The node as it is now; query it again to follow its progress.',
      ),
      isChanged: t.flag('isChanged', 'False if it was already draining.'),
      isLastRunning: t.flag(
        'isLastRunning',
        'True if no other node is running; then no entry is attempted and no job runs until one starts.',
      ),
    }),
  },
});
