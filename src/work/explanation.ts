/** Why something is not moving: what explanations of entries, schedules and alerts have in common. */

/** What can be done about a blocker: one mutation. */
export interface Cure {
  /** What it does, for a button. */
  readonly label: string;
  /** The mutation's name, and the input to send; what is null in it may have to be filled in. */
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Something that stands in the way; `kind` is the name of its type in the API. */
export interface BlockerOf<K extends string> {
  readonly kind: K;
  readonly message: string;
  readonly cure: Cure | null;
}

export interface ExplanationOf<B extends BlockerOf<string>> {
  readonly summary: string;
  readonly blockers: readonly B[];
  /** The next instant at which something changes by itself; null when nothing will, or when it may at any moment. */
  readonly nextChangeAt: Date | null;
}
