/** A run in progress: how far it is, what it has done so far, and a button to interrupt it. */

import { useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../actions/action-button.tsx';
import { serverNow } from '../graphql/client.ts';
import type { EnumOf } from '../graphql/graphql.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Progress } from '../ui/graphs.tsx';
import { brief, exact } from '../ui/instants.rules.ts';
import { Empty } from '../ui/notice.tsx';
import { useZone } from '../ui/preferences.ts';
import { Badge } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, counted, RUN_TRIGGER, type Tone } from '../ui/words.ts';
import { wordsOf } from './fire.rules.ts';
import { interruptRun } from './job-actions.ts';
import type { RunningRun } from './schedule-facts.tsx';

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
  counts.map(({ name, value }) => `${count(value)} ${wordsOf(name)}`).join(', ');

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

/* The log lines of a run. */

interface RunLogProps {
  readonly run: {
    readonly status: EnumOf<'RunStatus'>;
    readonly job: { readonly timeZone: string };
    readonly logLines: readonly {
      readonly at: string;
      readonly level: EnumOf<'RunLogLevel'>;
      readonly message: string;
      readonly fields: unknown;
    }[];
  };
}

/** Only what stands out has a mark. */
const LEVEL: Readonly<Record<EnumOf<'RunLogLevel'>, readonly [text: string, tone: Tone] | undefined>> = {
  INFO: undefined,
  WARN: ['Warning', 'warn'],
  ERROR: ['Error', 'bad'],
};

export function RunLog({ run: { status, job, logLines } }: RunLogProps) {
  const isRunning = status === 'RUNNING';
  // While a run is in progress, the newest line matters most.
  const [isNewestFirst, setNewestFirst] = useState(isRunning);
  // One zone and time for hundreds of lines, instead of a timer and a tooltip for each.
  const zone = useZone(job.timeZone);
  const now = serverNow();
  const lines = logLines.map((line, place) => ({ ...line, place }));
  return (
    <Card
      title="Log"
      hint={
        logLines.length === 0
          ? undefined
          : `${counted(logLines.length, 'line', 'lines')}, ${isNewestFirst ? 'newest' : 'oldest'} first.`
      }
      isFlush
      actions={
        logLines.length > 1 && (
          <Button isSmall onClick={() => setNewestFirst(!isNewestFirst)}>
            {isNewestFirst ? 'Oldest first' : 'Newest first'}
          </Button>
        )
      }
    >
      {logLines.length === 0 ? (
        <Empty title={isRunning ? 'No log lines yet.' : 'No log lines.'}>
          {isRunning ? 'Lines appear here as the run writes them.' : 'A scheduled run without work writes no lines.'}
        </Empty>
      ) : (
        <ol className="divide-y" aria-label="Lines of the run">
          {(isNewestFirst ? lines.toReversed() : lines).map(({ at, level, message, fields, place }) => {
            const marked = LEVEL[level];
            return (
              <li
                key={place}
                className="grid grid-cols-[auto_1fr] items-baseline gap-x-3 px-4 py-1.5 sm:grid-cols-[5rem_4.5rem_1fr]"
              >
                <time
                  dateTime={at}
                  title={exact(Date.parse(at), zone)}
                  className="font-mono text-xs whitespace-nowrap text-muted"
                >
                  {brief(Date.parse(at), now, zone)}
                </time>
                <span>{marked !== undefined && <Badge tone={marked[1]}>{marked[0]}</Badge>}</span>
                <div className="flex min-w-0 flex-wrap items-baseline gap-x-3 max-sm:col-span-2">
                  <span className="min-w-0 break-words">{message}</span>
                  <LineFields of={fields} />
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}

/** Breaks between fields and between words; only what is longer than a line breaks within. */
const LineFields = ({ of }: { readonly of: unknown }) =>
  typeof of !== 'object' || of === null
    ? null
    : Object.entries(of).map(([name, value]) => (
        <span key={name} className="min-w-0 font-mono text-xs break-words text-muted">
          {name}=<span className="text-text">{textOf(value)}</span>
        </span>
      ));

/** JSON with a space after each comma, where a line can break. */
const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : JSON.stringify(value, null, 1).replaceAll(/([[{]?)\n\s*([\]}]?)/g, (_, open, end) =>
        open || end ? open + end : ' ',
      );
