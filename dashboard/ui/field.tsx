/** Form fields: a label, a hint and an error message, linked to the control for screen readers. */

import {
  type InputHTMLAttributes,
  type ReactNode,
  type RefObject,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { instantOf, localOf } from './instants.rules.ts';

interface FieldProps {
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

/* A text field of a filter: the filter changes a moment after the last key, or on Enter. */

interface TypedFieldProps extends FieldProps, Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange'> {
  readonly value: string;
  readonly onText: (text: string) => void;
  /** Converts the text to the filter's value; by default, it trims the text. */
  readonly takenAs?: (text: string) => string;
}

const PAUSE_MS = 350;
const trimmed = (text: string): string => text.trim();

export function TypedField({ value, onText, takenAs = trimmed, ...rest }: TypedFieldProps) {
  const [typed, setTyped] = useState(value);
  const [before, setBefore] = useState(value);
  if (before !== value) {
    setBefore(value);
    // Keeps the text as typed while its value is the current one: the user may continue after a space.
    if (takenAs(typed) !== value) setTyped(value);
  }
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what waits to be taken is void once another value holds.
  useEffect(() => () => clearTimeout(timer.current), [value]);
  // The page may have changed since the key was pressed.
  const latest = useRef({ value, onText });
  latest.current = { value, onText };
  const take = (text: string): void => {
    clearTimeout(timer.current);
    if (takenAs(text) !== latest.current.value) latest.current.onText(takenAs(text));
  };
  return (
    <TextField
      {...rest}
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => take(target.value), PAUSE_MS);
      }}
      onKeyDown={({ key, currentTarget }) => key === 'Enter' && take(currentTarget.value)}
    />
  );
}

/* Moves the focus to the first invalid field when a submitted form is refused. */

/**
 * Returns the ref for the form. `problems`: a new object after each refused submission, empty while the form is filled
 * in.
 */
export function useFirstProblem(problems: object): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (Object.keys(problems).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problems]);
  return form;
}
