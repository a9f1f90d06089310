/**
 * The types for explanations in the API: why something makes no progress, what blocks it, and which mutation
 * helps. Each slice adds its own kinds of blocker and its field.
 */
import { builder } from '../graphql/builder.ts';
import type { BlockerOf, Cure, ExplanationOf } from './cure.ts';

export type AnyBlocker = BlockerOf<string>;

const screamingSnake = (kind: string): string => kind.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

export const CureRef = builder.objectRef<Cure>('Cure').implement({
  description: 'What an operator can do about a problem: one mutation.',
  fields: (t) => ({
    label: t.text('label', 'What it does, for a button.'),
    mutation: t.text('mutation', 'The mutation’s name.'),
    input: t.field({
      type: 'JSON',
      description: 'The mutation’s input. Fill in a `password` that is null in it.',
      resolve: ({ input }) => input,
    }),
  }),
});
export const Blocker = builder.interfaceRef<AnyBlocker>('Blocker').implement({
  description: 'Something that blocks progress.',
  fields: (t) => ({
    code: t.string({
      description: 'The code of the failure or condition, for scripts.',
      resolve: ({ code, kind }) => code ?? screamingSnake(kind),
    }),
    message: t.text('message', 'What it is, for people, without instants: `at` is one.'),
    at: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ends, or may end; null when that is not known.',
      resolve: ({ at }) => at ?? null,
    }),
    subject: t.string({
      nullable: true,
      description: 'Which one: the name or key of what it is about; null where there is only one.',
      resolve: ({ subject }) => subject ?? null,
    }),
    cure: t.field({
      type: CureRef,
      nullable: true,
      description: 'What an operator can do about it; null when no mutation helps.',
      resolve: ({ cure }) => cure,
    }),
  }),
  resolveType: ({ kind }) => kind,
});
builder.objectRef<AnyBlocker>('NoLiveNode').implement({
  interfaces: [Blocker],
  description: 'No node is running that could do it.',
});
export const Explanation = builder.objectRef<ExplanationOf<AnyBlocker>>('Explanation').implement({
  description: 'Why something makes no progress.',
  fields: (t) => ({
    summary: t.text('summary', 'In a sentence or two, for people.'),
    blockers: t.list('blockers', Blocker, 'Everything that blocks progress; empty when nothing does.'),
    nextChangeAt: t.atOrNull(
      'nextChangeAt',
      'When something next changes automatically; null when nothing will, or it may at any moment.',
    ),
  }),
});
