/** The query `conditions` of the API: everything that needs attention now. */
import { titleOf } from '../diagnosis/conditions.ts';
import { CureRef } from '../diagnosis/cure.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { AlertSeverityRef, Subject } from './alert.graphql.ts';
import { type Attention, loadAttention } from './attention.ts';

const Condition = builder.objectRef<Attention>('Condition').implement({
  description: 'Something that needs attention now.',
  fields: (t) => ({
    code: t.text('code', 'Its code, for scripts; of an alert, its rule.'),
    title: t.string({ description: 'Its title.', resolve: ({ code }) => titleOf(code) }),
    severity: t.expose('severity', { type: AlertSeverityRef, description: 'How urgent it is.' }),
    message: t.text('message', 'What is wrong, in a sentence.'),
    advice: t.text('advice', 'What to do about it.'),
    startedAt: t.atOrNull('startedAt', 'Since when; null if that is not known.'),
    subject: t.expose('subject', { type: Subject, description: 'What it is about.' }),
    cures: t.list('cures', CureRef, 'The mutations that help, the best first; empty when none does.'),
  }),
});
builder.queryField('conditions', (t) =>
  t.field({
    type: [Condition],
    nullable: { list: true, items: false },
    description:
      'What needs attention now, the most severe first: alerts that are not silenced, and what raises an alert only after a while or never, such as an open circuit or a pause.',
    resolve: (_root, _args, ctx) => loadAttention(ctx),
  }),
);
