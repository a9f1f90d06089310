/** One field of an action's dialog, by its kind. */

import { useId } from 'react';
import { FamilyIdField } from '../families/family-field.tsx';
import { serverNow } from '../graphql/client.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox, InstantField, SelectField, TextArea, TextField } from '../ui/field.tsx';
import { type ActionField, type Option, useOptions } from './action.ts';

/* Check boxes for any number of options, or for all of them, including future ones. */

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

function ManyField({ label, hint, problem, options, allText, value, onChange }: ManyFieldProps) {
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

interface AskedFieldProps {
  readonly field: ActionField;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly onChange: (value: unknown) => void;
}

export function AskedField({
  field: { label, kind, hint, options: offered, isRequired = false, allText, ahead = [], isLiftedByNull = false },
  value,
  problem,
  onChange,
}: AskedFieldProps) {
  const options = useOptions(offered);
  const shared = { label: isRequired ? label : `${label} (optional)`, hint, problem, required: isRequired };
  const text = value === undefined || value === null || Number.isNaN(value) ? '' : String(value);
  const change = (given: string): void => onChange(given === '' ? undefined : given);
  switch (kind) {
    case 'long-text':
      return <TextArea {...shared} value={text} onChange={({ target }) => change(target.value)} />;
    case 'number':
      return (
        <TextField
          {...shared}
          type="number"
          value={text}
          min={1}
          step={1}
          onChange={({ target }) => {
            // The browser gives an empty value for text that is not a number.
            if (target.validity.badInput) onChange(Number.NaN);
            else onChange(target.value === '' ? (isLiftedByNull ? null : undefined) : Number(target.value));
          }}
        />
      );
    case 'instant':
      return (
        <div className="grid gap-2">
          <InstantField {...shared} value={text === '' ? undefined : text} onInstant={onChange} />
          {ahead.length > 0 && (
            <div className="flex flex-wrap gap-1.5">
              {ahead.map(([length, minutes]) => (
                <Button
                  key={length}
                  isSmall
                  onClick={() => onChange(new Date(serverNow() + minutes * 60_000).toISOString())}
                >
                  {length}
                </Button>
              ))}
            </div>
          )}
        </div>
      );
    case 'select':
      return (
        <SelectField
          {...shared}
          value={text}
          options={[
            ...(isRequired ? [] : [['', '–'] as const]),
            ...options.map(([one, words]) => [one, words] as const),
          ]}
          onChange={({ target }) => change(target.value)}
        />
      );
    case 'many':
      return (
        <ManyField
          label={label}
          hint={hint}
          problem={problem}
          options={options}
          allText={allText ?? 'All of them'}
          value={Array.isArray(value) ? (value as readonly string[]) : null}
          onChange={onChange}
        />
      );
    case 'family':
      return (
        <FamilyIdField
          {...shared}
          value={text === '' ? undefined : text}
          onFamily={onChange}
          typed={
            <TextField
              {...shared}
              hint={`Its id. ${hint ?? ''}`}
              value={text}
              onChange={({ target }) => change(target.value.trim())}
            />
          }
        />
      );
    case 'checkbox':
      return <Checkbox label={label} checked={value === true} onChange={({ target }) => onChange(target.checked)} />;
    default:
      return (
        <TextField
          {...shared}
          type={kind}
          autoComplete={kind === 'password' ? 'new-password' : 'off'}
          value={text}
          onChange={({ target }) => change(target.value)}
        />
      );
  }
}
