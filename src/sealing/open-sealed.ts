/**
 * What to do where a node's ring may be older than the database's: read it again, once. Off the
 * common road: nothing here is waited for while the ring is as it should be.
 */
import { sqlStateOf } from '../database/violations.ts';
import { type KeyRing, UnknownKeyError } from './key-ring.ts';

/**
 * Opens a sealed password; under a key that this node does not know yet, the ring is read again
 * first. Throws UnsealError when it cannot be opened, and whatever reading the ring throws.
 */
export async function openSealed(keyRing: KeyRing, sealed: string, entryId: string): Promise<string> {
  try {
    return keyRing.unseal(sealed, entryId);
  } catch (error) {
    if (!(error instanceof UnknownKeyError)) throw error;
  }
  await keyRing.refresh();
  return keyRing.unseal(sealed, entryId);
}

/** The code with which the entries' table refuses what is sealed under a closed key. */
const CLOSED_KEY = '55000';

/**
 * Does what seals passwords and writes them; where the database refuses the key because it was
 * closed while this node did not look, the ring is read again and all of it done once more.
 */
export async function sealingAgain<T>(keyRing: KeyRing, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlStateOf(error) !== CLOSED_KEY) throw error;
  }
  await keyRing.refresh();
  return work();
}
