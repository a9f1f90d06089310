/** Whether a page that nobody is signed in for any more goes to the sign-in by itself. Pure. */

/** Who comes from the sign-in and is sent there again so soon was signed in all the time. */
const SOON_MS = 15_000;

export interface Leave {
  /** When this tab went there last, in milliseconds since 1970. */
  readonly leftAt: number | undefined;
  readonly now: number;
  /** Something is typed, which would be lost. */
  readonly isBusy: boolean;
}

/** `stay`: from now on, since going there leads back here at once. */
export function whetherToLeave({ leftAt, now, isBusy }: Leave): 'leave' | 'wait' | 'stay' {
  if (leftAt !== undefined && now - leftAt < SOON_MS) return 'stay';
  return isBusy ? 'wait' : 'leave';
}
