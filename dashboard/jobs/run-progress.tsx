/** A run in progress: how far it is, what it has done so far, and a button to interrupt it. */
import { Link } from 'wouter';
import { ActionButton } from '../actions/action-button.tsx';
import { interruptRun } from '../actions/job-actions.ts';
import { Progress } from '../ui/graphs.tsx';
import { Time } from '../ui/time.tsx';
import { count, RUN_TRIGGER } from '../ui/words.ts';
import type { RunningRun } from './schedule-fields.ts';

interface RunProgressProps {
  readonly run: RunningRun;
  /** Set on the run's own page, which already has the link and the button. */
  readonly isAlone?: boolean;
}

export function RunProgress({ run, isAlone = false }: RunProgressProps) {
  const { progress, counts, interruption } = run;
  return (
    <div className="grid gap-2 rounded-lg bg-info-soft px-3 py-2">
      {!isAlone && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="min-w-0">
            <Link href={`/runs/${run.runId}`} className="font-medium text-info hover:underline">
              Running
            </Link>{' '}
            <span className="text-muted">
              {RUN_TRIGGER[run.trigger].toLowerCase()}
              {run.actor !== null && `, ${run.actor}`}, begun <Time at={run.startedAt} />
            </span>
          </p>
          <InterruptButton run={run} />
        </div>
      )}
      <Progress
        done={progress?.doneCount ?? 0}
        total={progress?.totalCount ?? null}
        label={progress?.label ?? `${run.job.name} runs`}
      />
      <p className="text-sm text-muted">
        {progress === null
          ? 'No progress reported yet.'
          : `${progress.label}: ${count(progress.doneCount)}${progress.totalCount === null ? '' : ` of about ${count(progress.totalCount)}`}`}
        {counts.length > 0 && ` · ${countsText(counts)}`}
        {interruption !== null && !isAlone && ` · ${interruption.by ?? 'Someone'} asked it to stop`}
      </p>
    </div>
  );
}

/** "12 deleted, 3 completed". */
export const countsText = (counts: readonly { readonly name: string; readonly value: number }[]): string =>
  counts.map(({ name, value }) => `${count(value)} ${name}`).join(', ');

interface InterruptProps {
  readonly run: Pick<RunningRun, 'runId' | 'status' | 'interruption' | 'job'>;
  readonly isSmall?: boolean;
}

export const InterruptButton = ({ run, isSmall }: InterruptProps) => (
  <ActionButton
    action={interruptRun}
    input={{ runId: run.runId }}
    subject={run.job.name}
    isSmall={isSmall}
    disabledBecause={
      run.status !== 'RUNNING'
        ? 'It has ended.'
        : run.interruption !== null
          ? 'It was already asked to stop.'
          : undefined
    }
  />
);
