/**
 * Who goes by keyboard is never left nowhere: what is done often takes away the button that did it,
 * and a browser then forgets where one was. The heading of what stood around it gets the focus.
 */

/** What has a heading of its own. */
const PARTS = 'dialog, section, article, main';

/** An element, and all that it stands in, from the inside out: once it is gone nothing tells that any more. */
interface Place {
  readonly element: HTMLElement;
  readonly around: readonly Element[];
}

export function placeOf(element: HTMLElement): Place {
  const around: Element[] = [];
  for (let at = element.parentElement; at !== null; at = at.parentElement) around.push(at);
  return { element, around };
}

/** To the element; when it is gone, to the nearest heading around it. */
export function goToPlace({ element, around }: Place): void {
  if (element.isConnected) element.focus();
  else if (!around.some((part) => part.isConnected && part.matches(PARTS) && goToHeading(part)))
    // It stood apart, as menus do.
    goToHeading(document.querySelector('dialog:modal') ?? document.querySelector('main'));
}

/** Whether it has the focus now: what is hidden, or lies behind a dialog, cannot have it. */
function goToHeading(part: Element | null): boolean {
  const heading = part?.querySelector<HTMLElement>('h1, h2, h3') ?? null;
  if (heading === null) return false;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  return document.activeElement === heading;
}

const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** As long as menus, dialogs and new pages take to say themselves where one is then. */
const OTHERS_FIRST_MS = 50;

/** Looks after the focus from now on. */
export function keepFocus(): void {
  let place: Place | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLost = (): boolean => place !== undefined && !place.element.isConnected && isNowhere();
  document.addEventListener('focusin', ({ target }) => {
    place = target instanceof HTMLElement ? placeOf(target) : undefined;
  });
  // Whoever clicks beside everything wants to be nowhere.
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
