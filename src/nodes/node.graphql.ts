/** Nodes in the API: what each is about, and asking one to drain. */
import { z } from 'zod';
import { nodeSilenceMs } from '../config/node-silence.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { reasonText } from '../graphql/fields.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import { type DrainAnswer, drainNode } from './drain.ts';
import { loadSilentNodes } from './nodes.ts';

const RECENT_MS = 24 * 3_600_000;

const State = enumOf<NodeState>('NodeState', 'What a node is about.', {
  starting: 'Not ready yet.',
  running: 'Works.',
  draining: 'Stopping: claims nothing new, and ends or gives back what it has in hand.',
  gone: 'Stopped, or missed three heartbeats. What it still held is taken over when its leases end.',
});
const Drain = builder.objectRef<{ askedAt: Date; askedBy: string | null; reason: string | null }>('NodeDrain');
Drain.implement({
  description: 'What somebody said who asked a node to drain.',
  fields: (t) => ({
    askedAt: t.at('askedAt', 'When.'),
    askedBy: t.textOrNull('askedBy', 'Who; null if it was asked by SQL.'),
    reason: t.textOrNull('reason', 'Why.'),
  }),
});
const ServerNode = builder.prismaNode('ServerNode', {
  id: { field: 'id' },
  nullable: true,
  description: 'A server process.',
  fields: (t) => ({
    nodeId: t.field({
      type: 'UUID',
      description: 'The plain key; new for every process.',
      resolve: (node) => node.id,
    }),
    name: t.text('name', 'Its configured name.'),
    version: t.text('version', 'The server’s version.'),
    state: t.field({
      type: State,
      description: 'What it is about.',
      resolve: async ({ id, state }, _args, { reading, config }) =>
        state !== 'gone' && (await loadSilentNodes(reading, nodeSilenceMs(config))).has(id) ? 'gone' : state,
    }),
    hostName: t.text('hostName', 'The machine it runs on.'),
    processId: t.count('processId', 'Its process id there.'),
    startedAt: t.at('startedAt', 'When it started.'),
    lastBeatAt: t.at('lastBeatAt', 'When it last said that it lives.'),
    attemptsInHand: t.count(
      'attemptsInHand',
      'Attempts that it was making when it last beat; a draining node beats twice a second.',
    ),
    runsInHand: t.count('runsInHand', 'Runs of jobs that it was executing when it last beat.'),
    drain: t.field({
      type: Drain,
      nullable: true,
      description: 'Who asked it to drain, and why; null if nobody did, also when a signal stops it.',
      resolve: ({ drainAskedAt, drainAskedBy, drainReason }) =>
        drainAskedAt && { askedAt: drainAskedAt, askedBy: drainAskedBy, reason: drainReason },
    }),
  }),
});
builder.queryField('serverNodes', (t) =>
  t.prismaField({
    type: [ServerNode],
    nullable: { list: true, items: false },
    description: 'The nodes that were seen in the last 24 hours, the youngest first.',
    resolve: (query, _root, _args, { prisma, now }) =>
      prisma.serverNode.findMany({
        ...query,
        where: { OR: [{ state: { not: 'gone' } }, { lastBeatAt: { gte: new Date(now.getTime() - RECENT_MS) } }] },
        orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
        take: 100,
      }),
  }),
);

const DrainInput = builder.inputType('DrainNodeInput', {
  description: 'Which node, by its id or by its name, and why.',
  fields: (t) => ({
    nodeId: t.field({ type: 'UUID', description: 'The node’s id. Either this or the name.' }),
    name: t.string({
      description:
        'The node’s name, among those that are not gone; refused if several have it, for example while one takes another’s place.',
      validate: z.string().max(200, 'has at most 200 characters'),
    }),
    reason: t.string({
      required: true,
      description: 'For those who wonder why it stops; 1 to 500 characters.',
      // That there is one is seen with the rest (drain.ts), so that all problems are told at once.
      validate: reasonText.trim(),
    }),
  }),
});
const DrainPayload = builder.objectRef<DrainAnswer>('DrainNodePayload').implement({
  description: 'The node was asked; it hears of it within two seconds.',
  fields: (t) => ({
    serverNode: t.changed(
      ServerNode,
      'serverNode',
      ({ nodeId }) => ({ id: nodeId }),
      'The node, as it stands now; ask again to see it get there.',
    ),
    isChanged: t.flag('isChanged', 'False if it was draining already.'),
    isLastRunning: t.flag(
      'isLastRunning',
      'True if no other node is running: nothing is attempted and no job runs until one starts.',
    ),
  }),
});
builder.mutationField('drainNode', (t) =>
  t.field({
    type: DrainPayload,
    nullable: true,
    description:
      'Stops a node as SIGTERM does, from any node: it claims nothing new, is not ready any more, ends or gives back what it has in hand within its SHUTDOWN_TIMEOUT, and its process ends with exit code 0. Whether it starts again is for whoever supervises it. The last running node can be drained too; what is due then waits.',
    args: { input: t.arg({ type: DrainInput, required: true, description: 'Which node, and why.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => drainNode(ctx, input),
  }),
);
