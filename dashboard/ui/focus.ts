/**
 * Keeps a keyboard user's position. An action often removes the button that started it, and the browser then drops the
 * focus; this moves the focus to the heading of the section around the removed element.
 */

import { useEffect, useState } from 'react';

/** Elements that have a heading of their own. */
const PARTS = 'dialog, section, article, main';

/** An element and its ancestors, innermost first, stored because a removed element no longer has them. */
interface Place {
  readonly element: HTMLElement;
  readonly around: readonly Element[];
}

export function placeOf(element: HTMLElement): Place {
  const around: Element[] = [];
  for (let at = element.parentElement; at !== null; at = at.parentElement) around.push(at);
  return { element, around };
}

/** Focuses the element, or the nearest heading around it if the element was removed. */
export function goToPlace({ element, around }: Place): void {
  if (element.isConnected) element.focus();
  else if (!around.some((part) => part.isConnected && part.matches(PARTS) && goToHeading(part)))
    // The element was outside of any section, as menus are.
    goToHeading(document.querySelector('dialog:modal') ?? document.querySelector('main'));
}

/** Returns whether the heading got the focus: a hidden one, or one behind a dialog, cannot. */
function goToHeading(part: Element | null): boolean {
  const heading = part?.querySelector<HTMLElement>('h1, h2, h3') ?? null;
  if (heading === null) return false;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  return document.activeElement === heading;
}

const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** The time that menus, dialogs and new pages need to set the focus themselves. */
const OTHERS_FIRST_MS = 50;

/** Starts to watch the focus. */
export function keepFocus(): void {
  let place: Place | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLost = (): boolean => place !== undefined && !place.element.isConnected && isNowhere();
  document.addEventListener('focusin', ({ target }) => {
    place = target instanceof HTMLElement ? placeOf(target) : undefined;
  });
  // A click outside of every control removes the focus on purpose.
  document.addEventListener('pointerdown', () =>
    setTimeout(() => {
      if (isNowhere() && place?.element.isConnected === true) place = undefined;
    }),
  );
  new MutationObserver(() => {
    if (timer !== undefined || !isLost()) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (place !== undefined && isLost()) goToPlace(place);
    }, OTHERS_FIRST_MS);
  }).observe(document.body, { childList: true, subtree: true });
}

const PAUSE_MS = 200;

/** Returns the typed text once typing pauses, for queries that run while the user types. */
export function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return settled;
}
