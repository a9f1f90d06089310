/** Moves the focus to the first invalid field when a submitted form is refused. */
import { type RefObject, useEffect, useRef } from 'react';

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
