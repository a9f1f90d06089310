/** The state of a key, from its row, and why a key cannot be retired. */

/** What decides a key's state. */
export interface KeyTimes {
  readonly activatedAt: Date;
  readonly supersededAt: Date | null;
  readonly retiredAt: Date | null;
}

export type KeyState = 'pending' | 'active' | 'superseded' | 'retired';

/** Returns the state at a time. A key is superseded when the next key of its purpose becomes active. */
export function keyState({ activatedAt, supersededAt, retiredAt }: KeyTimes, now: Date): KeyState {
  if (retiredAt !== null) return 'retired';
  if (activatedAt > now) return 'pending';
  return supersededAt !== null && supersededAt <= now ? 'superseded' : 'active';
}

/** Returns why a key cannot be retired in this state; undefined if it can be (or already is). */
export function retireProblem(purpose: string, state: KeyState): string | undefined {
  if (purpose !== 'seal')
    return 'Only keys that encrypt passwords can be retired: the others verify existing records and are kept.';
  if (state === 'active' || state === 'pending')
    return 'This key encrypts new passwords, or will in a moment. Create another key with "rotateEncryptionKey" first, and re-encrypt with "resealEntries".';
  return undefined;
}
