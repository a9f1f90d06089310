/** A text field of a filter: the filter changes a moment after the last key, or on Enter. */
import { type InputHTMLAttributes, useEffect, useRef, useState } from 'react';
import { type FieldProps, TextField } from './field.tsx';

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
