/** Changes when a job fires, with a live preview of the effect. */

import { type FormEvent, useId, useState } from 'react';
import { perform, problemsOf } from '../actions/perform.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField, useFirstProblem } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { toast } from '../ui/toasts.tsx';
import { MISFIRE_POLICY } from '../ui/words.ts';
import { rescheduleJob } from './job-actions.ts';
import { changed, PRESETS, type Timing, type TimingProblems } from './reschedule.rules.ts';
import { LookFrom, Preview, usePreview } from './reschedule-preview.tsx';

/* The fields of a schedule: cron with presets, time zone with all zones that the browser knows, misfire policy. */

interface TimingFieldsProps {
  readonly timing: Timing;
  /** The current schedule. */
  readonly before: Timing;
  readonly problems: TimingProblems;
  readonly onChange: (part: Partial<Timing>) => void;
}

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')];

const POLICY_HINT = {
  RUN_ONCE: 'Runs the newest missed fire late and skips the older ones.',
  SKIP: 'Skips all missed fires.',
  RUN_ALL: 'Runs all missed fires late, the oldest first, up to a limit.',
} as const;

function TimingFields({ timing, before, problems, onChange }: TimingFieldsProps) {
  const id = useId();
  const cron = timing.cron.trim();
  return (
    <div className="grid items-start gap-4 md:grid-cols-2">
      <TextField
        label="Cron"
        hint={
          cron === before.cron ? '5 fields, or 6 with seconds first; also @daily, @hourly, ….' : `Now ${before.cron}`
        }
        problem={problems.cron}
        value={timing.cron}
        spellCheck={false}
        className="font-mono"
        onChange={({ target }) => onChange({ cron: target.value })}
      />
      <SelectField
        label="Preset"
        options={[['', 'Custom'], ...PRESETS]}
        value={PRESETS.some(([preset]) => preset === cron) ? cron : ''}
        onChange={({ target }) => target.value !== '' && onChange({ cron: target.value })}
      />
      <div>
        <TextField
          label="Time zone"
          hint={
            timing.timeZone.trim() === before.timeZone ? 'The zone of the cron’s local time.' : `Now ${before.timeZone}`
          }
          problem={problems.timeZone}
          value={timing.timeZone}
          list={`${id}-zones`}
          spellCheck={false}
          onChange={({ target }) => onChange({ timeZone: target.value })}
        />
        <datalist id={`${id}-zones`}>
          {ZONES.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
      <SelectField
        label="Misfire policy"
        hint={POLICY_HINT[timing.misfirePolicy]}
        problem={problems.misfirePolicy}
        options={Object.entries(MISFIRE_POLICY)}
        value={timing.misfirePolicy}
        onChange={({ target }) => onChange({ misfirePolicy: target.value as Timing['misfirePolicy'] })}
      />
    </div>
  );
}

interface RescheduleDialogProps {
  readonly schedule: Timing & { readonly name: string; readonly isOverridden: boolean };
  /** Initial values that differ from the current schedule. */
  readonly initial?: Partial<Timing> | undefined;
  readonly onClose: () => void;
}

export function RescheduleDialog({ schedule, initial, onClose }: RescheduleDialogProps) {
  const { name, cron, timeZone, misfirePolicy, isOverridden } = schedule;
  // The schedule when the dialog was opened: fields left unchanged must not revert a concurrent change.
  const [before] = useState<Timing>({ cron, timeZone, misfirePolicy });
  const [timing, setTiming] = useState<Timing>({ ...before, ...initial });
  const [after, setAfter] = useState<string>();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState<'save' | 'reset'>();
  const [refused, setRefused] = useState<TimingProblems & { readonly reason?: string }>({});
  const form = useFirstProblem(refused);
  const { preview, isOld, problems } = usePreview(name, timing, after);
  const change = (part: Partial<Timing>): void => {
    setRefused({});
    setTiming((last) => ({ ...last, ...part }));
  };

  const send = async (what: 'save' | 'reset'): Promise<void> => {
    if (reason.trim() === '') return setRefused({ reason: 'Required.' });
    setBusy(what);
    const result = await perform(rescheduleJob, {
      jobName: name,
      ...(what === 'reset' ? { reset: true } : changed(before, timing)),
      reason: reason.trim(),
    });
    setBusy(undefined);
    if (result.kind === 'broken') return setRefused({ rest: result.message });
    if (result.kind === 'refused') {
      const { fields, rest } = problemsOf(result.refusal, ['cron', 'timeZone', 'misfirePolicy', 'reason']);
      return setRefused({ ...fields, ...(rest !== undefined && { rest }) });
    }
    toast(rescheduleJob.says(result.payload));
    onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void send('save');
  };

  const shown = { ...problems, ...refused };
  const isSame = Object.keys(changed(before, timing)).length === 0;
  const isWrong = Object.keys(problems).length > 0;
  return (
    <Dialog title={`Reschedule: ${name}`} onClose={onClose} isWide>
      <form ref={form} onSubmit={submit} className="grid grid-cols-[minmax(0,1fr)] gap-4" noValidate>
        <p className="text-muted">
          Applies on every node from now on. Fires that were due before follow the old schedule.
        </p>
        {shown.rest !== undefined && (
          <Notice tone="bad" isUrgent>
            {shown.rest}
          </Notice>
        )}
        <TimingFields timing={timing} before={before} problems={shown} onChange={change} />
        <LookFrom timeZone={timing.timeZone} value={after} onChange={setAfter} />
        {preview !== undefined ? (
          <Preview of={preview} isOld={isOld} />
        ) : (
          isWrong && <p className="text-muted">No preview: fix the fields first.</p>
        )}
        <TextField
          label="Reason"
          required
          hint="Recorded with the version and in the audit trail."
          problem={shown.reason}
          maxLength={500}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
        <div className="sticky -bottom-5 z-10 -mx-5 -mb-5 flex flex-wrap justify-between gap-2 border-t bg-panel px-5 py-3">
          <Button
            isBusy={busy === 'reset'}
            disabledBecause={isOverridden ? undefined : 'It already matches the default in code.'}
            onClick={() => void send('reset')}
          >
            Reset to the code’s default
          </Button>
          <div className="ml-auto flex gap-2">
            <Button onClick={onClose}>Back</Button>
            <Button
              type="submit"
              kind="primary"
              isBusy={busy === 'save'}
              disabledBecause={isWrong ? 'The fields are not valid yet.' : isSame ? 'No change yet.' : undefined}
            >
              Reschedule
            </Button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}
