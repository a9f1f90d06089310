/** The steps from plan to application; each starts only after the previous one was answered. */

import { useState } from 'react';
import type { Refusal } from '../actions/action.ts';
import { perform, problemsOf } from '../actions/perform.ts';
import type { FilterInput } from '../entries/kept-list.ts';
import { applyBulkAction, planBulkAction } from '../entries/queue-actions.ts';
import { Notice } from '../ui/notice.tsx';
import { Length, Time } from '../ui/time.tsx';
import { count, counted } from '../ui/words.ts';
import { BULK, type BulkKind } from './bulk-documents.ts';
import { Exclusions, Sample } from './bulk-left-out.tsx';

/** The entries to plan for: some by id, or all that match a filter. */
export type PlanTarget = { readonly entryIds: readonly string[] } | { readonly filter: FilterInput };

export interface Asked {
  readonly reason?: string | undefined;
  readonly runAt?: string | undefined;
}

type Plan = Parameters<typeof planBulkAction.says>[0];

type Step =
  | { readonly at: 'asking' }
  | { readonly at: 'looking'; readonly plan: Plan }
  | { readonly at: 'applied'; readonly bulkActionId: string; readonly plan: Plan };

interface Problems {
  readonly fields: Readonly<Record<string, string>>;
  readonly rest: string | undefined;
}
const NONE: Problems = { fields: {}, rest: undefined };

export function usePlan(kind: BulkKind, target: PlanTarget) {
  const [step, setStep] = useState<Step>({ at: 'asking' });
  const [problems, setProblems] = useState<Problems>(NONE);
  const [isBusy, setBusy] = useState(false);
  const refused = (refusal: Refusal): void => setProblems(problemsOf(refusal, ['reason', 'runAt']));

  const plan = async ({ reason, runAt }: Asked): Promise<void> => {
    setBusy(true);
    setProblems(NONE);
    const wanted = 'filter' in target ? { filter: target.filter } : { entryIds: [...target.entryIds] };
    const result = await perform(planBulkAction, { action: kind, reason, runAt, ...wanted }, '');
    setBusy(false);
    if (result.kind === 'done') setStep({ at: 'looking', plan: result.payload });
    else if (result.kind === 'refused') refused(result.refusal);
    else setProblems({ fields: {}, rest: result.message });
  };
  const apply = async (found: Plan): Promise<void> => {
    setBusy(true);
    setProblems(NONE);
    // The plan's id is the idempotency key: a plan sent several times is applied once.
    const result = await perform(applyBulkAction, { planId: found.planId }, found.planId);
    setBusy(false);
    if (result.kind === 'done')
      setStep({ at: 'applied', bulkActionId: result.payload.bulkAction.bulkActionId, plan: found });
    else if (result.kind === 'refused') refused(result.refusal);
    else setProblems({ fields: {}, rest: result.message });
  };
  const again = (): void => {
    setProblems(NONE);
    setStep({ at: 'asking' });
  };
  return { step, problems, isBusy, plan, apply, again };
}

/* What a plan would do: the number of entries, a sample, and each reason for an exclusion. */

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
