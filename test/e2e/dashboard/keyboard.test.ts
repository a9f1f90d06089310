/** A session without a mouse: browse, search, open, retry with a reason in the dialog, run a job, change the theme. */
import { beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, press } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';
import { until } from '../../support/process.ts';

describe.skipIf(isBrowserMissing)('by keyboard alone', () => {
  const hub = useHub();

  beforeAll(async () => {
    const runAt = new Date(Date.now() + 7_200_000).toISOString();
    for (const username of ['alpha_one', 'beta_two', 'gamma_three']) await hub.enqueue(username, { runAt });
  });

  const statusOf = async (username: string): Promise<string | undefined> => {
    const [row] = await hub.database.db.query<{ status: string }>(
      'SELECT status::text FROM auth.queued_managed_account_creations WHERE username = $1',
      [username],
    );
    return row?.status;
  };

  test('everything is reached, done and left again', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/');
    // The first tab stop skips the navigation.
    await press(page, 'Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('To the content');

    await press(page, '?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    // Move through the rows, newest first, and open the second.
    await press(page, 'g', 'q');
    await page.getByRole('row').filter({ hasText: 'alpha_one' }).waitFor();
    await press(page, 'j', 'j', 'Enter');
    await page.getByRole('heading', { name: 'beta_two', level: 1 }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');

    // Retry it without waiting for its due time.
    await press(page, 'r');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await press(page, 'Enter');
    await until('the account to be made', async () => (await statusOf('beta_two')) === 'completed');
    await page.getByText('Completed', { exact: true }).first().waitFor();
    await dialog.waitFor({ state: 'detached' });

    // Find another entry by its name in the palette.
    await press(page, 'Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type('gamma');
    await page
      .getByRole('option', { name: /gamma_three/ })
      .first()
      .waitFor();
    // Its actions, and back.
    await press(page, 'ArrowRight');
    await page.getByRole('option', { name: /^Retry now/ }).waitFor();
    await press(page, 'Backspace');
    await page.keyboard.type('gamma');
    await page
      .getByRole('option', { name: /gamma_three/ })
      .first()
      .waitFor();
    await press(page, 'Enter');
    await page.getByRole('heading', { name: 'gamma_three', level: 1 }).waitFor();
    await press(page, 'c');
    await dialog.waitFor();
    await page.keyboard.type('a double');
    await press(page, 'Enter');
    await until('the entry to be cancelled', async () => (await statusOf('gamma_three')) === 'cancelled');
    await page.getByText('a double').first().waitFor();

    // Run a job from its page.
    await press(page, 'Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type('Run RetentionJob now');
    await page
      .getByRole('option', { name: /RetentionJob/ })
      .first()
      .waitFor();
    await press(page, 'Enter');
    await until('the run', async () => {
      const [run] = await hub.database.db.query<{ status: string }>(
        `SELECT status::text FROM auth.job_runs WHERE job_name = 'RetentionJob' AND trigger = 'manual'`,
      );
      return run?.status === 'succeeded';
    });

    await press(page, 'Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type('Dark theme');
    await page.getByRole('option', { name: /dark/i }).first().waitFor();
    await press(page, 'Enter');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('rows are gone to from wherever one is, and the sheet says so where there are some', async () => {
    await hub.enqueue('delta_four');
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/events');
    await page.locator('tr[data-key]').filter({ hasText: 'ManagedAccountCreated' }).first().waitFor();
    await press(page, 'j');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TR');
    await press(page, '?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.getByText('Open the row').waitFor();

    await open(page, hub.server.url, '/nodes');
    await press(page, '?');
    await sheet.getByText('Everywhere').waitFor();
    expect(await sheet.getByText('Open the row').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
