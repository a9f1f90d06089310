/** One run: why it started, its counts, its log, and how it ended. */

import { Play } from 'lucide-react';
import { useLocation } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Permitted } from '../shell/page-fault.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Card, Facts, Figure } from '../ui/card.tsx';
import { Copied } from '../ui/copy.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { isUuid } from '../ui/text.rules.ts';
import { Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { count, FIRE_OUTCOME, RUN_STATUS, RUN_TRIGGER } from '../ui/words.ts';
import { capital, wordsOf } from './fire.rules.ts';
import { runJobNow } from './job-actions.ts';
import { countsText, InterruptButton, RunLog, RunProgress } from './run-progress.tsx';
import { RunningFields } from './schedule-facts.tsx';

const OneRun = graphql(
  `
  query OneRun($runId: UUID!) {
    jobRun(runId: $runId) {
      id ...RunningFields
      reason scheduledFor outcome finishedAt duration errorMessage
      node { id name }
      job { id timeZone }
      logLines(first: 500) { at level message fields }
    }
  }
`,
  [RunningFields],
);
type Run = NonNullable<ResultOf<typeof OneRun>['jobRun']>;

const WITHIN = [['Runs', '/runs']] as const;

export default function RunPage({ params: { runId = '' } }: { readonly params: { readonly runId?: string } }) {
  return (
    <Permitted title="Run" needs="jobRun">
      {isUuid(runId) ? <Found key={runId} runId={runId} /> : <NoRun />}
    </Permitted>
  );
}

const NoRun = () => (
  <Page title="Run" within={WITHIN}>
    <Empty title="There is no run with this id." actions={<ButtonLink href="/runs">To the runs</ButtonLink>}>
      Runs are deleted after their retention period; the ledger keeps the outcome of each fire longer.
    </Empty>
  </Page>
);

function Found({ runId }: { readonly runId: string }) {
  const result = useLiveQuery({
    query: OneRun,
    variables: { runId },
    on: ['JOB_RUN'],
    isAbout: ({ JOB_RUN }) => JOB_RUN?.keys.has(runId) === true,
    isPaused: !usePermission('jobRun').isAllowed,
  });
  const run = result.data?.jobRun ?? undefined;
  if (result.data?.jobRun === null && result.problem === undefined) return <NoRun />;
  return (
    <Page
      title={run?.job.name ?? 'Run'}
      within={run === undefined ? WITHIN : [...WITHIN, [run.job.name, `/schedules/${run.job.name}`]]}
      badge={run !== undefined && <Status of={RUN_STATUS[run.status]} />}
      description={run === undefined ? undefined : <Beginning of={run} />}
      actions={run !== undefined && <Doing run={run} />}
    >
      <Loaded result={result} height={32}>
        {() => run !== undefined && <Parts run={run} />}
      </Loaded>
    </Page>
  );
}

const Beginning = ({ of: { trigger, actor, startedAt, job, reason } }: { readonly of: Run }) => (
  <>
    {RUN_TRIGGER[trigger]}
    {actor !== null && ` by ${actor}`}, <Time at={startedAt} jobZone={job.timeZone} />
    {reason !== null && `: ${reason}`}
  </>
);

function Doing({ run }: { readonly run: Run }) {
  const [, navigate] = useLocation();
  return run.status === 'RUNNING' ? (
    <InterruptButton run={run} isSmall={false} />
  ) : (
    <ActionButton
      action={runJobNow}
      input={{ jobName: run.job.name }}
      isSmall={false}
      icon={Play}
      label="Run the job again"
      onDone={({ run: { runId } }) => navigate(`/runs/${runId}`)}
    />
  );
}

function Parts({ run }: { readonly run: Run }) {
  const { job, status, errorMessage, interruption } = run;
  const isRunning = status === 'RUNNING';
  return (
    <>
      {isRunning && <RunProgress run={run} isAlone />}
      {errorMessage !== null && <Notice tone={status === 'INTERRUPTED' ? 'warn' : 'bad'}>{errorMessage}</Notice>}
      {interruption !== null && (isRunning || errorMessage === null) && (
        <Notice tone="warn">
          {interruption.by ?? 'Someone'} asked it to stop{' '}
          <Time at={interruption.interruptedAt} jobZone={job.timeZone} />
          {interruption.reason === null ? '.' : `: ${interruption.reason}`}
        </Notice>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <RunLog run={run} />
        <div className="grid min-w-0 gap-4 max-lg:order-first">
          <Card title={isRunning ? 'Result so far' : 'Result'}>
            <Counts of={run.counts} isRunning={isRunning} />
          </Card>
          <RunFacts run={run} />
        </div>
      </div>
    </>
  );
}

const FEW = 3;

/** Counts above zero as figures; many zero counts are folded, since a job may have twenty. */
function Counts({ of, isRunning }: { readonly of: Run['counts']; readonly isRunning: boolean }) {
  if (of.length === 0) return <p className="text-muted">No counts{isRunning ? ' yet' : ''}.</p>;
  const some = of.filter(({ value }) => value !== 0);
  const none = of.filter(({ value }) => value === 0);
  return (
    <div className="grid gap-3">
      {some.length === 0 ? (
        <p>Nothing to do.</p>
      ) : (
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
          {some.map(({ name, value }) => (
            <Figure key={name} label={capital(wordsOf(name))} value={count(value)} />
          ))}
        </dl>
      )}
      {none.length > FEW ? (
        <details className="text-sm text-muted">
          <summary>{count(none.length)} counts are 0</summary>
          <p className="mt-1">{none.map(({ name }) => wordsOf(name)).join(', ')}</p>
        </details>
      ) : (
        none.length > 0 && <p className="text-sm text-muted">{countsText(none)}</p>
      )}
    </div>
  );
}

function RunFacts({ run }: { readonly run: Run }) {
  const { job, runId, scheduledFor, outcome, progress } = run;
  return (
    <Card title="Details">
      <Facts
        of={[
          // It names the zone of all times of the page.
          ['Began', <Time key="began" at={run.startedAt} as="exact" jobZone={job.timeZone} />],
          ['Ended', <Time key="ended" at={run.finishedAt} as="clock" jobZone={job.timeZone} />],
          ['Took', <Length key="took" of={run.duration} />],
          ...(scheduledFor === null
            ? []
            : [['Fire due at', <Time key="due" at={scheduledFor} as="clock" jobZone={job.timeZone} />] as const]),
          ...(outcome === null ? [] : [['Fire outcome', <Status key="outcome" of={FIRE_OUTCOME[outcome]} />] as const]),
          ['Node', run.node?.name],
          ...(progress === null
            ? []
            : [
                [
                  'Progress',
                  `${progress.label}: ${count(progress.doneCount)}${progress.totalCount === null ? '' : ` of about ${count(progress.totalCount)}`}`,
                ] as const,
              ]),
          ['Id', <Copied key="key" of={runId} label="the run’s id" isShort />],
        ]}
      />
    </Card>
  );
}
