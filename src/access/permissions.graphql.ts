import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { type OperationPermission, permissionsOf } from './permissions.rules.ts';
import { Viewer } from './viewer.graphql.ts';

const Kind = enumOf<OperationPermission['kind']>('OperationKind', 'What kind of operation it is.', {
  query: 'Reads.',
  mutation: 'Changes something.',
  subscription: 'Watches.',
});
const Permission = builder.objectRef<OperationPermission>('OperationPermission').implement({
  description: 'An operation of the API, and whether the caller may use it.',
  fields: (t) => ({
    name: t.text('name', 'Its name: a field of Query, Mutation or Subscription.'),
    kind: t.expose('kind', { type: Kind, description: 'Which of the three.' }),
    isAllowed: t.flag('isAllowed', 'Whether the caller may use it.'),
    reason: t.textOrNull('reason', 'Why not; null if it may.'),
  }),
});
builder.objectFields(Viewer, (t) => ({
  permissions: t.stringList({
    description: 'The operations that you may use, by name.',
    resolve: (viewer, _args, { config }) =>
      permissionsOf(viewer, config.READ_ONLY === 'true').flatMap(({ name, isAllowed }) => (isAllowed ? [name] : [])),
  }),
  operations: t.field({
    type: [Permission],
    description: 'Every operation of the API, those that you may not use with the reason.',
    resolve: (viewer, _args, { config }) => permissionsOf(viewer, config.READ_ONLY === 'true'),
  }),
}));
