/** The cursor of now: for a page that loads what it shows, and then goes on from there. */
import type { Builder } from '../../graphql/builder.ts';

/** Adds `changeCursor`. */
export function addChangeCursor(builder: Builder): void {
  builder.queryField('changeCursor', (t) =>
    t.string({
      nullable: true,
      description:
        'The cursor of now. Ask for it, then for what you show, then subscribe with it as `after`: whatever was changed in between is sent.',
      resolve: (_root, _args, { feed }) => feed.cursor(),
    }),
  );
}
