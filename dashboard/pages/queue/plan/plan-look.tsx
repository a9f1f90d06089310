/** What a plan would do: how many, some of them, and every reason why one is left out. */

import { BULK, type BulkKind } from '../../../bulk/bulk-words.ts';
import { Badge, Status } from '../../../ui/badge.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Length, Time } from '../../../ui/time.tsx';
import { count, counted, ENTRY_STATUS } from '../../../ui/words.ts';
import type { Plan } from './use-plan.ts';

interface PlanLookProps {
  readonly kind: BulkKind;
  readonly plan: Plan;
  readonly runAt: string | undefined;
}

export function PlanLook({ kind, plan, runAt }: PlanLookProps) {
  const left = plan.exclusions.reduce((sum, one) => sum + one.count, 0);
  return (
    <div className="grid gap-4">
      <p>
        <strong className="text-lg">{counted(plan.count, 'entry', 'entries')}</strong> will be changed
        {left > 0 && `, ${count(left)} will be left as they are`}.{' '}
        <span className="text-muted">
          {BULK[kind].explains}
          {runAt !== undefined && kind === 'SET_RUN_AT' && (
            <>
              {' '}
              They are to be due at <Time at={runAt} as="exact" />.
            </>
          )}
          {plan.estimatedDuration !== null && (
            <>
              {' '}
              At the speed of the last minutes their attempts take about <Length of={plan.estimatedDuration} />.
            </>
          )}{' '}
          The plan can be applied for <Time at={plan.expiresAt} as="countdown" /> more.
        </span>
      </p>
      {plan.count === 0 && (
        <Notice tone="info">Nothing would be changed; see below why. Select others, or change the filter.</Notice>
      )}
      {plan.sample.length > 0 && (
        <section aria-labelledby="plan-sample">
          <h3 id="plan-sample" className="mb-1 font-medium">
            {plan.count > plan.sample.length ? `The first ${count(plan.sample.length)} of them` : 'These'}
          </h3>
          <Sample entries={plan.sample} />
        </section>
      )}
      <Exclusions of={plan.exclusions} />
    </div>
  );
}

/** What a plan leaves as it is, by the reason. */
export const Exclusions = ({ of }: { readonly of: Plan['exclusions'] }) =>
  of.map(({ code, message, count: size, sample }) => (
    <section key={code} aria-label={message} className="grid gap-1 border-t pt-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <Badge tone="warn">{counted(size, 'entry left out', 'entries left out')}</Badge>
        <p className="min-w-0 flex-1 basis-64">{message}</p>
      </div>
      {sample.length > 0 && (
        <details>
          <summary className="text-sm text-muted">
            {size > sample.length ? `The first ${count(sample.length)}` : 'Which'}
          </summary>
          <Sample entries={sample} />
        </details>
      )}
    </section>
  ));

interface SampleProps {
  readonly entries: readonly {
    readonly entryId: string;
    readonly username: string;
    readonly fullName?: string;
    readonly status: keyof typeof ENTRY_STATUS;
  }[];
}

// In a tab of their own: the plan would be lost with the page.
const Sample = ({ entries }: SampleProps) => (
  <ul className="mt-1 grid gap-x-6 gap-y-1 sm:grid-cols-2">
    {entries.map(({ entryId, username, fullName, status }) => (
      <li key={entryId} className="flex min-w-0 items-center justify-between gap-3">
        <a href={`/queue/${entryId}`} target="_blank" rel="noopener" className="min-w-0 truncate hover:underline">
          <span className="font-medium">{username}</span>
          {fullName !== undefined && <span className="text-muted"> · {fullName}</span>}
        </a>
        <Status of={ENTRY_STATUS[status]} />
      </li>
    ))}
  </ul>
);
