/** The fields of a schedule: cron with presets, time zone with all zones that the browser knows, misfire policy. */
import { useId } from 'react';
import { SelectField, TextField } from '../../ui/field.tsx';
import { MISFIRE_POLICY } from '../../ui/words.ts';
import { PRESETS, type Timing, type TimingProblems } from './reschedule.rules.ts';

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

export function TimingFields({ timing, before, problems, onChange }: TimingFieldsProps) {
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
