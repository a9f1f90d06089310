/** Check boxes for any number of options, or for all of them, including future ones. */
import { useId } from 'react';
import { Checkbox } from '../ui/field.tsx';
import type { Option } from './action.ts';

interface ManyFieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly options: readonly Option[];
  readonly allText: string;
  /** Null: all of them. */
  readonly value: readonly string[] | null;
  readonly onChange: (value: readonly string[] | null) => void;
}

export function ManyField({ label, hint, problem, options, allText, value, onChange }: ManyFieldProps) {
  const id = useId();
  const toggle = (option: string, isOn: boolean): void =>
    onChange(isOn ? [...(value ?? []), option] : (value ?? []).filter((one) => one !== option));
  return (
    <fieldset aria-describedby={problem === undefined ? undefined : id} className="grid min-w-0 gap-2">
      <legend className="mb-1 font-medium">{label}</legend>
      <Checkbox
        label={allText}
        checked={value === null}
        onChange={({ target }) => onChange(target.checked ? null : [])}
      />
      {value !== null && (
        <div className="grid max-h-56 gap-1.5 overflow-y-auto rounded-md border px-3 py-2">
          {options.length === 0 && <p className="text-sm text-muted">No choices.</p>}
          {options.map(([option, text, more]) => (
            <div key={option}>
              <Checkbox
                label={text}
                checked={value.includes(option)}
                onChange={({ target }) => toggle(option, target.checked)}
              />
              {more !== undefined && <p className="pl-6 text-sm text-muted">{more}</p>}
            </div>
          ))}
        </div>
      )}
      {hint !== undefined && <p className="text-sm text-muted">{hint}</p>}
      {problem !== undefined && (
        <p id={id} className="text-sm text-bad">
          {problem}
        </p>
      )}
    </fieldset>
  );
}
