/**
 * The master key: 32 bytes that wrap the key ring and are never in the database. With the
 * embedded database it is made once, in the data folder; else it is given.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MasterKey {
  readonly key: Buffer;
  /** Tells master keys apart without telling anything of them; stored beside what they wrap. */
  readonly id: string;
  /** For messages: where it came from. */
  readonly source: string;
}

/** A master key that cannot be used; the message is for the operator. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/** Reads base64 (or base64url, or hex) of exactly 32 bytes. */
export function parseMasterKey(text: string, source: string): MasterKey {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== 32 || !/^[\w+/=-]+$/.test(trimmed)) {
    throw new MasterKeyError(
      `${source} does not hold a master key: 32 bytes in base64 are needed, as "openssl rand -base64 32" prints them.`,
    );
  }
  const id = createHash('sha256').update('family-hub-jobs master key id').update(key).digest('base64url').slice(0, 12);
  return { key, id, source };
}

/** Reads the master key from a file, which the setting names. */
export function readMasterKeyFile(path: string, setting = 'MASTER_KEY_FILE'): MasterKey {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new MasterKeyError(
      `The master key file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}). Set ${setting} to a file that this user may read.`,
    );
  }
  return parseMasterKey(text, path);
}

/** Where the embedded database's master key lies. */
export const embeddedMasterKeyPath = (dataDir: string): string => join(dataDir, 'master.key');

/** The embedded database's master key, if its file exists. */
export function readEmbeddedMasterKey(dataDir: string): MasterKey | undefined {
  const path = embeddedMasterKeyPath(dataDir);
  try {
    return parseMasterKey(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the embedded database's master key, readable by this user only; the first of two processes wins. */
export function makeEmbeddedMasterKey(dataDir: string): MasterKey {
  const path = embeddedMasterKeyPath(dataDir);
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return parseMasterKey(readFileSync(path, 'utf8'), path);
}

/**
 * Puts another master key in the embedded one's place, once the key ring is under it. The former
 * stays beside it, by its id, for dumps and backups that were made under it; answers its path.
 */
export function replaceEmbeddedMasterKey(dataDir: string, former: MasterKey, master: MasterKey): string {
  const path = embeddedMasterKeyPath(dataDir);
  const kept = `${path}.${former.id}.old`;
  copyFileSync(path, kept);
  // Renamed into place: whoever reads it finds one or the other, never half of one.
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, `${master.key.toString('base64')}\n`, { mode: 0o600 });
  renameSync(fresh, path);
  return kept;
}
