/** One field of an action's dialog, by its kind. */
import { FamilyIdField } from '../families/family-id-field.tsx';
import { serverNow } from '../graphql/transport.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox, InstantField, SelectField, TextArea, TextField } from '../ui/field.tsx';
import type { ActionField } from './action.ts';
import { ManyField } from './many-field.tsx';
import { useOptions } from './use-options.ts';

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
