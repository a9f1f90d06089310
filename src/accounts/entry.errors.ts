/** Refusals about entries. */
import { Refusal } from '../refusals.ts';

/** A user or another active entry has the username. */
export class UsernameTakenError extends Refusal {
  readonly code = 'USERNAME_TAKEN';
  readonly username: string;

  /** `by`: what has the username: a user, an active entry, or an earlier item of the same request, counted from 0. */
  constructor(username: string, by: 'user' | 'entry' | { readonly item: number }) {
    super(
      typeof by === 'object'
        ? `Item ${by.item} of this request already has the username "${username}". Choose another, or leave this item out.`
        : by === 'user'
          ? `The username "${username}" belongs to a user already. Choose another.`
          : `The username "${username}" is taken by an entry that is still being created. Wait for its outcome, cancel it, or choose another name.`,
    );
    this.username = username;
  }
}

/** This item of an atomic request is valid, but another one was refused, so nothing was enqueued. */
export class NotAttemptedError extends Refusal {
  readonly code = 'NOT_ATTEMPTED';

  constructor() {
    super(
      'Nothing is wrong with this item, but another one was refused, and the request is atomic. Fix or leave out the refused items and send it again.',
    );
  }
}

/** The entry's password was destroyed; a retry needs a new one. */
export class PasswordDestroyedError extends Refusal {
  readonly code = 'PASSWORD_DESTROYED';
}

/** An earlier attempt may have created the account, or its request may still create it; a lookup cannot tell yet. */
export class OutcomeUnknownError extends Refusal {
  readonly code = 'OUTCOME_UNKNOWN';
}
