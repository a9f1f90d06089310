/** Looks up many names with limited concurrency. Pure apart from the given `find`. */

/** Thrown by `find` when there was no response, so that the name can be looked up again later. */
export class NotAnswered extends Error {}

export interface LookedUp<Found> {
  readonly found: ReadonlyMap<string, Found>;
  /** Why the lookup stopped early; names without a response are missing from `found`. */
  readonly problem: string | undefined;
}

interface LookUpOptions<Found> {
  readonly find: (name: string) => Promise<Found>;
  readonly atATime: number;
  /** The lookup stops once this returns false. */
  readonly isWanted: () => boolean;
}

/** Stops at the first lookup without a response, since the others would fail as well. */
export async function lookUp<Found>(
  names: readonly string[],
  { find, atATime, isWanted }: LookUpOptions<Found>,
): Promise<LookedUp<Found>> {
  const waiting = [...names];
  const found = new Map<string, Found>();
  let problem: string | undefined;
  const work = async (): Promise<void> => {
    while (isWanted() && problem === undefined) {
      const name = waiting.shift();
      if (name === undefined) return;
      try {
        found.set(name, await find(name));
      } catch (error) {
        if (!(error instanceof NotAnswered)) throw error;
        problem = error.message;
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return { found, problem };
}
