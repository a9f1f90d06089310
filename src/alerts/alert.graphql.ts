/** Alerts in the API: those that are on first, then those that are over, newest first. */

import { thresholdName } from '../config/alerts.ts';
import type { Alert, Prisma, PrismaClient } from '../database/generated/prisma/client.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { SubjectKind } from '../diagnosis/condition.ts';
import { isAlertCode, titleOf } from '../diagnosis/conditions.ts';
import { type AnyBlocker, Blocker, Explanation } from '../diagnosis/cure.graphql.ts';
import type { Cure } from '../diagnosis/cure.ts';
import { registerInterest } from '../events/changes/change-stream.ts';
import { changeType } from '../events/changes/change-type.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER } from '../graphql/change-types.ts';
import { enumOf } from '../graphql/enums.ts';
import { type NumberQuery, newestFirstPage } from '../graphql/keyset-number.ts';
import { covers } from './alert.rules.ts';
import { type AlertRuleState, type AlertRuleView, loadRuleViews } from './rule-views.ts';
import { unknownRule } from './silences.ts';
import { loadSilencesTogether } from './stored-alerts.ts';

type AlertFilter = typeof Filter.$inferInput;

const conditionOf = (filter: AlertFilter | null | undefined): Prisma.AlertWhereInput => ({
  isOn: filter?.isOn ?? undefined,
  rule: filter?.rule ? { in: [...filter.rule] } : undefined,
  severity: filter?.severity ? { in: [...filter.severity] } : undefined,
  groupKey: filter?.groupKey ?? undefined,
});

/** Added to the numbers of alerts that are on, so that they sort before all that are over. */
const ON = 1e12;
const placeOf = ({ isOn, number }: Pick<Alert, 'isOn' | 'number'>): number => Number(number) + (isOn ? ON : 0);

/** Selects the alerts below or above a place. */
function beyond(place: number, way: 'lt' | 'gt'): Prisma.AlertWhereInput {
  const isOn = place >= ON;
  const sameKind = { isOn, number: { [way]: BigInt(isOn ? place - ON : place) } };
  const otherKind = { isOn: way === 'gt' };
  return isOn === (way === 'gt') ? sameKind : { OR: [sameKind, otherKind] };
}

const between = ({ below, above }: NumberQuery): Prisma.AlertWhereInput => ({
  AND: [...(below === undefined ? [] : [beyond(below, 'lt')]), ...(above === undefined ? [] : [beyond(above, 'gt')])],
});

/** Throws NotFoundError for an unknown rule, unless alerts of it are stored: an earlier version may have had it. */
async function requireRules(prisma: PrismaClient, asked: readonly string[]): Promise<void> {
  const strange = asked.filter((rule) => !isAlertCode(rule));
  if (strange.length === 0) return;
  const former = await prisma.alert.findMany({
    where: { rule: { in: strange } },
    distinct: 'rule',
    select: { rule: true },
  });
  const unknown = strange.find((rule) => !former.some((alert) => alert.rule === rule));
  if (unknown !== undefined) throw unknownRule(unknown);
}

export const AlertSeverityRef = enumOf<AlertSeverity>('AlertSeverity', 'How urgent an alert is.', {
  info: 'Act within days.',
  warning: 'Act today.',
  critical: 'Act now: something has stopped.',
});
const Kind = enumOf<SubjectKind>('AlertSubjectKind', 'What an alert is about.', {
  failure_group: 'Failures with one cause; `key` is the group’s key, null for failures without a group.',
  queue: 'The queue.',
  identity_provider: 'An identity provider and its circuit; `key` is its name.',
  job: 'A job; `key` is its name.',
  node: 'A node; `key` is its `nodeId`.',
  outbox: 'The outbox; `key` is the `eventId` of the oldest parked event, else null.',
  webhook: 'A webhook; `key` is its `webhookId`.',
  encryption_key: 'A key of the key ring; `key` is its `keyId`.',
  api_token: 'An API token; `key` is its `apiTokenId`.',
  database: 'The database.',
  alert_rule: 'An alert rule; `key` is its name.',
});
export const Subject = builder.objectRef<{ kind: SubjectKind; key: string | null }>('AlertSubject').implement({
  description: 'What an alert or condition is about, for a link.',
  fields: (t) => ({
    kind: t.expose('kind', { type: Kind, description: 'What kind of thing it is.' }),
    key: t.textOrNull('key', 'Which one, as arguments of the API take it; null where there is only one.'),
  }),
});
builder.objectRef<AnyBlocker>('AlertCause').implement({
  interfaces: [Blocker],
  description: 'What an alert is about, and what to do about it.',
});

export const AlertRef = builder.prismaNode('Alert', {
  id: { field: 'id' },
  nullable: true,
  description:
    'A condition that needs attention. It is raised once and resolved once, across all nodes and restarts; more of the same increases its count.',
  fields: (t) => ({
    alertId: t.key('id', 'The plain key.'),
    rule: t.text('rule', 'The code of its rule; see `alertRules`.'),
    title: t.string({ description: 'Its rule’s title.', resolve: ({ rule }) => titleOf(rule) }),
    groupKey: t.text(
      'groupKey',
      'Which of the rule’s alerts it is: a failure group, a job, a host. Empty where there is only one.',
    ),
    severity: t.expose('severity', { type: AlertSeverityRef, description: 'How urgent it is.' }),
    summary: t.text('summary', 'What is wrong, in a sentence; once it is over, what was last found.'),
    count: t.count('count', 'How many it stands for, as of the last evaluation; at least 1.'),
    subject: t.field({
      type: Subject,
      description: 'What it is about.',
      resolve: ({ subjectKind, subjectKey }) => ({ kind: subjectKind as SubjectKind, key: subjectKey }),
    }),
    isOn: t.flag('isOn', 'True until it is over.'),
    isSilenced: t.boolean({
      description: 'True while it is on and a silence covers it.',
      resolve: async (alert, _args, { reading }) =>
        alert.isOn && (await loadSilencesTogether(reading)).some((silence) => covers(silence, alert)),
    }),
    startedAt: t.at('startedAt', 'When the problem began.'),
    raisedAt: t.at('raisedAt', 'When it was found.'),
    announcedAt: t.atOrNull(
      'announcedAt',
      'When it was announced, by the event `AlertRaised` and the log; null while a silence holds it back.',
    ),
    notFoundAt: t.atOrNull(
      'clearSince',
      'Since when it is no longer found; it is resolved once that has lasted for a minute. Null while it is found.',
    ),
    resolvedAt: t.atOrNull('resolvedAt', 'When it ended; null while it is on.'),
    explanation: t.field({
      type: Explanation,
      nullable: true,
      description: 'What is wrong and what to do about it; without blockers once it is over.',
      resolve: ({ rule: code, subjectKey: subject, summary, advice: message, cure: stored, isOn }) => {
        const cure = stored as unknown as Cure | null;
        return {
          summary,
          blockers: isOn ? [{ kind: 'AlertCause', code, subject, message, cure }] : [],
          nextChangeAt: null,
        };
      },
    }),
  }),
});

const Filter = builder.inputType('AlertFilter', {
  description: 'Which alerts; all given conditions must hold.',
  fields: (t) => ({
    isOn: t.boolean({ description: 'True: those that are on; false: those that are over.' }),
    rule: t.stringList({ description: 'By one of these rules.' }),
    severity: t.field({ type: [AlertSeverityRef], description: 'With one of these severities.' }),
    groupKey: t.string({ description: 'With this group of the rule.' }),
  }),
});
builder.queryField('alerts', (t) =>
  t.connection(
    {
      type: AlertRef,
      nullable: true,
      description: 'Alerts that are on, newest first, then those that are over, newest first.',
      args: { filter: t.arg({ type: Filter, description: 'Which; left out: all.' }) },
      async resolve(_root, args, { prisma }) {
        await requireRules(prisma, args.filter?.rule ?? []);
        const where = conditionOf(args.filter);
        const page = await newestFirstPage<Alert>(args, placeOf, (query) =>
          prisma.alert.findMany({
            where: { AND: [where, between(query)] },
            orderBy: [{ isOn: query.direction }, { number: query.direction }],
            take: query.take,
          }),
        );
        return { ...page, totalCount: () => prisma.alert.count({ where }) };
      },
    },
    { name: 'AlertConnection' },
    { name: 'AlertEdge' },
  ),
);

const State = enumOf<AlertRuleState>('AlertRuleState', 'The status of an alert rule.', {
  ok: 'No alert of it is on.',
  on: 'Alerts of it are on.',
  silenced: 'Alerts of it are on, and silences cover all of them.',
  unreadable: 'It could not be evaluated the last time.',
});
const Rule = builder.objectRef<AlertRuleView>('AlertRule').implement({
  description: 'An alert rule: raises an alert while its condition holds.',
  fields: (t) => ({
    name: t.text('name', 'Its code, for silences and filters.'),
    title: t.text('title', 'Its title, for people.'),
    description: t.text('description', 'What its alerts mean, and when they end.'),
    severity: t.expose('severity', { type: AlertSeverityRef, description: 'How urgent its alerts are.' }),
    looksAt: t.text('looksAt', 'What the rule checks.'),
    threshold: t.textOrNull('threshold', 'When it raises an alert, in words; null: at once.'),
    thresholdName: t.string({
      nullable: true,
      description: 'The name of its threshold in ALERT_THRESHOLDS; null where none can be set.',
      resolve: ({ name }) => thresholdName(name),
    }),
    state: t.expose('state', { type: State, description: 'Its status.' }),
    activeCount: t.count('activeCount', 'How many alerts of it are on.'),
    evaluatedAt: t.atOrNull('evaluatedAt', 'When a node last evaluated the rules; null if none has yet.'),
  }),
});
builder.queryField('alertRules', (t) =>
  t.field({
    type: [Rule],
    nullable: { list: true, items: false },
    description: 'All alert rules with their status.',
    resolve: (_root, _args, { config, reading }) => loadRuleViews(reading, config.ALERT_THRESHOLDS),
  }),
);

const AlertChange = changeType({
  topic: 'alert',
  name: 'AlertChange',
  description: 'An alert was raised, grew, was silenced or announced, or ended.',
  key: { field: 'alertId', description: 'The alert that changed.' },
  object: {
    field: 'alert',
    type: AlertRef,
    model: 'alert',
    description: 'The alert as it is when the change is sent; null when it was removed.',
  },
});
builder.subscriptionFields((t) => ({
  alertChanged: t.field({
    type: AlertChange,
    nullable: true,
    description: 'Each change of an alert, once and in order.',
    args: { after: t.arg.string({ description: AFTER }) },
    subscribe: (_root, { after }, { feed }) => feed.subscribe({ topic: 'alert' }, after),
    resolve: (change) => change,
  }),
}));
registerInterest('alert', () => ({ topic: 'alert' }));
