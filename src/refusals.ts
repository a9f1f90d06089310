/**
 * A refusal is an expected "no" that the caller can act on: operations throw it, and the API
 * answers it as data (a member of the mutation's result union). Everything else that is
 * thrown is a fault: masked for the caller, logged once. A message says what to do next.
 */
export abstract class Refusal extends Error {
  /** A value of the enum MutationErrorCode: scripts decide by it, never by the message. */
  abstract readonly code: string;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** One problem with one input field. */
export interface InputIssue {
  /** The way to the field from the mutation's input, for example `['items', '3', 'username']`. */
  readonly path: readonly string[];
  readonly message: string;
  /** SCREAMING_SNAKE, for example `TOO_SHORT`. */
  readonly code: string;
}

/** The input has the right shape but means nothing that can be done; lists every problem at once. */
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

/** The object exists, but its state does not allow this; the message says what would. */
export class InvalidStateError extends Refusal {
  readonly code = 'INVALID_STATE';
}
