/** The rules by which alerts go on and off: from when on, by which settings, and how each stands. */
import { Link } from 'wouter';
import { usePermission } from '../../access/viewer.tsx';
import { ActionButton } from '../../actions/action-button.tsx';
import { silenceAlert } from '../../actions/alert-actions.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Status } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Code } from '../../ui/copy.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty } from '../../ui/notice.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';
import { ALERT_RULE_STATE, ALERT_SEVERITY, count } from '../../ui/words.ts';
import { ruleWords } from './alert.rules.ts';
import { type Rule, RulesQuery } from './alert-documents.ts';

const columns = (onDone: () => void): readonly Column<Rule>[] => [
  {
    name: 'Rule',
    cell: ({ name, description }) => (
      <div className="max-w-prose min-w-0 max-md:text-left md:min-w-72">
        <p className="font-medium">{ruleWords(name)}</p>
        <p className="text-sm text-muted">{description}</p>
      </div>
    ),
  },
  {
    name: 'State',
    cell: ({ name, state, activeCount }) => (
      <span className="inline-flex items-center gap-2 whitespace-nowrap">
        <Status of={ALERT_RULE_STATE[state]} />
        {activeCount > 0 && (
          <Link href={`/alerts?tab=history&on=true&rule=${name}`} className="text-accent hover:underline">
            {count(activeCount)} on
          </Link>
        )}
      </span>
    ),
  },
  { name: 'Severity', cell: ({ severity }) => ALERT_SEVERITY[severity].text },
  {
    name: 'From when on',
    cell: ({ threshold, settings }) => (
      <div className="min-w-0 md:min-w-48">
        <p>{threshold ?? <span className="text-muted">At once</span>}</p>
        <p className="flex flex-wrap gap-1 max-md:justify-end">
          {settings.map((setting) => (
            <Code key={setting}>{setting}</Code>
          ))}
        </p>
      </div>
    ),
  },
  { name: 'Last look', cell: ({ evaluatedAt }) => <Time at={evaluatedAt} /> },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ name }) => (
      <ActionButton action={silenceAlert} input={{ rule: name }} subject={ruleWords(name)} onDone={onDone} />
    ),
  },
];

export function Rules() {
  const result = useLiveQuery({
    query: RulesQuery,
    variables: {},
    on: ['ALERT'],
    everyMs: 10_000,
    isPaused: !usePermission('alertRules').isAllowed,
  });
  return (
    <Card title="Rules" hint="They are there from the start, and are set by the server’s settings." isFlush>
      <Loaded result={result} height={32}>
        {({ alertRules }) => (
          <Table
            label="Rules"
            columns={columns(result.refresh)}
            rows={alertRules ?? []}
            keyOf={({ name }) => name}
            empty={<Empty title="This server has no rules." />}
          />
        )}
      </Loaded>
    </Card>
  );
}
