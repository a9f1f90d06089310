/** The status in one sentence, then what needs attention, the most severe first, each with its cure. */

import { CircleAlert, CircleCheckBig, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { CureButton } from '../actions/action-button.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import { ALERT_SEVERITY, counted } from '../ui/words.ts';
import { pageOf, type Statistics, verdictOf } from './overview.rules.ts';

const Conditions = graphql(`
  query Conditions {
    conditions {
      code severity message advice startedAt
      subject { kind key }
      cures { label mutation input }
    }
  }
`);

/** Few enough that the rest of the page stays visible. */
const FIRST = 4;

export function HealthBar({ statistics }: { readonly statistics: Statistics }) {
  const [isWhole, setWhole] = useState(false);
  const { data, problem, isPassing, isLoading } = useLiveQuery({
    query: Conditions,
    variables: {},
    on: ['CIRCUIT', 'SCHEDULE', 'ALERT', 'QUEUED_CREATION'],
    everyMs: 5_000,
    isPaused: !usePermission('conditions').isAllowed,
  });
  if (isLoading) return <div aria-hidden className="h-11 animate-pulse rounded-lg bg-raised" />;
  const known = problem === undefined ? data?.conditions : undefined;
  const conditions = data?.conditions ?? [];
  const isWell = known?.length === 0;
  const Icon = isWell ? CircleCheckBig : TriangleAlert;
  const tone = isWell ? 'text-good' : conditions[0]?.severity === 'CRITICAL' ? 'text-bad' : 'text-warn';
  return (
    <section aria-label="Is all well" className="rounded-lg border bg-panel">
      <p role="status" className={`flex items-center gap-2.5 px-4 py-2.5 font-semibold ${tone}`}>
        <Icon aria-hidden className="size-5 shrink-0" />
        {verdictOf(known?.length, statistics)}
      </p>
      {problem !== undefined && !isPassing && <Notice tone="bad">{problem}</Notice>}
      {conditions.length > 0 && (
        <ul className="divide-y border-t">
          {(isWhole ? conditions : conditions.slice(0, FIRST)).map((condition) => (
            <ConditionRow key={`${condition.code} ${condition.subject.key} ${condition.message}`} of={condition} />
          ))}
        </ul>
      )}
      {!isWhole && conditions.length > FIRST && (
        <div className="border-t px-2 py-1">
          <Button isSmall kind="ghost" onClick={() => setWhole(true)}>
            Show {counted(conditions.length - FIRST, 'more', 'more')}
          </Button>
        </div>
      )}
    </section>
  );
}

/** What is wrong and since when, what to do about it, and the first cure. */
function ConditionRow({
  of: condition,
}: {
  readonly of: NonNullable<ResultOf<typeof Conditions>['conditions']>[number];
}) {
  const { severity, message, advice, startedAt, cures } = condition;
  const [cure] = cures;
  const isCritical = severity === 'CRITICAL';
  const Icon = isCritical ? CircleAlert : TriangleAlert;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-2">
      <div className="flex min-w-0 flex-1 basis-72 gap-2.5">
        <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${isCritical ? 'text-bad' : 'text-warn'}`} />
        <div className="min-w-0 break-words">
          <p>
            <span className="sr-only">{ALERT_SEVERITY[severity].text}: </span>
            <span className="font-medium">{message}</span>
            {startedAt !== null && (
              <span className="ml-2 text-sm text-muted">
                <Time at={startedAt} />
              </span>
            )}
          </p>
          <p className="text-sm text-muted">{advice}</p>
        </div>
      </div>
      <div className="flex items-center gap-3 max-md:ml-6">
        {cure !== undefined && <CureButton cure={cure} />}
        <Link href={pageOf(condition)} className="text-sm text-accent hover:underline">
          Details
        </Link>
      </div>
    </li>
  );
}
