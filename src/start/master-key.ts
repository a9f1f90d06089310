/**
 * Finds the master key. A wrong or missing one is refused before anything is changed, and a new one is
 * created only for an embedded database without a key ring. While the master key is being replaced, a node
 * has both, and each start logs the next step.
 */
import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import { StartError } from '../database/start-error.ts';
import { verifyMasterKey } from '../sealing/key-ring.ts';
import {
  embeddedMasterKeyPath,
  type MasterKey,
  makeEmbeddedMasterKey,
  parseMasterKey,
  readEmbeddedMasterKey,
  readMasterKeyFile,
  replaceEmbeddedMasterKey,
} from '../sealing/master-key.ts';
import { hasKeyRing, type MasterKeys } from '../sealing/wrapped-keys.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * Finds the master key, and the new one if there is one, and verifies that they open the key ring. Throws
 * StartError or MasterKeyError; in that case nothing has been changed.
 */
export async function masterKeysFor(
  config: Config,
  db: Database,
  isEmbedded: boolean,
  logger: Logger,
): Promise<MasterKeys> {
  const given = givenKey(config.MASTER_KEY, 'MASTER_KEY', config.MASTER_KEY_FILE);
  const next = givenKey(config.NEW_MASTER_KEY, 'NEW_MASTER_KEY', config.NEW_MASTER_KEY_FILE);
  const present = given ?? (isEmbedded ? readEmbeddedMasterKey(config.DATA_DIR) : undefined);
  if (present === undefined) return [await firstKey(config, db, next)];
  if (next === undefined || next.id === present.id) {
    await verifyMasterKey(db, present);
    if (next !== undefined)
      logger.warn('NEW_MASTER_KEY is the master key that is in use: leave it out at the next start');
    return [present];
  }
  const ids = await verifyMasterKey(db, present, next);
  const isWhollyUnderNext = ids.size === 1 && ids.has(next.id);
  if (isWhollyUnderNext && given === undefined) {
    const kept = replaceEmbeddedMasterKey(config.DATA_DIR, present, next);
    logger.warn(
      `The key ring is under the new master key, which is in ${embeddedMasterKeyPath(config.DATA_DIR)} now: leave out NEW_MASTER_KEY at the next start. The former is kept in ${kept}, for backups made under it`,
    );
    return [next];
  }
  logger.warn(
    isWhollyUnderNext
      ? `The key ring is under the new master key (id ${next.id}): at the next start give it as MASTER_KEY, and leave out the old one`
      : `Two master keys are given (old id ${present.id}, new id ${next.id}): once every node has both, the mutation wrapWithNewMasterKey brings the key ring under the new one`,
  );
  return [present, next];
}

/** Creates the master key of an embedded database, if it has no key ring yet. Throws StartError otherwise. */
async function firstKey(config: Config, db: Database, next: MasterKey | undefined): Promise<MasterKey> {
  if (await hasKeyRing(db)) {
    throw new StartError(
      `The database holds a key ring, but its master key is missing: ${embeddedMasterKeyPath(config.DATA_DIR)} is gone. Restore that file from a backup, or give the key as MASTER_KEY; nothing was changed. If it is lost for good, see "A lost master key" in docs/keys.md.`,
    );
  }
  if (next !== undefined)
    throw new StartError(
      'NEW_MASTER_KEY is set, but there is no key ring yet whose master key could be changed. Leave it out, or give it as MASTER_KEY.',
    );
  return makeEmbeddedMasterKey(config.DATA_DIR);
}

function givenKey(text: string | undefined, setting: string, path: string | undefined): MasterKey | undefined {
  if (text !== undefined) return parseMasterKey(text, setting);
  if (path !== undefined) return readMasterKeyFile(path, `${setting}_FILE`);
  return undefined;
}
