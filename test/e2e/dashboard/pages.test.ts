/**
 * Every page, full and empty, in both themes, at desktop and phone width: no axe violations, no console errors,
 * nothing wider than the window, and no request to another host.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeProblems } from '../../support/axe.ts';
import { isBrowserMissing, startBrowser, visit } from '../../support/browser.ts';
import { open, PAGES, serverEnv, widthProblems } from '../../support/dashboard.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../../support/database.ts';
import { FULL_HOUSE_ENV, furnish } from '../../support/full-house.ts';
import { createProcesses, type ServerProcess } from '../../support/process.ts';

describe.skipIf(isBrowserMissing)('every page', () => {
  const processes = createProcesses();
  const databases: TestDatabase[] = [];
  let browser: Browser;
  let empty: ServerProcess;
  let full: ServerProcess;
  let fullPages: (readonly [path: string, heading: string])[];

  beforeAll(async () => {
    browser = await startBrowser();
    const newServer = async (): Promise<
      readonly [ServerProcess, TestDatabase, { familyId: string; ownerId: string }]
    > => {
      const database = await createTestDatabase();
      databases.push(database);
      const family = await seedFamily(database.db);
      const server = await processes.startNode({
        ...serverEnv(database.url),
        ...FULL_HOUSE_ENV,
        NODE_NAME: 'the-node',
      });
      return [server, database, family];
    };
    [empty] = await newServer();
    const [server, database, family] = await newServer();
    full = server;
    const house = await furnish(full, database, family);
    fullPages = [
      ...PAGES,
      [`/queue/${house.entries.failed}`, 'refused_for_good'],
      [`/queue/${house.entries.pending}`, 'waits_for_christmas'],
      [`/queue/${house.entries.completed}`, 'made_already'],
      [`/runs/${house.runId}`, 'RetentionJob'],
      [`/webhooks/${house.webhookId}`, '127.0.0.1'],
      [`/bulk-actions/${house.bulkActionId}`, 'Retry'],
      ['/no/such/page', 'Page not found'],
    ];
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await processes.endAll();
    for (const database of databases) await database.drop();
  });

  test.each([
    ['light', 1_440],
    ['dark', 1_440],
    ['light', 360],
    ['dark', 360],
  ] as const)('%s, %i pixels wide', async (colorScheme, width) => {
    const { context, page, complaints, foreign } = await visit(browser, {
      colorScheme,
      viewport: { width, height: width === 360 ? 740 : 900 },
    });
    const problems: string[] = [];
    const isThorough = colorScheme === 'light' && width === 1_440;
    // Empty pages look alike in the dark theme and on a phone, so they are checked in two of the four combinations.
    const isEmptyToo = (colorScheme === 'light') === (width === 1_440);
    for (const [server, pages] of [[full, fullPages] as const, ...(isEmptyToo ? [[empty, PAGES] as const] : [])]) {
      for (const [path, heading] of pages) {
        await open(page, server.url, path);
        await page.waitForFunction(() => document.querySelector('main .animate-pulse') === null);
        const found = [
          ...headingProblems(heading, await page.locator('main h1').textContent()),
          ...(await widthProblems(page)),
          ...(await axeProblems(page)),
          ...(isThorough ? await inBetween(page) : []),
          ...complaints.splice(0),
        ];
        problems.push(...found.map((problem) => `${server === full ? 'full' : 'empty'} ${path}: ${problem}`));
      }
    }
    expect(problems).toEqual([]);
    expect(foreign).toEqual([]);
    await context.close();
  });
});

const headingProblems = (wanted: string, shown: string | null): string[] =>
  shown?.includes(wanted) === true ? [] : [`its heading is "${shown}" and not "${wanted}"`];

/** Checks widths between phone and desktop. */
async function inBetween(page: Page): Promise<string[]> {
  const before = page.viewportSize() ?? { width: 1_440, height: 900 };
  const problems: string[] = [];
  for (const width of [1_200, 1_024, 768]) {
    await page.setViewportSize({ ...before, width });
    problems.push(...(await widthProblems(page)));
  }
  await page.setViewportSize(before);
  return problems;
}
