/** Is all well, in one glance and one sentence; what is not, with its cure beside it. */
import { CircleCheckBig, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../../access/viewer.tsx';
import { CureButton } from '../../actions/cure-button.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Prose } from '../../ui/prose.tsx';
import { counted } from '../../ui/words.ts';
import { type Statistics, troublesOf, verdictOf } from './health.rules.ts';

/** What only those see who are bound to no family. */
const Health = graphql(`
  query Health {
    simulator { fault changedBy }
    identityProvider { circuit { state reason openedAt openedBy } }
    jobSchedules { id name isPaused pause { reason by } }
    serverNodes { id state }
    alerts(first: 20, filter: { isOn: true }) {
      nodes {
        id alertId severity summary isSilenced notFoundAt subject { kind }
        explanation { blockers { message cure { label mutation input } } }
      }
    }
  }
`);
const Pauses = graphql(`
  query Pauses {
    queueControl { pauses { reason pausedBy family { familyId name } } }
  }
`);

/** So many that the rest of the page stays in sight. */
const FIRST = 4;

export function HealthBar({ statistics }: { readonly statistics: Statistics }) {
  const [isWhole, setWhole] = useState(false);
  const seesAll = usePermission('identityProvider').isAllowed;
  const health = useLiveQuery({
    query: Health,
    variables: {},
    on: ['CIRCUIT', 'SCHEDULE', 'ALERT'],
    everyMs: 10_000,
    isPaused: !seesAll,
  });
  const pauses = useLiveQuery({ query: Pauses, variables: {}, on: ['QUEUED_CREATION'], everyMs: 5_000 });
  const { data } = health;
  if ((seesAll && health.isLoading) || pauses.isLoading)
    return <div aria-hidden className="h-14 animate-pulse rounded-lg bg-raised" />;
  const troubles = troublesOf({
    simulator: data?.simulator,
    circuit: data?.identityProvider?.circuit,
    pauses: pauses.data?.queueControl?.pauses,
    alerts: data?.alerts?.nodes,
    jobs: data?.jobSchedules ?? [],
    runningNodes: data?.serverNodes?.filter(({ state }) => state === 'RUNNING').length,
    failedCount: statistics.failedCount,
  });
  const isKnown =
    pauses.data?.queueControl != null &&
    (!seesAll ||
      (health.problem === undefined &&
        data?.identityProvider != null &&
        data.alerts !== null &&
        data.jobSchedules !== null &&
        data.serverNodes !== null));
  const isWell = isKnown && troubles.length === 0;
  const Icon = isWell ? CircleCheckBig : TriangleAlert;
  return (
    <section aria-label="Is all well" className="grid gap-3">
      {health.problem !== undefined && !health.isPassing && <Notice tone="bad">{health.problem}</Notice>}
      <p
        role="status"
        className={`flex items-center gap-3 text-lg font-semibold ${isWell ? 'text-good' : troubles[0]?.tone === 'bad' ? 'text-bad' : 'text-warn'}`}
      >
        <Icon aria-hidden className="size-6 shrink-0" />
        {verdictOf(troubles, statistics, isKnown)}
      </p>
      {(isWhole ? troubles : troubles.slice(0, FIRST)).map(({ key, tone, text, cures, href }) => (
        <Notice
          key={key}
          tone={tone}
          actions={
            <>
              {cures.slice(0, 2).map((cure) => (
                <CureButton key={`${cure.mutation} ${cure.label} ${JSON.stringify(cure.input)}`} cure={cure} />
              ))}
              <Link href={href} className="self-center px-1 text-sm underline underline-offset-2">
                Look at it
              </Link>
            </>
          }
        >
          <Prose text={text} />
        </Notice>
      ))}
      {!isWhole && troubles.length > FIRST && (
        <div>
          <Button isSmall kind="ghost" onClick={() => setWhole(true)}>
            {counted(troubles.length - FIRST, 'more thing', 'more things')}
          </Button>
        </div>
      )}
    </section>
  );
}
