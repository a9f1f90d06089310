/** What a plan would do: the number of entries, a sample, and each reason for an exclusion. */
import { BULK, type BulkKind } from '../../../bulk/bulk-words.ts';
import { Exclusions, Sample } from '../../../bulk/exclusions.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Length, Time } from '../../../ui/time.tsx';
import { count, counted } from '../../../ui/words.ts';
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
              They become due at <Time at={runAt} as="exact" />.
            </>
          )}
          {plan.estimatedDuration !== null && (
            <>
              {' '}
              At the current speed their attempts take about <Length of={plan.estimatedDuration} />.
            </>
          )}{' '}
          The plan can be applied for <Time at={plan.expiresAt} as="countdown" /> more.
        </span>
      </p>
      {plan.count === 0 && (
        <Notice tone="info">
          Nothing would change; the reasons are below. Select other entries or change the filter.
        </Notice>
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
