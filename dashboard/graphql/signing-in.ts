/** The way to the sign-in and back, of a page that nobody is signed in for any more. */
import { whetherToLeave } from './signing-in.rules.ts';

/** In the tab's own storage: a page that was loaded anew knows nothing else of the one before. */
const LEFT_AT = 'left-for-sign-in';

let isLeaving = false;
let isStaying = false;

/** Where one signs in and comes back to what is shown now. */
export function signInAddress(): string {
  const { pathname, search } = window.location;
  return `/sign-in?returnTo=${encodeURIComponent(pathname + search)}`;
}

/** A request was answered with 401. */
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
