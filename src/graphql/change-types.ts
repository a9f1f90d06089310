/** The fields of every subscription’s events: the cursor, what happened and when. */
import { builder } from './builder.ts';

export interface Changed {
  readonly cursor: string;
  readonly kind: 'CREATED' | 'UPDATED' | 'REMOVED';
  readonly at: Date;
}

const Kind = builder.enumType('ChangeKind', {
  description: 'What happened to the object.',
  values: {
    CREATED: { description: 'It is new; by now it may have changed again.' },
    UPDATED: { description: 'It changed.' },
    REMOVED: { description: 'It is gone.' },
  } as const,
});
export const Change = builder.interfaceRef<Changed>('Change').implement({
  description:
    'A change, on any node, by the API, the workers or SQL. The event’s object shows the state when the event is sent.',
  fields: (t) => ({
    cursor: t.text(
      'cursor',
      'Its position among all changes; opaque. Pass the last one that you received as `after`, on any node, to miss nothing.',
    ),
    kind: t.expose('kind', { type: Kind, description: 'What happened.' }),
    at: t.at('at', 'When it happened, by the database’s clock.'),
  }),
});
/** The description of the argument `after`, which every subscription has. */
export const AFTER =
  'The cursor of the last change that you know: later changes are sent first, then new ones. Left out: from now on.';
