/** Decides whether a page whose session has ended redirects to the sign-in automatically. Pure. */

/** A 401 this soon after a redirect to the sign-in means that the user was signed in already: another would loop. */
const SOON_MS = 15_000;

export interface Leave {
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
