/** What happened to a watched object; every subscription's events have it. */
import type { Builder } from './builder.ts';

export function addChangeKind(builder: Builder) {
  return builder.enumType('ChangeKind', {
    description: 'What happened to the object.',
    values: {
      CREATED: { description: 'It is new.' },
      UPDATED: { description: 'It changed.' },
      REMOVED: { description: 'It is gone.' },
    } as const,
  });
}

export type ChangeKindRef = ReturnType<typeof addChangeKind>;
