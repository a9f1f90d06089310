/** Passwords never leak: every log line, row and notice of a busy run is searched for them. */

import { Writable } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cancelEntry } from '../../src/accounts/cancel.ts';
import { enqueueAccount } from '../../src/accounts/enqueue.ts';
import { managedAccountRetryJob } from '../../src/accounts/managed-account-retry.job.ts';
import { retryEntry } from '../../src/accounts/retry.ts';
import { NOTICE_CHANNEL } from '../../src/work/notices.ts';
import { runJob } from '../support/job-context.ts';
import { createTestQueue, type TestQueue } from '../support/queue.ts';

const FIRST = 'Known-Secret-One-31';
const SECOND = 'Known-Secret-Two-62';
const lines: string[] = [];
const logger = pino(
  { level: 'trace' },
  new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString());
      done();
    },
  }),
);
let queue: TestQueue;
let listening: pg.Client;
const payloads: string[] = [];

beforeAll(async () => {
  queue = await createTestQueue({ logger });
  listening = new pg.Client({ connectionString: queue.url, application_name: 'a tap' });
  await listening.connect();
  listening.on('notification', ({ payload }) => payloads.push(payload ?? ''));
  await listening.query(`LISTEN ${NOTICE_CHANNEL}`);
});
afterAll(async () => {
  await listening?.end();
  await queue?.close();
});

/** Returns every row of all our tables as text. */
async function dump(): Promise<string> {
  const tables = await queue.db.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('auth', 'identity_simulator')`,
  );
  const reader = new pg.Client({ connectionString: queue.url });
  await reader.connect();
  try {
    let text = '';
    for (const { name } of tables) {
      const { rows } = await reader.query<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t`);
      text += rows.map(({ row }) => row).join('\n');
    }
    return text;
  } finally {
    await reader.end();
  }
}

it('no password is in any log line, row, event or notice, whatever went wrong', async () => {
  const node = await queue.startNode({ timeoutMs: 500, leaseMs: 2_000, circuit: { failureThreshold: 1_000 } });
  const other = await queue.startNode({ isListening: false, circuit: { failureThreshold: 1_000 } });
  const generated: string[] = [];
  const ids: string[] = [];
  const enqueue = async (password: string | undefined, idempotencyKey?: string): Promise<string> => {
    const { entryId, generatedPassword } = await enqueueAccount(
      node.context,
      queue.account({ password, idempotencyKey }),
    );
    if (generatedPassword !== null) generated.push(generatedPassword);
    ids.push(entryId);
    return entryId;
  };
  const repeating = { kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1 } as const;

  await queue.untilStatus(await enqueue(FIRST, 'key'), 'completed');
  await queue.untilStatus(await enqueue(undefined), 'completed');
  queue.simulator.faults.set([{ ...repeating, text: `The password ${FIRST} is not good enough` }]);
  const refused = await enqueue(FIRST);
  await queue.untilStatus(refused, 'failed');
  for (const kind of ['503', '429', 'html', 'cut-before', 'cut-after', 'garbage', 'hang'] as const) {
    queue.simulator.faults.set([{ kind, times: 1, path: 'create' }]);
    await queue.untilAttempts(await enqueue(kind === 'html' ? undefined : FIRST), 1);
  }
  queue.simulator.faults.set([
    { kind: 'cut-after', path: 'create' },
    { kind: '503', path: 'find' },
  ]);
  const open = await enqueue(FIRST);
  await queue.untilAttempts(open, 1);
  await expect(cancelEntry(node.context, { entryId: open })).rejects.toThrow();
  queue.simulator.faults.set([{ ...repeating, text: `Not ${SECOND}`, path: 'setPassword' }]);
  await retryEntry(node.context, {
    entryId: open,
    password: SECOND,
    reason: 'forgotten',
    idempotencyKey: 'r',
  });
  await queue.untilAttempts(open, 2);
  await retryEntry(node.context, { entryId: refused, password: SECOND });
  await queue.untilStatus(refused, 'completed');
  for (const call of [
    () => enqueueAccount(node.context, queue.account({ password: SECOND, idempotencyKey: 'key' })),
    () => enqueueAccount(node.context, queue.account({ password: `${SECOND}${'x'.repeat(80)}` })),
    () => retryEntry(node.context, { entryId: open, password: FIRST, idempotencyKey: 'r' }),
  ]) {
    const refusal = await call().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(Error);
    expect(`${refusal}${JSON.stringify(refusal)}`).not.toMatch(/Known-Secret/);
  }
  // A database error quotes the refused values.
  await queue.db.query(
    `ALTER TABLE auth.outbox_events ADD CONSTRAINT refused CHECK (event_type <> 'ManagedAccountCreated') NOT VALID`,
  );
  await queue.untilStatus(await enqueue(FIRST), 'failed');
  await queue.db.query(`ALTER TABLE auth.outbox_events DROP CONSTRAINT refused`);
  const { notices, provider } = other;
  const config = { PROVIDER_TIMEOUT: 2_000, UNDO_WINDOW: 1, FAILED_PASSWORD_RETENTION: 1 };
  await runJob(managedAccountRetryJob, other.db, { notices, provider, config });
  await queue.stopNodes();

  const text = await dump();
  const secrets = [FIRST, SECOND, ...generated].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
  ]);
  expect(generated.length).toBeGreaterThanOrEqual(2);
  // The searched texts do contain the failures.
  expect(lines.some((line) => line.includes(refused))).toBe(true);
  expect(payloads.length).toBeGreaterThan(0);
  for (const id of ids) expect(text).toContain(id);
  for (const secret of secrets) {
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    expect(payloads.filter((payload) => payload.includes(secret))).toEqual([]);
    expect(text.includes(secret)).toBe(false);
  }
  const sealed = await queue.db.query(
    `SELECT 1 FROM auth.queued_managed_account_creations WHERE encrypted_password NOT LIKE 'ey%..%'`,
  );
  expect(sealed).toEqual([]);
});
