/** The common types for explanations of entries, schedules and alerts: why something is stuck, and what helps. */

/** A fix that an operator can apply: one mutation with its input. */
export interface Cure {
  /** What it does, for a button. */
  readonly label: string;
  /** The mutation's name; the operator fills in the fields of `input` that are null. */
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Something that blocks progress; `kind` is the name of its type in the API. */
export interface BlockerOf<K extends string> {
  readonly kind: K;
  /** The code of the failure or condition; left out: the kind in SCREAMING_SNAKE. */
  readonly code?: string;
  /** What it is, without timestamps: a page formats `at` in the reader's time zone. */
  readonly message: string;
  /** When it ends, or may end; left out or null when unknown. */
  readonly at?: Date | null;
  /** The name or key of the object that it is about; left out or null if there is only one. */
  readonly subject?: string | null;
  readonly cure: Cure | null;
}

export interface ExplanationOf<B extends BlockerOf<string>> {
  readonly summary: string;
  readonly blockers: readonly B[];
  /** When something changes automatically next; null if nothing will, or if it may at any moment. */
  readonly nextChangeAt: Date | null;
}
