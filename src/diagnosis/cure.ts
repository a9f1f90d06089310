/** Why something is not moving, and what helps: what explanations of entries, schedules and alerts share. */

/** What an operator can do: one mutation with its input. */
export interface Cure {
  /** What it does, for a button. */
  readonly label: string;
  /** The mutation's name, and the input to send; the operator fills in what is null in it. */
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Something that stands in the way; `kind` is the name of its type in the API. */
export interface BlockerOf<K extends string> {
  readonly kind: K;
  /** The code of the failure or condition; left out: the kind in SCREAMING_SNAKE. */
  readonly code?: string;
  /** What it is, without instants: a page formats `at` in its reader's time zone. */
  readonly message: string;
  /** When it ends, or may end; left out or null when that is not known. */
  readonly at?: Date | null;
  /** Which one: the name or key of what it is about; left out or null where there is only one. */
  readonly subject?: string | null;
  readonly cure: Cure | null;
}

export interface ExplanationOf<B extends BlockerOf<string>> {
  readonly summary: string;
  readonly blockers: readonly B[];
  /** When something next changes automatically; null when nothing will, or when it may at any moment. */
  readonly nextChangeAt: Date | null;
}
