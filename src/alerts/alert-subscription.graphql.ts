/** Watching alerts: on, growing, silenced, over. */

import { type ChangeEvent, isAbout } from '../events/changes/change-events.ts';
import { registerInterest } from '../events/changes/change-stream.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, Change } from '../graphql/change-types.ts';
import { AlertRef as Alert } from './alert.graphql.ts';

const AlertChange = builder.objectRef<ChangeEvent>('AlertChange').implement({
  description: 'An alert is on, grew, was silenced or announced, or is over.',
  interfaces: [Change],
  isTypeOf: isAbout('alert'),
  fields: (t) => ({
    alertId: t.field({ type: 'UUID', description: 'Which alert.', resolve: ({ key }) => key }),
    alert: t.prismaField({
      type: Alert,
      nullable: true,
      description: 'The alert as it stands when the change is told; null when it was removed.',
      resolve: (query, { key, together }, _args, { prisma }) =>
        together.objectOf('alert', JSON.stringify(query), key, async (keys) => {
          const rows = await prisma.alert.findMany({ ...query, where: { id: { in: [...keys] } } });
          return new Map(rows.map((row) => [row.id, row]));
        }),
    }),
  }),
});
builder.subscriptionFields((t) => ({
  alertChanged: t.field({
    type: AlertChange,
    nullable: true,
    description: 'Each change of an alert, once and in order.',
    args: { after: t.arg.string({ description: AFTER }) },
    subscribe: (_root, { after }, { feed }) => feed.subscribe({ topic: 'alert' }, after),
    resolve: (change) => change,
  }),
}));
registerInterest('alert', () => ({ topic: 'alert' }));
