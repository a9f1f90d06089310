/**
 * Which master key: a wrong or missing one is refused before anything is touched, and a new one
 * is made only for an embedded database that holds no key ring yet.
 */
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { StartError } from '../database/start-error.ts';
import { hasKeyRing, verifyMasterKey } from '../sealing/key-ring.ts';
import {
  embeddedMasterKeyPath,
  type MasterKey,
  makeEmbeddedMasterKey,
  parseMasterKey,
  readEmbeddedMasterKey,
  readMasterKeyFile,
} from '../sealing/master-key.ts';

/** Finds the master key and proves it. Throws StartError or MasterKeyError, having changed nothing. */
export async function masterKeyFor(config: Config, db: Database, isEmbedded: boolean): Promise<MasterKey> {
  const master = givenKey(config) ?? (isEmbedded ? readEmbeddedMasterKey(config.DATA_DIR) : undefined);
  if (master !== undefined) {
    await verifyMasterKey(db, master);
    return master;
  }
  if (await hasKeyRing(db)) {
    throw new StartError(
      `The database holds a key ring, but its master key is missing: ${embeddedMasterKeyPath(config.DATA_DIR)} is gone. Restore that file from a backup, or give the key as MASTER_KEY; nothing was changed.`,
    );
  }
  return makeEmbeddedMasterKey(config.DATA_DIR);
}

function givenKey(config: Config): MasterKey | undefined {
  if (config.MASTER_KEY !== undefined) return parseMasterKey(config.MASTER_KEY, 'MASTER_KEY');
  if (config.MASTER_KEY_FILE !== undefined) return readMasterKeyFile(config.MASTER_KEY_FILE);
  return undefined;
}
