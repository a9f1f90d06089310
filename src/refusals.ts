/**
 * A refusal is an expected "no" that the caller can act on: operations throw it, and the API returns it as
 * data (a member of the mutation’s result union). Everything else that is thrown is a fault: masked for the
 * caller, logged once. A refusal’s message says what to do next.
 */
export abstract class Refusal extends Error {
  /** Scripts check this code, never the message. */
  abstract readonly code: RefusalCode;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Every refusal code and its meaning: the enum MutationErrorCode. */
export const REFUSAL_CODES = {
  INVALID_INPUT: 'The input is not valid; `issues` lists every problem.',
  NOT_FOUND: 'What the input names does not exist.',
  INVALID_STATE: 'The current state of the object does not allow this.',
  USERNAME_TAKEN: 'Another user or active entry has the username.',
  PASSWORD_DESTROYED: 'The entry’s password is destroyed; the retry needs a new one.',
  OUTCOME_UNKNOWN: 'An earlier attempt may have created the account, and the identity provider cannot be checked now.',
  NOT_ATTEMPTED: 'This item is valid, but another item of an atomic request was refused.',
  IDEMPOTENCY_CONFLICT: 'The idempotency key was used with another input.',
  KEY_IN_USE: 'The key still encrypts passwords or secrets of webhooks; re-encrypt them first.',
  JOB_ALREADY_RUNNING: 'The job is already running; a job never overlaps itself.',
} as const;

export type RefusalCode = keyof typeof REFUSAL_CODES;

/** One problem with one input field. */
export interface InputIssue {
  /** The path from the mutation’s input to the field, for example `['items', '3', 'username']`. */
  readonly path: readonly string[];
  readonly message: string;
  /** SCREAMING_SNAKE, for example `TOO_SHORT`. */
  readonly code: string;
}

/** The input has the right types but invalid values; lists every problem at once. */
export class InvalidInputError extends Refusal {
  readonly code = 'INVALID_INPUT';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join(' '));
    this.issues = issues;
  }
}

/** What the input names does not exist. */
export class NotFoundError extends Refusal {
  readonly code = 'NOT_FOUND';
}

/** The object exists, but its state does not allow this; the message says which state would. */
export class InvalidStateError extends Refusal {
  readonly code = 'INVALID_STATE';
}
