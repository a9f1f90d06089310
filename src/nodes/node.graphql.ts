/** Nodes in the API. */
import type { PrismaClient } from '../database/generated/prisma/client.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import type { Builder } from '../graphql/builder.ts';
import { addEnum } from '../graphql/enums.ts';

const RECENT_MS = 24 * 3_600_000;

/** Adds `ServerNode` and `serverNodes`. */
export function addNodes(builder: Builder, prisma: PrismaClient): void {
  const State = addEnum<NodeState>(builder, 'NodeState', 'What a node is about.', {
    starting: 'Not ready yet.',
    running: 'Works.',
    draining: 'Stopping: claims nothing new.',
    gone: 'Stopped, or missed three heartbeats.',
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
      name: t.exposeString('name', { description: 'Its configured name.' }),
      version: t.exposeString('version', { description: 'The server’s version.' }),
      state: t.expose('state', { type: State, description: 'What it is about.' }),
      hostName: t.exposeString('hostName', { description: 'The machine it runs on.' }),
      processId: t.exposeInt('processId', { description: 'Its process id there.' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it started.' }),
      lastBeatAt: t.expose('lastBeatAt', { type: 'DateTime', description: 'When it last said that it lives.' }),
    }),
  });
  builder.queryField('serverNodes', (t) =>
    t.prismaField({
      type: [ServerNode],
      nullable: { list: true, items: false },
      description: 'The nodes that were seen in the last 24 hours, the youngest first.',
      resolve: (query) =>
        prisma.serverNode.findMany({
          ...query,
          where: { OR: [{ state: { not: 'gone' } }, { lastBeatAt: { gte: new Date(Date.now() - RECENT_MS) } }] },
          orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
          take: 100,
        }),
    }),
  );
}
