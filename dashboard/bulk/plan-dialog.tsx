/** A bulk action in steps: plan, review what it would change and exclude, apply, watch its progress, undo. */

import { type FormEvent, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { RunAtField } from '../entries/run-at-dialog.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { counted } from '../ui/words.ts';
import { BULK, type BulkKind } from './bulk-documents.ts';
import { Exclusions } from './bulk-left-out.tsx';
import { BulkProgress } from './bulk-progress.tsx';
import { type Asked, PlanLook, type PlanTarget, usePlan } from './use-plan.tsx';

interface PlanDialogProps {
  readonly kind: BulkKind;
  readonly target: PlanTarget;
  /** The expected number of entries, where known. */
  readonly size: number | undefined;
  readonly onClose: (isApplied: boolean) => void;
}

const STEPS = ['Plan', 'Look', 'Apply'] as const;

export function PlanDialog({ kind, target, size, onClose }: PlanDialogProps) {
  const { step, problems, isBusy, plan, apply, again } = usePlan(kind, target);
  const [asked, setAsked] = useState<Asked>({});
  const mayPlan = usePermission('planBulkAction');
  const mayApply = usePermission('applyBulkAction');
  const words = BULK[kind];
  const close = (): void => onClose(step.at === 'applied');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (mayPlan.isAllowed) void plan(asked);
  };
  const about = 'filter' in target ? 'all entries that match the filter' : 'the entries that are selected';
  return (
    <Dialog title={words.title} isWide onClose={close}>
      <Steps at={step.at === 'asking' ? 0 : step.at === 'looking' ? 1 : 2} />
      {problems.rest !== undefined && (
        <Notice tone="bad" isUrgent>
          {problems.rest}
        </Notice>
      )}
      {!mayPlan.isAllowed && <Notice tone="warn">{mayPlan.reason}</Notice>}
      {step.at === 'asking' && (
        <form onSubmit={submit} noValidate className="grid gap-4">
          <p>
            For {about}
            {size !== undefined &&
              `, ${counted(size, 'entry', 'entries')}${'filter' in target ? ' when the list was loaded; the plan counts again' : ''}`}
            . <span className="text-muted">{words.explains} A plan changes nothing.</span>
          </p>
          {kind === 'SET_RUN_AT' && (
            <RunAtField
              problem={problems.fields.runAt}
              value={asked.runAt}
              onInstant={(runAt) => setAsked({ ...asked, runAt })}
            />
          )}
          <TextField
            label="Reason (optional)"
            hint="Recorded in the audit trail with each changed entry."
            problem={problems.fields.reason}
            maxLength={500}
            value={asked.reason ?? ''}
            onChange={({ target: { value } }) => setAsked({ ...asked, reason: value === '' ? undefined : value })}
          />
          <div className="flex justify-end gap-2">
            <Button onClick={close}>Close</Button>
            <Button
              type="submit"
              kind="primary"
              isBusy={isBusy}
              disabledBecause={mayPlan.isAllowed ? undefined : mayPlan.reason}
            >
              Plan
            </Button>
          </div>
        </form>
      )}
      {step.at === 'looking' && (
        <>
          <PlanLook kind={kind} plan={step.plan} runAt={asked.runAt} />
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={again}>Back</Button>
            <Button
              kind={words.isDangerous ? 'danger' : 'primary'}
              isBusy={isBusy}
              disabledBecause={
                step.plan.count === 0 ? 'It would change nothing.' : mayApply.isAllowed ? undefined : mayApply.reason
              }
              onClick={() => void apply(step.plan)}
            >
              {`${words.verb} ${counted(step.plan.count, 'entry', 'entries')}`}
            </Button>
          </div>
        </>
      )}
      {step.at === 'applied' && (
        <>
          <BulkProgress bulkActionId={step.bulkActionId} estimatedDuration={step.plan.estimatedDuration} isLinked />
          <Exclusions of={step.plan.exclusions} />
          <div className="flex justify-end">
            <Button onClick={close}>Close</Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

const Steps = ({ at }: { readonly at: number }) => (
  <ol aria-label="Steps" className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
    {STEPS.map((name, index) => (
      <li
        key={name}
        aria-current={index === at ? 'step' : undefined}
        className={`inline-flex items-center gap-2 ${index === at ? 'font-medium text-accent' : 'text-muted'}`}
      >
        <span
          aria-hidden
          className={`grid size-5 place-items-center rounded-full text-xs ${index <= at ? 'bg-accent-fill text-white' : 'bg-raised'}`}
        >
          {index + 1}
        </span>
        {name}
      </li>
    ))}
  </ol>
);
