/** Whoever sends a form that is refused is brought to the first field in which something is wrong. */
import { type RefObject, useEffect, useRef } from 'react';

/** For the form; `problems`: another object whenever it was sent in vain, empty while it is only filled in. */
export function useFirstProblem(problems: object): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (Object.keys(problems).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problems]);
  return form;
}
