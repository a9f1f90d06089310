/** The queue's filters, changed faster than the server responds, and combined with the browser's back button. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('the filters of the queue', () => {
  const hub = useHub();

  beforeAll(async () => {
    const runAt = new Date(Date.now() + 7_200_000).toISOString();
    for (const username of ['alpha_one', 'beta_two']) await hub.enqueue(username, { runAt });
  });

  const row = (page: Page, username: string) => page.getByRole('row').filter({ hasText: username });
  const state = (page: Page, name: string) =>
    page.getByRole('group', { name: 'State' }).getByRole('button', { name, exact: true });
  /** Delays the pages of rows until the returned function is called. */
  const holdRows = async (page: Page): Promise<() => void> => {
    let letGo = (): void => {};
    const gone = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('query QueueRows') === true) await gone;
      await route.continue();
    });
    return letGo;
  };

  test('back, another filter, and the first again', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=alpha');
    await row(page, 'alpha_one').click();
    await page.getByRole('heading', { name: 'alpha_one', level: 1 }).waitFor();
    await page.goBack();
    await row(page, 'alpha_one').waitFor();

    const username = page.getByLabel('Username begins with');
    await username.fill('beta');
    await row(page, 'beta_two').waitFor();
    await username.fill('alpha');
    await row(page, 'alpha_one').waitFor();
    await row(page, 'beta_two').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?username=alpha');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('what the filter matches is downloaded, in both formats', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=alpha');
    await row(page, 'alpha_one').waitFor();
    for (const [words, extension] of [
      ['CSV, for spreadsheets', 'csv'],
      ['JSON lines, for programs', 'jsonl'],
    ] as const) {
      await page.getByRole('button', { name: 'Download the entries' }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: words }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^queue-[\\d-]+\\.${extension}$`));
      const text = await readFile(await download.path(), 'utf8');
      expect(text).toContain('alpha_one');
      expect(text).not.toContain('beta_two');
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('rows of another filter cannot be selected, and go when those of this one cannot be had', async () => {
    const { context, page } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=alpha');
    await row(page, 'alpha_one').waitFor();
    const letGo = await holdRows(page);
    await state(page, 'Failed').click();
    await page.locator('[aria-busy="true"] tr', { hasText: 'alpha_one' }).waitFor();
    expect(await page.locator('main input[type=checkbox]:not([inert] *)').count()).toBe(0);
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('query QueueRows') === true
        ? route.fulfill({ status: 503, body: '' })
        : route.fallback(),
    );
    await state(page, 'Cancelled').click();
    await page.getByText('The server answered with status 503').waitFor();
    expect(await page.locator('tr', { hasText: 'alpha_one' }).count()).toBe(0);
    letGo();
    await context.close();
  });

  test('what is typed and what is clicked meanwhile both hold; clearing takes both', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue');
    await row(page, 'alpha_one').waitFor();
    await page.getByLabel('Username begins with').fill('beta');
    await state(page, 'Pending').click();
    await expect.poll(() => new URL(page.url()).search).toBe('?state=PENDING&username=beta');
    await row(page, 'beta_two').waitFor();

    await page.getByLabel('Username begins with').fill('alpha');
    await page.getByRole('button', { name: 'Clear all' }).click();
    await expect.poll(() => page.getByLabel('Username begins with').inputValue()).toBe('');
    expect(new URL(page.url()).search).toBe('');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('an address that is not understood lists nothing, rather than all', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?state=BOGUS&username=alpha&plan=cancel');
    await page.getByText('has unknown filters (state=BOGUS)').waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Remove it' }).click();
    await row(page, 'alpha_one').waitFor();
    expect(new URL(page.url()).search).toBe('?username=alpha');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
