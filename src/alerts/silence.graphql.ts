/** Silences in the API: creates, lists and ends them. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../access/idempotency.ts';
import { titleOf } from '../diagnosis/conditions.ts';
import { builder } from '../graphql/builder.ts';
import { reasonText } from '../graphql/fields.ts';
import { mutation } from '../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../refusals.ts';
import { AlertRef as Alert } from './alert.graphql.ts';
import { endSilence, silenceAlert } from './silences.ts';

const MOST_LISTED = 500;
const name = z.string().max(500, 'has at most 500 characters').nullish();

const Silence = builder.prismaObject('AlertSilence', {
  description:
    'Until it ends, the alerts that it covers are not announced. They stay visible; one that is still on at the end is announced then.',
  fields: (t) => ({
    silenceId: t.key('id', 'The plain key.'),
    alert: t.relation('alert', {
      nullable: true,
      type: Alert,
      description: 'The one alert that it covers; null when it covers a rule.',
    }),
    rule: t.textOrNull('rule', 'The rule that it covers; null when it covers one alert.'),
    title: t.string({
      nullable: true,
      description: 'The rule’s title; null when it covers one alert.',
      resolve: ({ rule }) => (rule === null ? null : titleOf(rule)),
    }),
    groupKey: t.textOrNull('groupKey', 'The one group of the rule that it covers; null: all of them.'),
    reason: t.text('reason', 'Why the alert is silenced.'),
    createdBy: t.text('createdBy', 'Who created it.'),
    createdAt: t.at('createdAt', 'When it was created.'),
    endsAt: t.at('endsAt', 'When it ends automatically.'),
    endedAt: t.atOrNull('endedAt', 'When someone ended it early; null if no one did.'),
    endedBy: t.textOrNull('endedBy', 'Who ended it early; null if no one did.'),
  }),
});
builder.queryField('alertSilences', (t) =>
  t.prismaField({
    type: [Silence],
    nullable: { list: true, items: false },
    description: `Silences, newest first, including those that have ended; at most ${MOST_LISTED}.`,
    resolve: (query, _root, _args, { prisma }) =>
      prisma.alertSilence.findMany({ ...query, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: MOST_LISTED }),
  }),
);

mutation('silenceAlert', {
  description:
    'Stops alerts from being announced for a time, while someone works on them. An alert that was announced before is not announced again afterwards; its end is always announced.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'What to silence, until when, and why: either one alert or a rule.',
    fields: (t) => ({
      alertId: t.optionalUuid('One alert, as long as it is on; the next one of its kind is not silenced.'),
      rule: t.string({ description: 'All alerts of a rule, including those that are raised later.', validate: name }),
      groupKey: t.string({ description: 'With `rule`: only those of this group.', validate: name }),
      until: t.field({
        type: 'DateTime',
        required: true,
        description: 'When the silence ends; at most 90 days from now.',
      }),
      reason: t.string({
        required: true,
        description: 'Why no one is to be notified; 1 to 500 characters.',
        validate: reasonText.trim(),
      }),
      idempotencyKey: t.idempotencyKey(
        '1 to 200 characters. The same key again within 24 h creates no second silence.',
      ),
    }),
  },
  resolve: (ctx, input) => silenceAlert(ctx, { ...input, reason: input.reason.trim() }),
  payload: {
    description: 'The silence is in force.',
    fields: (t) => ({
      silence: t.changed(
        Silence,
        'alertSilence',
        ({ silenceId }) => ({ id: silenceId }),
        'The silence, with its alert.',
      ),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before: no other silence was created.'),
    }),
  },
});

mutation('endSilence', {
  description: 'Ends a silence early.',
  refusals: [NotFoundError],
  input: {
    description: 'The silence to end.',
    fields: (t) => ({ silenceId: t.uuid('The silence.'), reason: t.reason() }),
  },
  resolve: (ctx, input) => endSilence(ctx, input),
  payload: {
    description: 'The silence has ended; alerts that it covered and that are still on are announced within seconds.',
    fields: (t) => ({
      silence: t.changed(Silence, 'alertSilence', ({ silenceId }) => ({ id: silenceId }), 'The silence as it is now.'),
      isChanged: t.flag('isChanged', 'False if it had already ended.'),
    }),
  },
});
