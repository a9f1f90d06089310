/**
 * Benchmarks the pick-up on an idle system: from the commit of a single entry to its request at the
 * provider, on the node that enqueued it and on another one (a separate process). One entry at a time.
 */

import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { enqueueAccount } from '../src/accounts/enqueue.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { type Notices, openNotices } from '../src/work/notices.ts';
import { testContext } from '../test/support/context.ts';
import { openSetting, type Setting } from './setting.ts';
import { startWorker } from './worker.ts';

const ENTRIES = Number(process.argv[2] ?? 500);

const setting = await openSetting();
try {
  await onThisNode(setting);
  await onAnotherNode(setting);
} finally {
  await setting.close();
}

async function onThisNode(setting: Setting): Promise<void> {
  const worker = await startWorker(setting, 32);
  try {
    await measure('the node that enqueued it', setting, worker.notices);
  } finally {
    await worker.stop();
  }
}

async function onAnotherNode(setting: Setting): Promise<void> {
  const other = fork(new URL('./node.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url, providerUrl, masterKey } = setting;
  other.send({ url, providerUrl, masterKey });
  await once(other, 'message');
  const notices = await openNotices({ db: setting.db, directUrl: url, logger: silentLogger });
  try {
    await measure('another node', setting, notices);
  } finally {
    await notices.close();
    other.disconnect();
    await once(other, 'exit');
  }
}

async function measure(where: string, setting: Setting, notices: Notices) {
  const { db, keyRing } = setting;
  const context = testContext({ db, keyRing, notices });
  const [owner] = await db.query<{ id: string; familyId: string }>(
    `SELECT id, family_id AS "familyId" FROM auth.users WHERE role = 'owner' LIMIT 1`,
  );
  const times: number[] = [];
  for (let n = 0; n < ENTRIES; n++) {
    const { arrived } = await setting.provider.expect(1);
    await enqueueAccount(context, {
      familyId: owner?.familyId ?? '',
      createdByUserId: owner?.id ?? '',
      username: `p${randomUUID().slice(0, 8)}`,
      fullName: 'Some Body',
      role: 'managed_account',
      password: 'correct horse battery',
    });
    const committedAt = performance.timeOrigin + performance.now();
    times.push((await arrived) - committedAt);
    // Waits until the system is idle again, for a random time, so that no timer is in step with it.
    await delay(10 + Math.random() * 10);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1);
  console.log(
    `picked up by ${where}, ${ENTRIES} entries: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(0.9999)} ms`,
  );
}
