/**
 * Answers that are kept to be shown at once when somebody comes back: those that are looked at, and
 * the last few that were. Pure.
 */

export interface Answers<Answer> {
  readonly get: (key: number) => Answer | undefined;
  /** `types`: of the objects in it. */
  readonly put: (key: number, answer: Answer, types: ReadonlySet<string>) => void;
  readonly look: (key: number) => void;
  /** Nobody looks at it any more. */
  readonly leave: (key: number) => void;
  /** Forgets what holds objects of these types, since they have changed; what comes back was forgotten. */
  readonly forget: (types: ReadonlySet<string>) => Answer[];
  readonly size: () => number;
}

/** `most`: so many that nobody looks at stay. */
export function createAnswers<Answer>(most: number): Answers<Answer> {
  // In the order in which they came or were left: the first is the oldest.
  const kept = new Map<number, { readonly answer: Answer; readonly types: ReadonlySet<string> }>();
  const looked = new Set<number>();

  const drop = (): void => {
    const left = [...kept.keys()].filter((key) => !looked.has(key));
    for (const key of left.slice(0, Math.max(0, left.length - most))) kept.delete(key);
  };
  return {
    get: (key) => kept.get(key)?.answer,
    put: (key, answer, types) => {
      kept.delete(key);
      kept.set(key, { answer, types });
      drop();
    },
    look: (key) => looked.add(key),
    leave: (key) => {
      looked.delete(key);
      const found = kept.get(key);
      if (found === undefined) return;
      kept.delete(key);
      kept.set(key, found);
      drop();
    },
    forget: (types) => {
      const gone: Answer[] = [];
      for (const [key, { answer, types: held }] of kept) {
        if (![...held].some((type) => types.has(type))) continue;
        kept.delete(key);
        gone.push(answer);
      }
      return gone;
    },
    size: () => kept.size,
  };
}

/** The types of all objects in an answer. */
export function typesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const part of value) typesIn(part, found);
  else if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value))
      if (name === '__typename' && typeof part === 'string') found.add(part);
      else typesIn(part, found);
  return found;
}
