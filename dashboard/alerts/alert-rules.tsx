/** The alert rules: threshold, severity and current state. */

import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Empty, Loaded } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time, useNow } from '../ui/time.tsx';
import { ALERT_RULE_STATE, ALERT_SEVERITY, count } from '../ui/words.ts';
import { silenceOfRule } from './alert.rules.ts';
import { endSilence, silenceAlert } from './alert-actions.ts';
import { type Rule, RulesQuery, type Silence, useSilences } from './alert-documents.ts';

/** Finds the silence of a whole rule; silences of single alerts are ended on the alert itself. */
type SilenceBy = (rule: string) => Silence | undefined;

const columns = (silenceBy: SilenceBy, onDone: () => void): readonly Column<Rule>[] => [
  {
    name: 'Rule',
    cell: ({ title, description }) => (
      <div className="min-w-0 max-md:text-left md:min-w-96">
        <p className="font-medium">{title}</p>
        <p className="text-sm text-muted">{description}</p>
      </div>
    ),
  },
  {
    name: 'State',
    cell: ({ name, state, activeCount, evaluatedAt }) => (
      <div>
        <p className="inline-flex items-center gap-2 whitespace-nowrap">
          <Status of={ALERT_RULE_STATE[state]} />
          {activeCount > 0 && (
            <Link href={`/alerts?tab=history&on=true&rule=${name}`} className="text-accent hover:underline">
              {count(activeCount)} on
            </Link>
          )}
        </p>
        {state === 'UNREADABLE' && (
          <p className="text-sm text-muted">
            Last check <Time at={evaluatedAt} />
          </p>
        )}
        <Silenced state={state} activeCount={activeCount} by={silenceBy(name)} />
      </div>
    ),
  },
  { name: 'Severity', cell: ({ severity }) => ALERT_SEVERITY[severity].text },
  {
    name: 'Threshold',
    cell: ({ threshold, thresholdName }) => (
      <div className="min-w-0 md:min-w-48">
        <p>{threshold ?? <span className="text-muted">At once</span>}</p>
        {thresholdName !== null && <Code>{thresholdName}</Code>}
      </div>
    ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ name, title }) => {
      const silence = silenceBy(name);
      const shared = { subject: title, onDone };
      return silence === undefined ? (
        <ActionButton {...shared} action={silenceAlert} input={{ rule: name }} label="Silence the rule" />
      ) : (
        <ActionButton {...shared} action={endSilence} input={{ silenceId: silence.silenceId }} />
      );
    },
  },
];

interface SilencedProps extends Pick<Rule, 'state' | 'activeCount'> {
  readonly by: Silence | undefined;
}

/** Says whether the whole rule is silenced, or only its active alerts. */
function Silenced({ state, activeCount, by }: SilencedProps) {
  if (by === undefined && state !== 'SILENCED') return null;
  return (
    <p className="text-sm text-muted">
      {by === undefined ? (
        `${activeCount === 1 ? 'That alert is' : 'Those alerts are'}, and not the rule`
      ) : (
        <>
          The rule is silenced until <Time at={by.endsAt} as="clock" />
        </>
      )}
    </p>
  );
}

export function Rules() {
  const result = useLiveQuery({
    query: RulesQuery,
    variables: {},
    on: ['ALERT'],
    everyMs: 10_000,
    isPaused: !usePermission('alertRules').isAllowed,
  });
  const silences = useSilences();
  const now = useNow(5_000);
  const silenceBy: SilenceBy = (rule) => silenceOfRule(rule, silences.data?.alertSilences ?? [], now);
  const refresh = (): void => {
    result.refresh();
    silences.refresh();
  };
  return (
    <Card title="Rules" hint="Evaluated every few seconds. ALERT_THRESHOLDS changes a threshold by its name." isFlush>
      <Loaded result={result} height={32}>
        {({ alertRules }) => (
          <Table
            label="Rules"
            columns={columns(silenceBy, refresh)}
            rows={alertRules ?? []}
            keyOf={({ name }) => name}
            empty={<Empty title="This server has no rules." />}
          />
        )}
      </Loaded>
    </Card>
  );
}
