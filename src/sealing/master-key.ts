/**
 * The master key: 32 bytes that wrap the key ring and are never in the database. With the embedded database
 * it is created once, in the data folder; otherwise it is configured.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MasterKey {
  readonly key: Buffer;
  /** Identifies the master key and reveals nothing about it; stored beside what the key wraps. */
  readonly id: string;
  /** For messages: where it came from. */
  readonly source: string;
}

/** A master key that cannot be used; the message is for the operator. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/** Parses base64 (or base64url, or hex) of exactly 32 bytes. Throws MasterKeyError. */
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

/** Reads the master key from a file, which the setting names. Throws MasterKeyError. */
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

/** The path of the embedded database's master key. */
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

/** Creates the embedded database's master key, readable by this user only. Returns an existing one unchanged. */
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
 * Replaces the embedded database's master key, once the ring is wrapped under the new one. The former stays
 * beside it, in a file named by its id, for dumps and backups from its time. Returns that file's path.
 */
export function replaceEmbeddedMasterKey(dataDir: string, former: MasterKey, master: MasterKey): string {
  const path = embeddedMasterKeyPath(dataDir);
  const kept = `${path}.${former.id}.old`;
  copyFileSync(path, kept);
  // Renamed into place: a reader finds the former or the new key, never a partial one.
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, `${master.key.toString('base64')}\n`, { mode: 0o600 });
  renameSync(fresh, path);
  return kept;
}
