/**
 * Previews a schedule: its description, its next fires, the difference from the current schedule, and warnings about
 * what is easily overlooked.
 */

import { useState } from 'react';
import { useQuery } from 'urql';
import { usePermission } from '../access/viewer.tsx';
import { serverNow } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { codeOf, issuesOf, problemOf } from '../graphql/problems.ts';
import { Button } from '../ui/button.tsx';
import { Facts } from '../ui/card.tsx';
import { InstantField } from '../ui/field.tsx';
import { useSettled } from '../ui/focus.ts';
import { Notice } from '../ui/notice.tsx';
import { Length, Prose, Time } from '../ui/time.tsx';
import { count } from '../ui/words.ts';
import { capital } from './fire.rules.ts';
import { FireTimes } from './fires.tsx';
import { nextClockChange, type Timing, type TimingProblems, timingProblems } from './reschedule.rules.ts';

/*
 * Previews a schedule while the user types: queries after a pause in typing, and keeps the previous preview until the
 * response arrives.
 */

const PreviewSchedule = graphql(`
  query PreviewSchedule($input: PreviewScheduleInput!) {
    previewSchedule(input: $input) {
      cronDescription timeZone misfirePolicy
      fireTimes { at localTime dst }
      comparedToAt appearing appearingCount vanishing vanishingCount
      collisions { at jobNames } collisionCount
      shortestInterval averageInterval warnings
    }
  }
`);
type SchedulePreview = NonNullable<ResultOf<typeof PreviewSchedule>['previewSchedule']>;

interface Previewed {
  /** For the current input unless `isOld`; undefined when the input is invalid. */
  readonly preview: SchedulePreview | undefined;
  readonly isOld: boolean;
  readonly problems: TimingProblems;
}

export function usePreview(jobName: string, timing: Timing, after: string | undefined): Previewed {
  const { isAllowed, reason } = usePermission('previewSchedule');
  const written = JSON.stringify({ jobName, ...timing, after, first: 8 });
  const settled = useSettled(written);
  const isEmpty = timing.cron.trim() === '' || timing.timeZone.trim() === '';
  const [{ data, error, fetching }] = useQuery({
    query: PreviewSchedule,
    variables: { input: JSON.parse(settled) },
    pause: !isAllowed || isEmpty,
    requestPolicy: 'network-only',
  });
  const [kept, setKept] = useState<SchedulePreview>();
  const fresh = data?.previewSchedule ?? undefined;
  if (fresh !== undefined && fresh !== kept) setKept(fresh);
  const refused = error === undefined || fetching ? undefined : error;
  // Beside an invalid input, the previous preview would seem to belong to it.
  const isUnknown = isEmpty || refused !== undefined;
  if (isUnknown && fresh === undefined && kept !== undefined) setKept(undefined);
  if (!isAllowed) return { preview: undefined, isOld: false, problems: { rest: reason } };
  return {
    preview: isUnknown ? undefined : (fresh ?? kept),
    isOld: fetching || settled !== written || fresh === undefined,
    problems: isEmpty
      ? emptyProblems(timing)
      : refused === undefined
        ? {}
        : codeOf(refused) === 'BAD_USER_INPUT'
          ? timingProblems(issuesOf(refused), refused.graphQLErrors[0]?.message ?? '')
          : { rest: problemOf(refused) },
  };
}

const emptyProblems = ({ cron, timeZone }: Timing): TimingProblems => ({
  ...(cron.trim() === '' && { cron: 'Enter a cron or choose a preset.' }),
  ...(timeZone.trim() === '' && { timeZone: 'Enter the time zone of the cron.' }),
});

interface PreviewProps {
  readonly of: SchedulePreview;
  /** The preview belongs to an earlier input. */
  readonly isOld: boolean;
}

export const Preview = ({ of, isOld }: PreviewProps) => (
  <section aria-label="Preview" aria-busy={isOld} className={`grid gap-4 ${isOld ? 'opacity-60' : ''}`}>
    <p className="text-lg" aria-live="polite">
      {capital(of.cronDescription)}, {of.timeZone}
    </p>
    {of.warnings.map((warning) => (
      <Notice key={warning} tone="warn">
        <Prose text={warning} jobZone={of.timeZone} />
      </Notice>
    ))}
    <div className="grid gap-x-6 gap-y-4 md:grid-cols-2">
      <div className="min-w-0">
        <h3 className="font-medium">Next fires</h3>
        <FireTimes label="Next fires" of={of.fireTimes} isPreview />
      </div>
      <div className="min-w-0">
        <h3 className="mb-1 font-medium">How often</h3>
        <Facts
          of={[
            ['On average every', <Length key="average" of={of.averageInterval} />],
            ['At least', <Length key="shortest" of={of.shortestInterval} />],
          ]}
        />
        <h3 className="mt-4 mb-1 font-medium">
          Compared with the current schedule, until <Time at={of.comparedToAt} as="zoned" jobZone={of.timeZone} />
        </h3>
        <div className="grid gap-1">
          <Difference
            sign="+"
            one="new fire"
            many="new fires"
            total={of.appearingCount}
            instants={of.appearing}
            jobZone={of.timeZone}
          />
          <Difference
            sign="−"
            one="fire no longer"
            many="fires no longer"
            total={of.vanishingCount}
            instants={of.vanishing}
            jobZone={of.timeZone}
          />
          <Collisions of={of} />
        </div>
      </div>
    </div>
  </section>
);

interface DifferenceProps {
  readonly sign: '+' | '−';
  readonly one: string;
  readonly many: string;
  readonly total: number | null;
  readonly instants: readonly string[];
  readonly jobZone: string;
}

const SHOWN = 20;

function Difference({ sign, one, many, total, instants, jobZone }: DifferenceProps) {
  if (total === null) return null;
  const text = (
    <>
      <strong className={total === 0 ? '' : sign === '+' ? 'text-good' : 'text-bad'}>
        {sign} {count(total)}
      </strong>{' '}
      {total === 1 ? one : many}
    </>
  );
  if (total === 0) return <p className="text-muted">{text}</p>;
  return (
    <details>
      <summary>{text}</summary>
      <ul className="mt-1 ml-4 grid grid-cols-2 gap-x-4 text-sm text-muted">
        {instants.slice(0, SHOWN).map((at) => (
          <li key={at}>
            <Time at={at} as="zoned" jobZone={jobZone} />
          </li>
        ))}
      </ul>
      <More than={SHOWN} of={total} />
    </details>
  );
}

function Collisions({ of: { collisions, collisionCount, timeZone } }: { readonly of: SchedulePreview }) {
  if (collisionCount === 0) return <p className="text-muted">It fires together with no other job.</p>;
  return (
    <details>
      <summary>
        <strong>{count(collisionCount)}</strong> {collisionCount === 1 ? 'fire falls' : 'fires fall'} together with
        another job’s
      </summary>
      <ul className="mt-1 ml-4 text-sm text-muted">
        {collisions.slice(0, SHOWN).map(({ at, jobNames }) => (
          <li key={at}>
            <Time at={at} as="zoned" jobZone={timeZone} /> {jobNames.join(', ')}
          </li>
        ))}
      </ul>
      <More than={SHOWN} of={collisionCount} />
    </details>
  );
}

const More = ({ than, of }: { readonly than: number; readonly of: number }) =>
  of > than ? <p className="ml-4 text-sm text-muted">and {count(of - than)} more</p> : null;

/* The start of the preview: now, the next clock change, or any instant. */

interface LookFromProps {
  readonly timeZone: string;
  /** Undefined: now. */
  readonly value: string | undefined;
  readonly onChange: (after: string | undefined) => void;
}

const BEFORE_MS = 2 * 86_400_000;

export function LookFrom({ timeZone, value, onChange }: LookFromProps) {
  const change = nextClockChange(timeZone.trim(), serverNow());
  return (
    <div className="flex flex-wrap items-start gap-2">
      <div className="w-60">
        <InstantField label="Preview from" hint="Empty: from now." value={value} onInstant={onChange} />
      </div>
      <Button
        className="mt-6"
        disabledBecause={value === undefined ? 'The preview starts now.' : undefined}
        onClick={() => onChange(undefined)}
      >
        Now
      </Button>
      {change !== undefined && (
        <Button
          className="h-auto! min-h-8 py-1 text-left whitespace-normal! sm:mt-6"
          onClick={() => onChange(new Date(change - BEFORE_MS).toISOString())}
        >
          <span>
            When the clocks change, <Time at={new Date(change).toISOString()} as="zoned" jobZone={timeZone} />
          </span>
        </Button>
      )}
    </div>
  );
}
