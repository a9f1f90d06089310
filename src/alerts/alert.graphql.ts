/** Alerts in the API: what is on and what was, the newest first, what is on before everything else. */

import { thresholdName } from '../config/alerts.ts';
import type { Alert, Prisma, PrismaClient } from '../database/generated/prisma/client.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import { type AnyBlocker, Blocker, Explanation } from '../diagnosis/cure.graphql.ts';
import type { Cure } from '../diagnosis/cure.ts';
import { type ChangeEvent, isAbout } from '../events/changes/change-events.ts';
import { registerInterest } from '../events/changes/change-stream.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, Change } from '../graphql/change-types.ts';
import { enumOf } from '../graphql/enums.ts';
import { type NumberQuery, newestFirstPage } from '../graphql/keyset-number.ts';
import { covers } from './alert.rules.ts';
import type { SubjectKind } from './alert-rule.ts';
import { RULE_NAMES, shownRules } from './alert-rules.ts';
import { type AlertRuleState, type AlertRuleView, loadRuleViews } from './rule-views.ts';
import { unknownRule } from './silences.ts';
import { loadSilencesTogether } from './stored-alerts.ts';

interface AlertFilter {
  readonly isOn?: boolean | null;
  readonly rule?: readonly string[] | null;
  readonly severity?: readonly AlertSeverity[] | null;
  readonly groupKey?: string | null;
}

const conditionOf = (filter: AlertFilter | null | undefined): Prisma.AlertWhereInput => ({
  isOn: filter?.isOn ?? undefined,
  rule: filter?.rule ? { in: [...filter.rule] } : undefined,
  severity: filter?.severity ? { in: [...filter.severity] } : undefined,
  groupKey: filter?.groupKey ?? undefined,
});

/** What is on stands before all that is over: as if its number were larger by so much. */
const ON = 1e12;
const placeOf = ({ isOn, number }: Pick<Alert, 'isOn' | 'number'>): number => Number(number) + (isOn ? ON : 0);

/** Those with a place below or above another one. */
function beyond(place: number, way: 'lt' | 'gt'): Prisma.AlertWhereInput {
  const isOn = place >= ON;
  const sameKind = { isOn, number: { [way]: BigInt(isOn ? place - ON : place) } };
  const otherKind = { isOn: way === 'gt' };
  return isOn === (way === 'gt') ? sameKind : { OR: [sameKind, otherKind] };
}

const between = ({ below, above }: NumberQuery): Prisma.AlertWhereInput => ({
  AND: [...(below === undefined ? [] : [beyond(below, 'lt')]), ...(above === undefined ? [] : [beyond(above, 'gt')])],
});

/** Throws NotFoundError for a rule that there is not, unless it once was one: its alerts are there to be asked for. */
async function requireRules(prisma: PrismaClient, asked: readonly string[]): Promise<void> {
  const strange = asked.filter((rule) => !RULE_NAMES.includes(rule));
  if (strange.length === 0) return;
  const former = await prisma.alert.findMany({
    where: { rule: { in: strange } },
    distinct: 'rule',
    select: { rule: true },
  });
  const unknown = strange.find((rule) => !former.some((alert) => alert.rule === rule));
  if (unknown !== undefined) throw unknownRule(unknown);
}

const AlertSeverityRef = enumOf<AlertSeverity>('AlertSeverity', 'How urgent an alert is.', {
  info: 'To be done some day soon.',
  warning: 'To be looked at today.',
  critical: 'To be looked at now: something does not go on.',
});
const Kind = enumOf<SubjectKind>('AlertSubjectKind', 'What an alert is about.', {
  failure_group: 'Failures by one cause; `key` is the group’s key, null for failures without a group.',
  queue: 'The queue.',
  identity_provider: 'An identity provider and its circuit; `key` is its name.',
  job: 'A job; `key` is its name.',
  node: 'A node; `key` is its `nodeId`.',
  outbox: 'The outbox; `key` is the `eventId` of an event, where it is about events that are parked.',
  webhook: 'A webhook; `key` is its `webhookId`.',
  encryption_key: 'A key of the key ring; `key` is its `keyId`.',
  api_token: 'An API token; `key` is its `apiTokenId`.',
  audit_trail: 'The audit trail.',
  database: 'The database.',
  alert_rule: 'A rule of alerts; `key` is its name.',
});
const Subject = builder.objectRef<{ kind: SubjectKind; key: string | null }>('AlertSubject').implement({
  description: 'What an alert is about, for a link.',
  fields: (t) => ({
    kind: t.expose('kind', { type: Kind, description: 'What it is.' }),
    key: t.textOrNull('key', 'Which one, as the API’s selectors take it; null where there is only one.'),
  }),
});
builder.objectRef<AnyBlocker>('AlertCause').implement({
  interfaces: [Blocker],
  description: 'What an alert is about, with what to do.',
});

export const AlertRef = builder.prismaNode('Alert', {
  id: { field: 'id' },
  nullable: true,
  description:
    'Something that needs somebody. It goes on once and off once, over all nodes and starts; more of the same makes its count grow.',
  fields: (t) => ({
    alertId: t.field({ type: 'UUID', description: 'The plain key.', resolve: ({ id }) => id }),
    rule: t.text('rule', 'The rule that it is by; see `alertRules`.'),
    groupKey: t.text(
      'groupKey',
      'Which of the rule’s many it is: a failure group, a job, a host. Empty where there is only one.',
    ),
    severity: t.expose('severity', { type: AlertSeverityRef, description: 'How urgent it is.' }),
    summary: t.text('summary', 'What is wrong, in a sentence; of one that is over, as it last was.'),
    count: t.count('count', 'How many it stands for, as of the last look; 1 at least.'),
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
    startedAt: t.at('startedAt', 'Since when it is so.'),
    raisedAt: t.at('raisedAt', 'When it went on.'),
    announcedAt: t.atOrNull(
      'announcedAt',
      'When others were told, by the event `AlertRaised` and the log; null while a silence keeps it back.',
    ),
    notFoundAt: t.atOrNull(
      'clearSince',
      'Since when it is not found any more; over once that has lasted for a minute. Null while it is found.',
    ),
    resolvedAt: t.atOrNull('resolvedAt', 'When it was over; null while it is on.'),
    explanation: t.field({
      type: Explanation,
      nullable: true,
      description: 'What is wrong and what to do about it; nothing stands in the way once it is over.',
      resolve: ({ summary, advice, cure, isOn }) => ({
        summary,
        blockers: isOn ? [{ kind: 'AlertCause', message: advice, cure: cure as unknown as Cure | null }] : [],
        nextChangeAt: null,
      }),
    }),
  }),
});

const Filter = builder.inputRef<AlertFilter>('AlertFilter').implement({
  description: 'Which alerts; all conditions that are given must hold.',
  fields: (t) => ({
    isOn: t.boolean({ description: 'True: those that are on; false: those that are over.' }),
    rule: t.stringList({ description: 'By one of these rules.' }),
    severity: t.field({ type: [AlertSeverityRef], description: 'With one of these severities.' }),
    groupKey: t.string({ description: 'About this of the rule’s many.' }),
  }),
});
builder.queryField('alerts', (t) =>
  t.connection(
    {
      type: AlertRef,
      nullable: true,
      description: 'What is on, the newest first, then what is over, the newest first.',
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

const State = enumOf<AlertRuleState>('AlertRuleState', 'How a rule stands.', {
  ok: 'No alert of it is on.',
  on: 'Alerts of it are on.',
  silenced: 'Alerts of it are on, and silences cover all of them.',
  unreadable: 'What it looks at could not be read at the last look.',
});
const Rule = builder.objectRef<AlertRuleView>('AlertRule').implement({
  description: 'A rule by which alerts go on and off.',
  fields: (t) => ({
    name: t.text('name', 'Its name, for silences and filters.'),
    description: t.text('description', 'What its alerts mean, and when they are over.'),
    severity: t.expose('severity', { type: AlertSeverityRef, description: 'How urgent its alerts are.' }),
    looksAt: t.text('looksAt', 'Where it looks.'),
    threshold: t.textOrNull(
      'threshold',
      'From when on an alert goes on, in words; null where there is nothing to measure.',
    ),
    thresholdName: t.string({
      nullable: true,
      description: 'The name of its threshold in ALERT_THRESHOLDS; null where none can be set.',
      resolve: ({ name }) => thresholdName(name),
    }),
    state: t.expose('state', { type: State, description: 'How it stands.' }),
    activeCount: t.count('activeCount', 'How many alerts of it are on.'),
    evaluatedAt: t.atOrNull('evaluatedAt', 'When a node last looked; null if none has yet.'),
  }),
});
builder.queryField('alertRules', (t) =>
  t.field({
    type: [Rule],
    nullable: { list: true, items: false },
    description: 'All rules of alerts, with how each stands.',
    resolve: (_root, _args, { config, reading }) => loadRuleViews(reading, shownRules(config.ALERT_THRESHOLDS)),
  }),
);

const AlertChange = builder.objectRef<ChangeEvent>('AlertChange').implement({
  description: 'An alert is on, grew, was silenced or announced, or is over.',
  interfaces: [Change],
  isTypeOf: isAbout('alert'),
  fields: (t) => ({
    alertId: t.field({ type: 'UUID', description: 'Which alert.', resolve: ({ key }) => key }),
    alert: t.prismaField({
      type: AlertRef,
      nullable: true,
      description: 'The alert as it stands when the change is told; null when it was removed.',
      resolve: (query, { key, together }, _args, { prisma }) =>
        together.objectOf('alert', JSON.stringify(query), key, async (keys) => {
          const rows = await prisma.alert.findMany({ ...query, where: { id: { in: [...keys] } } });
          return new Map(rows.map((row) => [row.id, row]));
        }),
    }),
  }),
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
