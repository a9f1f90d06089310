/**
 * Previews a schedule: its description, its next fires, the difference from the current schedule, and warnings about
 * what is easily overlooked.
 */
import { Facts } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Prose } from '../../ui/prose.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { count } from '../../ui/words.ts';
import { capital } from '../fire.rules.ts';
import { FireTimes } from '../fire-times.tsx';
import type { SchedulePreview } from './use-preview.ts';

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
        <FireTimes label="Next fires" of={of.fireTimes} jobZone={of.timeZone} hasCountdown={false} />
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
          Compared with the current schedule, until <Time at={of.comparedToAt} as="clock" jobZone={of.timeZone} />
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
            <Time at={at} as="clock" jobZone={jobZone} />
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
            <Time at={at} as="clock" jobZone={timeZone} /> {jobNames.join(', ')}
          </li>
        ))}
      </ul>
      <More than={SHOWN} of={collisionCount} />
    </details>
  );
}

const More = ({ than, of }: { readonly than: number; readonly of: number }) =>
  of > than ? <p className="ml-4 text-sm text-muted">and {count(of - than)} more</p> : null;
