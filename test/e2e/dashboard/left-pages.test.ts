/** Browsers keep pages in the back/forward cache: none of these may keep a connection, of which there are six. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, startBrowser, visit } from '../../support/browser.ts';
import { live, open, PAGES, serverEnv } from '../../support/dashboard.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createProcesses, type ServerProcess } from '../../support/process.ts';

describe.skipIf(isBrowserMissing)('pages that were left', () => {
  const processes = createProcesses();
  let database: TestDatabase;
  let server: ServerProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await processes.startNode(serverEnv(database.url));
  });
  afterAll(async () => {
    await processes.endAll();
    await database?.drop();
  });

  test('take no connection from those that come after them, and are live again when one goes back', async () => {
    const browser = await startBrowser({ keepsPages: true });
    const { page, complaints } = await visit(browser);
    for (const [path] of PAGES.slice(0, 9)) await open(page, server.url, path);
    // Not page.goBack(): Playwright would wait for a load event that does not come for a cached page.
    await page.evaluate(() => history.back());
    await page.waitForURL(`${server.url}${PAGES[7]?.[0]}`, { waitUntil: 'commit' });
    await live(page);
    expect(complaints).toEqual([]);
    await browser.close();
  });
});
