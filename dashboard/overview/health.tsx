/** The status in one sentence, then each condition that needs attention with its cures. */

import { CircleCheckBig, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { CureButton } from '../actions/action-button.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import { counted } from '../ui/words.ts';
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
  if (isLoading) return <div aria-hidden className="h-14 animate-pulse rounded-lg bg-raised" />;
  const known = problem === undefined ? data?.conditions : undefined;
  const conditions = data?.conditions ?? [];
  const isWell = known?.length === 0;
  const Icon = isWell ? CircleCheckBig : TriangleAlert;
  const tone = isWell ? 'text-good' : conditions[0]?.severity === 'CRITICAL' ? 'text-bad' : 'text-warn';
  return (
    <section aria-label="Is all well" className="grid gap-3">
      {problem !== undefined && !isPassing && <Notice tone="bad">{problem}</Notice>}
      <p role="status" className={`flex items-center gap-3 text-lg font-semibold ${tone}`}>
        <Icon aria-hidden className="size-6 shrink-0" />
        {verdictOf(known?.length, statistics)}
      </p>
      {(isWhole ? conditions : conditions.slice(0, FIRST)).map((condition) => (
        <Notice
          key={`${condition.code} ${condition.subject.key} ${condition.message}`}
          tone={condition.severity === 'CRITICAL' ? 'bad' : 'warn'}
          actions={
            <>
              {condition.cures.map((cure) => (
                <CureButton key={cure.label} cure={cure} />
              ))}
              <Link href={pageOf(condition)} className="self-center px-1 text-sm underline underline-offset-2">
                Details
              </Link>
            </>
          }
        >
          {condition.message} {condition.advice}
          {condition.startedAt !== null && (
            <span className="text-muted">
              {' Since '}
              <Time at={condition.startedAt} as="clock" />.
            </span>
          )}
        </Notice>
      ))}
      {!isWhole && conditions.length > FIRST && (
        <div>
          <Button isSmall kind="ghost" onClick={() => setWhole(true)}>
            {counted(conditions.length - FIRST, 'more', 'more')}
          </Button>
        </div>
      )}
    </section>
  );
}
