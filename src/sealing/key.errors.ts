/** Refusals that are about keys. */
import { Refusal } from '../refusals.ts';
import type { Usage } from './key-usage.ts';

/** The key cannot be destroyed: something is still encrypted under it. */
export class KeyInUseError extends Refusal {
  readonly code = 'KEY_IN_USE';
  /** How many entries have a password that is encrypted under it. */
  readonly inUseCount: number;
  /** How many webhook secrets are encrypted under it. */
  readonly secretCount: number;

  constructor({ entryCount, secretCount }: Usage) {
    const entries = entryCount === 1 ? 'The password of 1 entry' : `The passwords of ${entryCount} entries`;
    const secrets = secretCount === 1 ? '1 secret of a webhook' : `${secretCount} secrets of webhooks`;
    const what = secretCount === 0 ? entries : entryCount === 0 ? secrets : `${entries} and ${secrets}`;
    const are = entryCount + secretCount === 1 ? 'is' : 'are';
    super(`${what} ${are} encrypted with this key. Re-encrypt first (resealEntries); then the key can be retired.`);
    this.inUseCount = entryCount;
    this.secretCount = secretCount;
  }
}
