import { builder } from '../../graphql/builder.ts';

builder.queryField('changeCursor', (t) =>
  t.string({
    nullable: true,
    description:
      'The cursor of now. Ask for it, then for what you show, then subscribe with it as `after`: whatever was changed in between is sent.',
    resolve: (_root, _args, { feed }) => feed.cursor(),
  }),
);
