/** The rules of alerts in the API: what is watched, from when on somebody is told, and how it stands. */
import type { Builder } from '../graphql/builder.ts';
import { addEnum } from '../graphql/enums.ts';
import type { AlertRefs } from './alert.graphql.ts';
import { shownRules } from './alert-rules.ts';
import { type AlertRuleState, type AlertRuleView, loadRuleViews } from './rule-views.ts';

/** Adds `AlertRule` and `alertRules`. */
export function addAlertRules(builder: Builder, { AlertSeverity }: AlertRefs): void {
  const State = addEnum<AlertRuleState>(builder, 'AlertRuleState', 'How a rule stands.', {
    ok: 'No alert of it is on.',
    on: 'Alerts of it are on.',
    silenced: 'Alerts of it are on, and silences cover all of them.',
    unreadable: 'What it looks at could not be read at the last look.',
  });
  const Rule = builder.objectRef<AlertRuleView>('AlertRule').implement({
    description: 'A rule by which alerts go on and off.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name, for silences and filters.' }),
      description: t.exposeString('description', { description: 'What its alerts mean, and when they are over.' }),
      severity: t.expose('severity', { type: AlertSeverity, description: 'How urgent its alerts are.' }),
      looksAt: t.exposeString('looksAt', { description: 'Where it looks.' }),
      threshold: t.exposeString('threshold', {
        nullable: true,
        description: 'From when on an alert goes on, in words; null where there is nothing to measure.',
      }),
      settings: t.stringList({
        description: 'The settings of the server that it goes by.',
        resolve: ({ settings }) => [...settings],
      }),
      state: t.expose('state', { type: State, description: 'How it stands.' }),
      activeCount: t.exposeInt('activeCount', { description: 'How many alerts of it are on.' }),
      evaluatedAt: t.expose('evaluatedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When a node last looked; null if none has yet.',
      }),
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
}
