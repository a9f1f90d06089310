/** Nodes in the API: their state, and the mutation that asks one to drain. */
import { z } from 'zod';
import { nodeSilenceMs } from '../config/node-silence.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { builder, type RequestContext } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { reasonText } from '../graphql/fields.ts';
import { mutation } from '../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../refusals.ts';
import { drainNode } from './drain.ts';
import { loadSilentNodes } from './nodes.ts';

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
      nodeId: t.field({ type: 'UUID', description: 'The node’s id. Either this or the name.' }),
      name: t.string({
        description:
          'The name of a node that is not gone; refused if several nodes have it, for example while one replaces another.',
        validate: z.string().max(200, 'has at most 200 characters'),
      }),
      reason: t.string({
        required: true,
        description: 'Why, for other operators; 1 to 500 characters.',
        // drain.ts checks that one is given, so that all problems are reported together.
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
