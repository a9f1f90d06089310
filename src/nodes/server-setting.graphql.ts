/** The settings of the node that answers, as far as they differ from the defaults. */
import type { ChangedSetting } from '../config/config.ts';
import { builder } from '../graphql/builder.ts';

const ServerSetting = builder.objectRef<ChangedSetting>('ServerSetting').implement({
  description: 'A setting of the server whose value is not the default. docs/settings.md describes it.',
  fields: (t) => ({
    name: t.text('name', 'The environment variable.'),
    value: t.textOrNull('value', 'The value as written; null for a secret, which is never returned.'),
    default: t.textOrNull('default', 'The default; null if there is none.'),
  }),
});
builder.queryField('serverSettings', (t) =>
  t.field({
    type: [ServerSetting],
    nullable: { list: true, items: false },
    description: 'The settings that are not the default, at the node that answers.',
    resolve: (_root, _args, { config }) => config.changed,
  }),
);
