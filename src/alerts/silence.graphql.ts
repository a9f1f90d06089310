/** Silences in the API: made with an end, listed, ended before it. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../access/idempotency.ts';
import { builder } from '../graphql/builder.ts';
import { reasonText } from '../graphql/fields.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import { AlertRef as Alert } from './alert.graphql.ts';
import { endSilence, silenceAlert } from './silences.ts';

const MOST_LISTED = 500;
const name = z.string().max(500, 'has at most 500 characters').nullish();

const Silence = builder.prismaObject('AlertSilence', {
  description:
    'Until it ends, the alerts that it covers are not announced. They are there to be seen; one that is still on at the end is announced then.',
  fields: (t) => ({
    silenceId: t.field({ type: 'UUID', description: 'Its key.', resolve: ({ id }) => id }),
    alert: t.relation('alert', {
      nullable: true,
      type: Alert,
      description: 'The one alert that it covers; null when it covers a rule.',
    }),
    rule: t.textOrNull('rule', 'The rule that it covers; null when it covers one alert.'),
    groupKey: t.textOrNull('groupKey', 'Of the rule’s many, the one that it covers; null: all of them.'),
    reason: t.text('reason', 'Why.'),
    createdBy: t.text('createdBy', 'Who made it.'),
    createdAt: t.at('createdAt', 'When.'),
    endsAt: t.at('endsAt', 'When it ends by itself.'),
    endedAt: t.atOrNull('endedAt', 'When somebody ended it before; null if nobody did.'),
    endedBy: t.textOrNull('endedBy', 'Who did; null if nobody.'),
  }),
});
builder.queryField('alertSilences', (t) =>
  t.prismaField({
    type: [Silence],
    nullable: { list: true, items: false },
    description: `Silences, the youngest first, those that have ended too; ${MOST_LISTED} at the most.`,
    resolve: (query, _root, _args, { prisma }) =>
      prisma.alertSilence.findMany({ ...query, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: MOST_LISTED }),
  }),
);

const SilenceInput = builder.inputType('SilenceAlertInput', {
  description: 'What is to be silent, until when, and why. Either one alert, or a rule.',
  fields: (t) => ({
    alertId: t.field({
      type: 'UUID',
      description: 'One alert, as long as it is on; the next of its kind is not silent.',
    }),
    rule: t.string({ description: 'All alerts of a rule, also those that go on later.', validate: name }),
    groupKey: t.string({ description: 'With `rule`: only those about this of the rule’s many.', validate: name }),
    until: t.field({
      type: 'DateTime',
      required: true,
      description: 'When the silence ends: 90 days from now at the latest.',
    }),
    reason: t.string({
      required: true,
      description: 'For those who wonder why nobody was told; 1 to 500 characters.',
      validate: reasonText.trim(),
    }),
    idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h makes no second silence.'),
  }),
});
const SilencePayload = builder.objectRef<{ silenceId: string; isReplay: boolean }>('SilenceAlertPayload').implement({
  description: 'It is silent.',
  fields: (t) => ({
    silence: t.changed(Silence, 'alertSilence', ({ silenceId }) => ({ id: silenceId }), 'The silence, with its alert.'),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: no other silence was made.'),
  }),
});
const EndInput = builder.inputType('EndSilenceInput', {
  description: 'A silence that is to end now.',
  fields: (t) => ({
    silenceId: t.uuid('The silence.'),
    reason: t.reason(),
  }),
});
const EndPayload = builder.objectRef<{ silenceId: string; isChanged: boolean }>('EndSilencePayload').implement({
  description: 'The silence has ended; what it covered and is still on is announced at the next look.',
  fields: (t) => ({
    silence: t.changed(
      Silence,
      'alertSilence',
      ({ silenceId }) => ({ id: silenceId }),
      'The silence, as it stands now.',
    ),
    isChanged: t.flag('isChanged', 'False if it had ended already.'),
  }),
});

builder.mutationFields((t) => ({
  silenceAlert: t.field({
    type: SilencePayload,
    nullable: true,
    description:
      'Keeps alerts from being announced until an instant: you know, and see to it. One that was announced before is not announced again after; that it is over is told all the same.',
    args: { input: t.arg({ type: SilenceInput, required: true, description: 'What, until when, and why.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => silenceAlert(ctx, { ...input, reason: input.reason.trim() }),
  }),
  endSilence: t.field({
    type: EndPayload,
    nullable: true,
    description: 'Ends a silence before its time.',
    args: { input: t.arg({ type: EndInput, required: true, description: 'Which silence.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => endSilence(ctx, input),
  }),
}));
