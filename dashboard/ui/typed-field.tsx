/** A text field of a filter: what is typed is taken a moment after the last key, or at Enter. */
import { useEffect, useRef, useState } from 'react';
import { TextField } from './field.tsx';

interface TypedFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly placeholder?: string;
  readonly problem?: string | undefined;
  /** The id of a datalist with what is likely. */
  readonly list?: string;
}

const PAUSE_MS = 350;

export function TypedField({ label, value, onText, placeholder, problem, list }: TypedFieldProps) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setTyped(value);
    return () => clearTimeout(timer.current);
  }, [value]);
  const take = (text: string): void => {
    clearTimeout(timer.current);
    if (text.trim() !== value) onText(text.trim());
  };
  return (
    <TextField
      label={label}
      placeholder={placeholder}
      problem={problem}
      list={list}
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
