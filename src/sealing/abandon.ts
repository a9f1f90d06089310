/**
 * A lost master key: nobody can open the key ring any more, and so no password that waits in it.
 * The keys are given up (not destroyed: a master key that is found again opens them), others take
 * their place under a new master key, and entries whose passwords are lost say so. Nothing else is
 * lost: entries, attempts, users, schedules and the audit trail stay, and a retry with a new
 * password is all that an entry needs.
 */

import { isHeard } from '../config/node-silence.ts';
import type { Queryable, Transactional } from '../database/database.ts';
import { StartError } from '../database/start-error.ts';
import { failureGroupOf } from '../diagnosis/failure-group.ts';
import { messageOf } from '../diagnosis/failure-messages.ts';
import type { AuditTrail } from '../work/audit-trail.ts';
import type { Caller } from '../work/caller.ts';
import { happening } from '../work/facts.ts';
import { actsOf } from '../work/unit.ts';
import { beginningOf } from './jwe.ts';
import type { MasterKey } from './master-key.ts';
import { insertKey, type KeyRow, LOCK_KEY_RING, type MadeKey, unwrap } from './wrapped-keys.ts';

export interface AbandonTools {
  readonly db: Transactional;
  /** The new master key. */
  readonly master: MasterKey;
  readonly silenceMs: number;
  readonly caller: Caller;
  /** The trail under an audit key that was made just now. */
  trailUnder(key: MadeKey): AuditTrail;
}

/** What is lost, or would be. */
export interface Abandoned {
  readonly masterKeyIds: readonly string[];
  readonly keyCount: number;
  /** Entries whose password is lost; how many of them waited, and have failed by it. */
  readonly passwordCount: number;
  readonly failedCount: number;
  /** Webhooks whose secret is lost: they are disabled until they get another. */
  readonly webhookCount: number;
}

const MESSAGE = messageOf('KEY_LOST');

/**
 * Says what giving the ring up would lose, and changes nothing. Throws StartError when there is no
 * reason to: the master key opens the ring, a node still runs that can open it, or there is none.
 */
export function previewAbandon(tools: Pick<AbandonTools, 'db' | 'master' | 'silenceMs'>): Promise<Abandoned> {
  return tools.db.transaction(async (tx) => {
    const lost = await findLost(tx, tools);
    const [counts] = await tx.query<Pick<Abandoned, 'passwordCount' | 'failedCount' | 'webhookCount'>>(COUNT, [
      beginningsOf(lost),
    ]);
    return { ...summaryOf(lost), ...(counts ?? { passwordCount: 0, failedCount: 0, webhookCount: 0 }) };
  });
}

/** Gives the ring up and makes another, in one transaction. Throws StartError as `previewAbandon` does. */
export function abandonKeyRing(tools: AbandonTools): Promise<Abandoned> {
  return tools.db.transaction(async (tx) => {
    const lost = await findLost(tx, tools);
    await tx.query(GIVE_UP, [lost.map(({ id }) => id)]);
    await insertKey(tx, 'seal', 'abandonment', tools.master);
    await insertKey(tx, 'digest', 'abandonment', tools.master);
    const auditKey = await insertKey(tx, 'audit', 'abandonment', tools.master);
    const destroyed = await tx.query<{ isFailed: boolean }>(DESTROY, [
      beginningsOf(lost),
      'KEY_LOST',
      MESSAGE,
      failureGroupOf('KEY_LOST', MESSAGE),
    ]);
    const webhooks = await tx.query(DISABLE, [beginningsOf(lost), SECRET_LOST, tools.caller.name]);
    const answer = {
      ...summaryOf(lost),
      passwordCount: destroyed.length,
      failedCount: destroyed.filter(({ isFailed }) => isFailed).length,
      webhookCount: webhooks.length,
    };
    const abandoned = happening('keyRingAbandoned', {
      reason: 'The master key is lost.',
      // Verification believes of these alone that they were given up, since this row is proved.
      before: { masterKeyIds: answer.masterKeyIds, auditKeyIds: await auditKeysBefore(tx, auditKey.id) },
      after: {
        masterKeyId: tools.master.id,
        passwordCount: answer.passwordCount,
        failedCount: answer.failedCount,
        webhookCount: answer.webhookCount,
      },
    });
    await tools.trailUnder(auditKey).record(tx, ...actsOf(abandoned, tools.caller));
    return answer;
  });
}

const SECRET_LOST =
  'Its secret was lost with the master key that protected it. Make another with "rotateWebhookSecret", then resume it.';

async function findLost(
  tx: Queryable,
  { master, silenceMs }: Pick<AbandonTools, 'master' | 'silenceMs'>,
): Promise<KeyRow[]> {
  await tx.query(LOCK_KEY_RING);
  const rows = await tx.query<KeyRow>(
    `SELECT id, purpose, wrapped_key AS "wrappedKey", master_key_id AS "masterKeyId" FROM auth.data_protection_keys
     WHERE retired_at IS NULL AND lost_at IS NULL ORDER BY id FOR UPDATE`,
  );
  if (rows.length === 0) throw new StartError('The database holds no key ring: there is nothing to give up.');
  for (const row of rows) {
    const opened = await unwrap(row, [master]).catch(() => undefined);
    if (opened !== undefined)
      throw new StartError(
        `The master key (${master.source}, id ${master.id}) opens the key ring: nothing is lost, and nothing was changed.`,
      );
  }
  const living = await tx.query<{ name: string }>(
    `SELECT name FROM auth.server_nodes
     WHERE state <> 'gone' AND ${isHeard('$1')} ORDER BY name`,
    [silenceMs],
  );
  if (living.length > 0)
    throw new StartError(
      `A server is running that holds the keys still: ${living.map(({ name }) => name).join(', ')}. While it runs nothing is lost: let it empty the queue, and look for the master key in its environment (docs/keys.md says how). Stop it, then ask again; nothing was changed.`,
    );
  return rows;
}

/** Every audit key there was: of one that was given up earlier, this row is the proof from now on. */
const auditKeysBefore = async (tx: Queryable, newest: string): Promise<string[]> =>
  (
    await tx.query<{ id: string }>(
      `SELECT id FROM auth.data_protection_keys WHERE purpose = 'audit' AND id <> $1 ORDER BY id`,
      [newest],
    )
  ).map(({ id }) => id);

const beginningsOf = (lost: readonly KeyRow[]): string[] =>
  lost.flatMap(({ id, purpose }) => (purpose === 'seal' ? [beginningOf(id)] : []));

const summaryOf = (lost: readonly KeyRow[]) => ({
  masterKeyIds: [...new Set(lost.map(({ masterKeyId }) => masterKeyId))],
  keyCount: lost.length,
});

const GIVE_UP = `
  UPDATE auth.data_protection_keys
  SET lost_at = now(), closed_at = coalesce(closed_at, now()), superseded_at = coalesce(superseded_at, now())
  WHERE id = ANY($1::uuid[])`;

const COUNT = `
  SELECT count(*)::int AS "passwordCount", (count(*) FILTER (WHERE status = 'pending' AND NOT needs_look))::int AS "failedCount",
         (SELECT count(DISTINCT webhook_id)::int FROM auth.webhook_secrets
          WHERE expires_at IS NULL AND substr(sealed_secret, 1, 96) = ANY($1::text[])) AS "webhookCount"
  FROM auth.queued_managed_account_creations
  WHERE encrypted_password IS NOT NULL AND substr(encrypted_password, 1, 96) = ANY($1::text[])`;

// One whose account may exist is looked for first, as ever: it fails, or completes, at its next attempt.
const DESTROY = `
  WITH lost AS (
    SELECT id, status = 'pending' AND NOT needs_look AS is_failed FROM auth.queued_managed_account_creations
    WHERE encrypted_password IS NOT NULL AND substr(encrypted_password, 1, 96) = ANY($1::text[])
    FOR UPDATE
  )
  UPDATE auth.queued_managed_account_creations e
  SET encrypted_password = NULL, password_destroyed_at = now(), password_destroyed_because = 'key_lost', updated_at = now(),
      status = CASE WHEN is_failed THEN 'failed' ELSE status END,
      failed_at = CASE WHEN is_failed THEN now() ELSE failed_at END,
      next_retry_at = CASE WHEN is_failed THEN NULL ELSE next_retry_at END,
      last_error_code = CASE WHEN is_failed THEN $2 ELSE last_error_code END,
      last_error_message = CASE WHEN is_failed THEN $3 ELSE last_error_message END,
      failure_group = CASE WHEN is_failed THEN $4 ELSE failure_group END
  FROM lost WHERE e.id = lost.id
  RETURNING is_failed AS "isFailed"`;

const DISABLE = `
  WITH lost AS (
    DELETE FROM auth.webhook_secrets WHERE substr(sealed_secret, 1, 96) = ANY($1::text[])
    RETURNING webhook_id, expires_at
  )
  UPDATE auth.webhooks
  SET state = 'disabled', disabled_at = now(), state_reason = $2, state_changed_at = now(), state_changed_by = $3
  WHERE id IN (SELECT webhook_id FROM lost WHERE expires_at IS NULL)
  RETURNING 1`;
