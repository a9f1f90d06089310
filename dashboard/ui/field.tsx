/** Form fields: a label, a hint and an error message, linked to the control for screen readers. */
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { instantOf, localOf } from './local-time.rules.ts';

export interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** The error message. */
  readonly problem?: string | undefined;
  readonly isLabelHidden?: boolean;
}

const CONTROL =
  'w-full min-w-0 rounded-md border border-line-strong bg-panel px-2.5 text-text aria-invalid:border-bad disabled:opacity-60';

interface Tied {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

/** A label, a hint and an error message around a control, which gets the attributes that link them. */
export function Field({
  label,
  hint,
  problem,
  isLabelHidden = false,
  children,
}: FieldProps & { readonly children: (tied: Tied) => ReactNode }) {
  const id = useId();
  const hasHint = hint !== undefined && hint !== '';
  const described = [hasHint && `${id}-hint`, problem !== undefined && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div className="grid min-w-0 gap-1">
      <label htmlFor={id} className={isLabelHidden ? 'sr-only' : 'font-medium'}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': problem === undefined ? undefined : true,
      })}
      {hasHint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className="text-sm text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = FieldProps & InputHTMLAttributes<HTMLInputElement>;
export const TextField = ({ label, hint, problem, isLabelHidden, className = '', ...rest }: TextFieldProps) => (
  <Field {...{ label, hint, problem, isLabelHidden }}>
    {(tied) => <input type="text" autoComplete="off" {...rest} {...tied} className={`${CONTROL} h-8 ${className}`} />}
  </Field>
);

type TextAreaProps = FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>;
export const TextArea = ({ label, hint, problem, isLabelHidden, ...rest }: TextAreaProps) => (
  <Field {...{ label, hint, problem, isLabelHidden }}>
    {(tied) => <textarea rows={3} {...rest} {...tied} className={`${CONTROL} py-1.5`} />}
  </Field>
);

type SelectFieldProps = FieldProps &
  SelectHTMLAttributes<HTMLSelectElement> & { readonly options: readonly (readonly [value: string, text: string])[] };
export const SelectField = ({ label, hint, problem, isLabelHidden, options, ...rest }: SelectFieldProps) => (
  <Field {...{ label, hint, problem, isLabelHidden }}>
    {(tied) => (
      <select {...rest} {...tied} className={`${CONTROL} h-8`}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    )}
  </Field>
);

type CheckboxProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'type'> & {
  readonly label: string;
  readonly isLabelHidden?: boolean;
};
export const Checkbox = ({ label, isLabelHidden = false, ...rest }: CheckboxProps) => (
  <label className="inline-flex items-center gap-2">
    <input type="checkbox" {...rest} className="size-4 accent-accent-fill" />
    <span className={isLabelHidden ? 'sr-only' : ''}>{label}</span>
  </label>
);

type InstantFieldProps = Omit<TextFieldProps, 'value' | 'onChange' | 'type'> & {
  /** RFC 3339; undefined when empty. */
  readonly value: string | undefined;
  readonly onInstant: (instant: string | undefined) => void;
};
const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const InstantField = ({ value, onInstant, hint, ...rest }: InstantFieldProps) => (
  <TextField
    {...rest}
    hint={hint ?? `In ${BROWSER_ZONE}, this browser’s zone.`}
    type="datetime-local"
    value={value === undefined ? '' : localOf(value)}
    onChange={({ target }) => onInstant(instantOf(target.value))}
  />
);
