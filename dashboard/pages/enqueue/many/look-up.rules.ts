/** Looks many things up, a few at a time, and gathers what was answered. Pure but for what it is given. */

/** Thrown for what was asked and not answered: asked again, it may be. */
export class NotAnswered extends Error {}

export interface LookedUp<Found> {
  readonly found: ReadonlyMap<string, Found>;
  /** Why not all were answered; those that were not are missing from `found`. */
  readonly problem: string | undefined;
}

interface LookUpOptions<Found> {
  readonly find: (name: string) => Promise<Found>;
  readonly atATime: number;
  /** Ends early once it says no. */
  readonly isWanted: () => boolean;
}

/** Ends early at the first that is not answered, since the others would not be either. */
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
