/** Redirects a page whose session has ended to the sign-in and back. */

/* Decides whether a page whose session has ended redirects to the sign-in automatically. Pure. */

/** A 401 this soon after a redirect to the sign-in means that the user was signed in already: another would loop. */
const SOON_MS = 15_000;

interface Leave {
  /** When this tab last went to the sign-in, in milliseconds since 1970. */
  readonly leftAt: number | undefined;
  readonly now: number;
  /** The user has typed something that would be lost. */
  readonly isBusy: boolean;
}

/** `stay`: never redirect from now on, because the sign-in leads straight back here. */
export function whetherToLeave({ leftAt, now, isBusy }: Leave): 'leave' | 'wait' | 'stay' {
  if (leftAt !== undefined && now - leftAt < SOON_MS) return 'stay';
  return isBusy ? 'wait' : 'leave';
}

/** In the tab's session storage, because a reloaded page has no other knowledge of the previous one. */
const LEFT_AT = 'left-for-sign-in';

let isLeaving = false;
let isStaying = false;

/** The sign-in's address, with the current page as the one to return to. */
export function signInAddress(): string {
  const { pathname, search } = window.location;
  return `/sign-in?returnTo=${encodeURIComponent(pathname + search)}`;
}

/** Call it when a request got status 401. */
export function notSignedIn(): void {
  if (isLeaving || isStaying) return;
  const leftAt = Number(sessionStorage.getItem(LEFT_AT) ?? Number.NaN);
  const isBusy = isTyping();
  const next = whetherToLeave({ leftAt: Number.isNaN(leftAt) ? undefined : leftAt, now: Date.now(), isBusy });
  isStaying = next === 'stay';
  if (next !== 'leave') return;
  isLeaving = true;
  sessionStorage.setItem(LEFT_AT, String(Date.now()));
  window.location.assign(signInAddress());
}

function isTyping(): boolean {
  const focused = document.activeElement;
  const isField = focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement;
  return (isField && focused.value !== '') || document.querySelector('dialog[open]') !== null;
}
