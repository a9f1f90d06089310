/**
 * The baseline: a batched loop written by hand for this single purpose. It claims 100, makes 32 calls at a
 * time, and completes the batch (user, event, entry) in one statement. No leases, attempts, fencing,
 * encrypted passwords or circuit.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';
import { OURS } from '../src/database/database.ts';

const CLAIM = `
  UPDATE auth.queued_managed_account_creations SET status = 'processing'
  WHERE id IN (SELECT id FROM auth.queued_managed_account_creations
               WHERE status = 'pending' AND NOT is_held AND next_retry_at <= now()
               ORDER BY next_retry_at LIMIT 100 FOR UPDATE SKIP LOCKED)
  RETURNING id, family_id, username, full_name, role`;

const COMPLETE = `
  WITH made AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS m(entry_id, user_id, family_id, username, full_name)
  ), account AS (
    INSERT INTO auth.users (id, family_id, username, full_name, role, zitadel_user_id)
    SELECT user_id, family_id, username, full_name, 'managed_account', entry_id::text FROM made
  ), event AS (
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload)
    SELECT 'ManagedAccountCreated', 'ManagedAccount', user_id, jsonb_build_object('entryId', entry_id) FROM made
  )
  UPDATE auth.queued_managed_account_creations e
  SET status = 'completed', user_id = m.user_id, encrypted_password = NULL, next_retry_at = NULL, completed_at = now(), updated_at = now()
  FROM made m WHERE e.id = m.entry_id`;

interface Row {
  readonly id: string;
  readonly family_id: string;
  readonly username: string;
  readonly full_name: string;
}

/** Drains the queue; returns how many entries were completed. */
export async function drainByHand(url: string, providerUrl: string, concurrency: number): Promise<number> {
  // Without this, foreign keys would be checked by a plan from when there were few users: it reads all of them for
  // each entry, and the comparison would flatter our worker, whose statements check keys by index.
  const database = new pg.Pool({ connectionString: url, max: 4, options: '-c enable_seqscan=off' });
  const provider = new Pool(providerUrl, { connections: concurrency, pipelining: 1 });
  let count = 0;
  let completing: Promise<unknown> = Promise.resolve();
  for (;;) {
    const { rows } = await database.query<Row>({ name: 'claim', text: OURS + CLAIM });
    if (rows.length === 0) break;
    const waiting = [...rows];
    const call = async (): Promise<void> => {
      for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
        const { body } = await provider.request({
          method: 'POST',
          path: '/create',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ userId: row.id, username: row.username, password: 'correct horse battery' }),
        });
        await body.json();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, call));
    // The batch is written while the next one is claimed and called.
    await completing;
    completing = database.query({
      name: 'complete',
      text: OURS + COMPLETE,
      values: [
        rows.map((r) => r.id),
        rows.map(() => randomUUID()),
        rows.map((r) => r.family_id),
        rows.map((r) => r.username),
        rows.map((r) => r.full_name),
      ],
    });
    count += rows.length;
  }
  await completing;
  await provider.close();
  await database.end();
  return count;
}
