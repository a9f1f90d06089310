/**
 * The first visit of a new installation: a demo account is created, the provider is broken and fixed, and the queue
 * drains visibly; for each fault.
 */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isBrowserMissing, startBrowser, type Visit, visit } from '../../support/browser.ts';
import { open, serverEnv } from '../../support/dashboard.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../../support/database.ts';
import { createProcesses, type ServerProcess } from '../../support/process.ts';

describe.skipIf(isBrowserMissing)('the tour', () => {
  const processes = createProcesses();
  let database: TestDatabase;
  let server: ServerProcess;
  let browser: Browser;
  let one: Visit;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  beforeEach(async () => {
    database = await createTestDatabase();
    await seedFamily(database.db);
    server = await processes.startNode(serverEnv(database.url));
    one = await visit(browser);
  });
  afterEach(async () => {
    await one?.context.close();
    await processes.endAll();
    await database.drop();
  });
  afterAll(() => browser.close());

  test.each([
    ['It answers 503', 'Open', /503|unavailable/i],
    ['Our token is invalid', 'Open', /token/i],
    ['Slow', 'Closed', undefined],
  ])('%s', async (label, circuit, cause) => {
    const { page } = one;
    const click = (name: string): Promise<void> => page.getByRole('button', { name }).first().click();
    await open(page, server.url, '/');
    await page.getByText('All is well: the queue is empty.').waitFor();
    const tour = page.getByRole('region', { name: 'See it work, in two minutes' });
    await click('Enqueue a demo account');
    await tour.getByText('Completed', { exact: true }).waitFor();

    await click(label);
    await click('Enqueue six demo accounts');
    const third = tour.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Enqueue six more' }) });
    await third.getByText(circuit, { exact: true }).first().waitFor();
    if (cause !== undefined) {
      await third.getByText(cause).first().waitFor();
      // The overview reports it first, with the fix beside it.
      await page
        .getByText(/^The circuit to .* is (half )?open/)
        .first()
        .waitFor();
      const [open] = await database.db.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status <> 'completed'`,
      );
      expect(open?.count).toBe(6);
    }

    await tour.getByRole('button', { name: 'Turn the fault off' }).click();
    // A user does not wait for the next probe or the retries.
    const hurry = async (name: string): Promise<void> => {
      const button = tour.getByRole('button', { name }).first();
      if (!(await button.isVisible())) return;
      // The button may disappear at this moment, because the server continues automatically.
      const inTime = { timeout: 2_000 };
      const isAsked = await button.click(inTime).then(
        () => true,
        () => false,
      );
      if (isAsked)
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /^(Close the circuit|Retry now)$/ })
          .click(inTime);
    };
    await expect
      .poll(
        async () => {
          if (await page.getByText('All accounts exist.').isVisible()) return true;
          await hurry('Close the circuit');
          await hurry('Retry now');
          return false;
        },
        { timeout: 60_000, interval: 250 },
      )
      .toBe(true);
    await page.getByText(/^All is well/).waitFor();

    await tour.getByRole('link', { name: 'An entry’s timeline' }).click();
    await page.waitForURL(/\/queue\/[0-9a-f-]{36}$/);
    await page
      .getByText(/demo_[0-9a-f]{8}/)
      .first()
      .waitFor();
    expect(one.complaints).toEqual([]);
    expect(one.foreign).toEqual([]);
  });
});
