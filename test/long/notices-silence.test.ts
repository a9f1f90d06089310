/** Notices over a network that drops packets: no connection is closed, and no data arrives. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { openNotices } from '../../src/work/notices.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

let database: TestDatabase;
let proxy: SilentProxy;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await openSilentProxy(database.url);
});
afterAll(async () => {
  await proxy?.close();
  await database?.drop();
});

it('a node notices the silence, listens again when it is over, and looks at everything once', async () => {
  const notices = await openNotices({ db: database.db, directUrl: proxy.url, logger: silentLogger });
  const heard = { schedules: 0, nodes: 0 };
  notices.on({ schedules: () => heard.schedules++, nodes: () => heard.nodes++ });
  notices.notify('schedules', 'changes');
  await expect.poll(() => heard.schedules, { timeout: 30_000 }).toBe(1);

  proxy.silence();
  notices.notify('schedules', 'changes');
  // It gives up the silent connection, and the further ones that it tries.
  await expect.poll(() => proxy.acceptedCount(), { timeout: 30_000 }).toBeGreaterThan(2);
  expect(heard).toEqual({ schedules: 1, nodes: 0 });
  proxy.speak();
  const spokeAt = performance.now();
  await expect.poll(() => heard, { timeout: 30_000, interval: 20 }).toEqual({ schedules: 2, nodes: 1 });
  expect(performance.now() - spokeAt).toBeLessThan(15_000);
  notices.notify('schedules', 'changes');
  await expect.poll(() => heard.schedules, { timeout: 30_000 }).toBe(3);

  // A stop does not wait for a silent server either.
  proxy.silence();
  await notices.close();
});
