/** The refusals of this noun. */
import { Refusal } from '../refusals.ts';

/** Another user or active entry has the name. */
export class UsernameTakenError extends Refusal {
  readonly code = 'USERNAME_TAKEN';
  readonly username: string;

  constructor(username: string, by: 'user' | 'entry') {
    super(
      by === 'user'
        ? `The username "${username}" belongs to a user already. Choose another.`
        : `The username "${username}" is taken by an entry that is still being created. Wait for its outcome, cancel it, or choose another name.`,
    );
    this.username = username;
  }
}

/** The entry's password is gone; a retry needs a new one. */
export class PasswordDestroyedError extends Refusal {
  readonly code = 'PASSWORD_DESTROYED';
}

/** An earlier attempt may have made the account, and the provider cannot be asked. */
export class OutcomeUnknownError extends Refusal {
  readonly code = 'OUTCOME_UNKNOWN';
}
