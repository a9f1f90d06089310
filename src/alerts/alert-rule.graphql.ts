import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { AlertSeverityRef as AlertSeverity } from './alert.graphql.ts';
import { shownRules } from './alert-rules.ts';
import { type AlertRuleState, type AlertRuleView, loadRuleViews } from './rule-views.ts';

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
    severity: t.expose('severity', { type: AlertSeverity, description: 'How urgent its alerts are.' }),
    looksAt: t.text('looksAt', 'Where it looks.'),
    threshold: t.textOrNull(
      'threshold',
      'From when on an alert goes on, in words; null where there is nothing to measure.',
    ),
    settings: t.stringList({
      description: 'The settings of the server that it goes by.',
      resolve: ({ settings }) => [...settings],
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
    resolve: (_root, _args, { config, reading }) => loadRuleViews(reading, shownRules(config)),
  }),
);
