/**
 * Explanations in the API, as every slice gives them: why something is not moving, what stands in
 * its way, and which mutation helps. A slice adds its own kinds of blocker and its field.
 */
import type { BlockerOf, Cure, ExplanationOf } from '../work/explanation.ts';
import { builder } from './builder.ts';

export type AnyBlocker = BlockerOf<string>;

export const CureRef = builder.objectRef<Cure>('Cure').implement({
  description: 'What an operator can do about something that is wrong: one mutation.',
  fields: (t) => ({
    label: t.text('label', 'What it does, for a button.'),
    mutation: t.text('mutation', 'The mutation’s name.'),
    input: t.field({
      type: 'JSON',
      description: 'The mutation’s input. A `password` that is null in it must be filled in.',
      resolve: ({ input }) => input,
    }),
  }),
});
export const Blocker = builder.interfaceRef<AnyBlocker>('Blocker').implement({
  description: 'Something that stands in the way.',
  fields: (t) => ({
    message: t.text('message', 'What it is, for people.'),
    cure: t.field({
      type: CureRef,
      nullable: true,
      description: 'What can be done about it; null when no mutation helps.',
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
  description: 'Why something is not moving.',
  fields: (t) => ({
    summary: t.text('summary', 'In a sentence or two, for people.'),
    blockers: t.field({
      type: [Blocker],
      description: 'Everything that stands in the way; empty when nothing does.',
      resolve: ({ blockers }) => [...blockers],
    }),
    nextChangeAt: t.atOrNull(
      'nextChangeAt',
      'When something next changes by itself; null when nothing will, or it may at any moment.',
    ),
  }),
});
