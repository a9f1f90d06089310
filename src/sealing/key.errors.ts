/** Refusals that are about keys. */
import { Refusal } from '../refusals.ts';

/** Passwords are sealed under the key: it cannot be destroyed. */
export class KeyInUseError extends Refusal {
  readonly code = 'KEY_IN_USE';
  /** How many entries have a password that is sealed under it. */
  readonly inUseCount: number;

  constructor(inUseCount: number) {
    const entries = inUseCount === 1 ? 'The password of 1 entry is' : `The passwords of ${inUseCount} entries are`;
    super(
      `${entries} sealed under this key. Seal them anew with "resealEntries", wait until "latestResealing" is FINISHED, then retire the key.`,
    );
    this.inUseCount = inUseCount;
  }
}
