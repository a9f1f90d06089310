/**
 * Watches the key ring: at each heartbeat, and when another node changed it, reads the ring again
 * and stores which key this node encrypts under now. When a key was last used is stored at most once
 * a minute.
 */
import type { Database } from '../database/database.ts';
import type { KeyRing } from './key-ring.ts';
import { reportKeys } from './key-usage.ts';

const USE_INTERVAL_MS = 60_000;

export interface KeyWatchOptions {
  readonly db: Database;
  readonly keyRing: KeyRing;
  readonly nodeId: string;
}

export interface KeyWatch {
  /** Call at each heartbeat. If the ring cannot be read or decrypted, logs that; other work continues. */
  look(): Promise<void>;
  /** Call when another node changed the ring. */
  changed(): void;
}

export function createKeyWatch({ db, keyRing, nodeId }: KeyWatchOptions): KeyWatch {
  let reported: string | undefined;
  let used: string | undefined;
  let writtenKey: string | undefined;
  let writtenAt = Number.NEGATIVE_INFINITY;

  const complain = (error: unknown): void => db.outage.warn(error, 'The key ring could not be read again');
  const report = async (): Promise<void> => {
    const keyId = keyRing.sealingKeyId;
    if (keyId === reported) return;
    await reportKeys(db, nodeId, keyRing);
    reported = keyId;
  };
  const writeUse = async (): Promise<void> => {
    used = keyRing.takeUse() ?? used;
    if (used === undefined || (used === writtenKey && performance.now() - writtenAt < USE_INTERVAL_MS)) return;
    const keyId = used;
    used = undefined;
    writtenKey = keyId;
    writtenAt = performance.now();
    await db.query('UPDATE auth.data_protection_keys SET last_used_at = now() WHERE id = $1', [keyId]);
  };

  return {
    look: () => keyRing.refresh().then(report).then(writeUse).catch(complain),
    changed: () => void keyRing.refresh().then(report).catch(complain),
  };
}
