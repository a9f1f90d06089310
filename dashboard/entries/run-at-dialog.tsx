/** Sets when an entry is due next: plan, review and apply in one dialog. */

import { type FormEvent, useState } from 'react';
import { type Performed, perform, problemsOf } from '../actions/perform.ts';
import { serverNow } from '../graphql/client.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { InstantField, TextField } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import { toast } from '../ui/toasts.tsx';
import type { Entry } from './entry-query.ts';
import { applyBulkAction, planBulkAction, undoBulkAction } from './queue-actions.ts';

/* The due time of one or many entries, with buttons for a few common delays. */

const SOON: readonly (readonly [text: string, minutes: number])[] = [
  ['In 15 min', 15],
  ['In 1 h', 60],
  ['In 4 h', 240],
  ['In 24 h', 1_440],
];

interface RunAtFieldProps {
  readonly value: string | undefined;
  readonly problem: string | undefined;
  readonly onInstant: (runAt: string | undefined) => void;
}

export const RunAtField = ({ value, problem, onInstant }: RunAtFieldProps) => (
  <>
    <InstantField label="Due at" value={value} onInstant={onInstant} problem={problem} required />
    <fieldset className="flex flex-wrap gap-2">
      <legend className="sr-only">Soon</legend>
      {SOON.map(([text, minutes]) => (
        <Button key={text} isSmall onClick={() => onInstant(new Date(serverNow() + minutes * 60_000).toISOString())}>
          {text}
        </Button>
      ))}
    </fieldset>
  </>
);

type Plan = Extract<Performed<Parameters<typeof planBulkAction.says>[0]>, { kind: 'done' }>['payload'];

interface RunAtDialogProps {
  readonly entry: Entry;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function RunAtDialog({ entry: { entryId, username, nextRetryAt }, onDone, onClose }: RunAtDialogProps) {
  const [runAt, setRunAt] = useState<string | undefined>(nextRetryAt ?? undefined);
  const [reason, setReason] = useState('');
  const [plan, setPlan] = useState<Plan>();
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<ReturnType<typeof problemsOf>>({ fields: {}, rest: undefined });

  /** Returns the payload; shows the problem and returns undefined when nothing was done. */
  async function doing<Payload>(performing: Promise<Performed<Payload>>): Promise<Payload | undefined> {
    setBusy(true);
    const result = await performing;
    setBusy(false);
    if (result.kind === 'done') return result.payload;
    if (result.kind === 'broken') setProblems({ fields: {}, rest: result.message });
    else setProblems(problemsOf(result.refusal, ['runAt', 'reason']));
    return undefined;
  }
  const make = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setProblems({ fields: {}, rest: undefined });
    if (runAt === undefined) return setProblems({ fields: { runAt: 'Choose an instant.' }, rest: undefined });
    const asked = { action: 'SET_RUN_AT' as const, entryIds: [entryId], runAt };
    const input = reason === '' ? asked : { ...asked, reason };
    setPlan(await doing(perform(planBulkAction, input)));
  };
  // A plan is applied only once, so its id is the idempotency key.
  const apply = async (planId: string): Promise<void> => {
    const payload = await doing(perform(applyBulkAction, { planId }, planId));
    if (payload === undefined) return;
    const undo = () =>
      void perform(undoBulkAction, { bulkActionId: payload.bulkAction.bulkActionId }, planId).then((result) =>
        result.kind === 'done'
          ? toast(undoBulkAction.says(result.payload))
          : toast(result.kind === 'broken' ? result.message : result.refusal.message, 'bad'),
      );
    toast(`${username} is rescheduled.`, 'good', { label: 'Undo', run: undo });
    onDone();
    onClose();
  };

  return (
    <Dialog title={`Run at: ${username}`} onClose={onClose}>
      <form onSubmit={(event) => void make(event)} className="grid gap-4" noValidate>
        <p className="text-muted">
          Sets when the entry is due next. Its retries and attempts stay. You see a plan first; nothing changes until
          you apply it.
        </p>
        {problems.rest !== undefined && (
          <Notice tone="bad" isUrgent>
            {problems.rest}
          </Notice>
        )}
        {plan === undefined ? (
          <>
            <RunAtField value={runAt} onInstant={setRunAt} problem={problems.fields.runAt} />
            <TextField
              label="Reason (optional)"
              hint="Recorded in the audit trail."
              maxLength={500}
              value={reason}
              problem={problems.fields.reason}
              onChange={({ target }) => setReason(target.value)}
            />
          </>
        ) : (
          <Planned plan={plan} runAt={runAt} before={nextRetryAt} />
        )}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={plan === undefined ? onClose : () => setPlan(undefined)}>
            {plan === undefined ? 'Close' : 'Change it'}
          </Button>
          {plan === undefined ? (
            <Button type="submit" kind="primary" isBusy={isBusy}>
              Plan
            </Button>
          ) : (
            <Button
              kind="primary"
              isBusy={isBusy}
              disabledBecause={plan.count === 0 ? 'The plan excludes the entry.' : undefined}
              onClick={() => void apply(plan.planId)}
            >
              Apply
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

interface PlannedProps {
  readonly plan: Plan;
  readonly runAt: string | undefined;
  readonly before: string | null;
}

function Planned({ plan: { count, exclusions, expiresAt }, runAt, before }: PlannedProps) {
  if (count === 0)
    return (
      <Notice tone="warn" isUrgent>
        The entry is excluded: {exclusions.map(({ message }) => message).join(' ')}
      </Notice>
    );
  const isPast = runAt !== undefined && Date.parse(runAt) <= serverNow();
  return (
    <Notice tone="info" isUrgent>
      <p className="font-medium">
        The plan: the entry becomes due {isPast ? 'at once' : <Time at={runAt} as="exact" />}
        {before !== null && (
          <>
            {' '}
            instead of <Time at={before} as="exact" />
          </>
        )}
        .
      </p>
      <p>
        It can be applied for <Time at={expiresAt} as="countdown" /> more, and undone afterwards as long as nothing else
        has changed the entry.
      </p>
    </Notice>
  );
}
