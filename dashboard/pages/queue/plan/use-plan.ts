/** The steps from plan to application; each starts only after the previous one was answered. */
import { useState } from 'react';
import type { Refusal } from '../../../actions/action.ts';
import { perform, problemsOf } from '../../../actions/perform.ts';
import { applyBulkAction, planBulkAction } from '../../../actions/queue-actions.ts';
import type { BulkKind } from '../../../bulk/bulk-words.ts';
import type { FilterInput } from '../entry-documents.ts';

/** The entries to plan for: some by id, or all that match a filter. */
export type PlanTarget = { readonly entryIds: readonly string[] } | { readonly filter: FilterInput };

export interface Asked {
  readonly reason?: string | undefined;
  readonly runAt?: string | undefined;
}

export type Plan = Parameters<typeof planBulkAction.says>[0];

export type Step =
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
