/**
 * `npm run keys:abandon`: for a master key that is lost for good. Without `--master-key-is-lost` it
 * only says what giving the key ring up would cost; with it, it is done. docs/keys.md says what to
 * try before.
 */
import { randomBytes } from 'node:crypto';
import { createAuditTrail } from '../access/audit/trail.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { nodeSilenceMs } from '../config/node-silence.ts';
import type { Database } from '../database/database.ts';
import { type Abandoned, abandonKeyRing, previewAbandon } from '../sealing/abandon.ts';
import {
  embeddedMasterKeyPath,
  type MasterKey,
  makeEmbeddedMasterKey,
  parseMasterKey,
  readEmbeddedMasterKey,
  readMasterKeyFile,
} from '../sealing/master-key.ts';
import { systemCaller } from '../work/caller.ts';
import { KEYS_LOST_FLAG } from './command-line.ts';
import { DATABASE_SETTINGS, withDatabase } from './database.ts';

/** The settings that this command reads. */
export const ABANDON_SETTINGS = [
  ...DATABASE_SETTINGS,
  'MASTER_KEY',
  'MASTER_KEY_FILE',
  'LEASE_DURATION',
  'HEARTBEAT_INTERVAL',
] as const;
type AbandonSettings = Pick<Config, (typeof ABANDON_SETTINGS)[number]>;

/** Gives the key ring up, or says what that would cost. Throws StartError when there is no reason to. */
export const abandonLostKeys = (config: AbandonSettings, args: readonly string[]): Promise<void> =>
  withDatabase(config, (db) => abandon(config, db, args.includes(KEYS_LOST_FLAG)));

async function abandon(config: AbandonSettings, db: Database, isMeant: boolean): Promise<void> {
  const silenceMs = nodeSilenceMs(config);
  // With the embedded database the new one is made only once it is certain that it is needed.
  const given = givenKey(config);
  const trial = given ?? parseMasterKey(randomBytes(32).toString('base64'), embeddedMasterKeyPath(config.DATA_DIR));
  const preview = await previewAbandon({ db, master: trial, silenceMs });
  if (!isMeant) {
    process.stdout.write(
      `Nothing was changed. The key ring is under the master key with id ${preview.masterKeyIds.join(', ')}. Giving it up would lose ${lossOf(preview)}; entries, accounts, schedules and the audit trail stay. If that master key is lost for good, run this again with ${KEYS_LOST_FLAG}.\n`,
    );
    return;
  }
  const master = given ?? makeEmbeddedMasterKey(config.DATA_DIR);
  const done = await abandonKeyRing({
    db,
    master,
    silenceMs,
    caller: systemCaller('keys:abandon'),
    trailUnder: (key) =>
      createAuditTrail({ keys: { newest: key, byId: () => key.key }, nodeId: null, now: () => systemClock.now() }),
  });
  process.stdout.write(
    `The key ring was given up, and another made under the master key with id ${master.id} (${master.source}). Lost: ${lossOf(done)}. Retry these entries with new passwords: they are failed with the code KEY_LOST, or fail by themselves once it is certain that their account does not exist.\n`,
  );
}

const lossOf = ({ passwordCount: count, failedCount, webhookCount }: Abandoned): string =>
  `the ${count === 1 ? 'password of 1 entry' : `passwords of ${count} entries`} (${failedCount} of them waiting to be attempted)${
    webhookCount === 0
      ? ''
      : ` and the secrets of ${webhookCount} webhooks (disabled until "rotateWebhookSecret" and "resumeWebhook")`
  }`;

function givenKey(config: AbandonSettings): MasterKey | undefined {
  if (config.MASTER_KEY !== undefined) return parseMasterKey(config.MASTER_KEY, 'MASTER_KEY');
  if (config.MASTER_KEY_FILE !== undefined) return readMasterKeyFile(config.MASTER_KEY_FILE);
  return readEmbeddedMasterKey(config.DATA_DIR);
}
