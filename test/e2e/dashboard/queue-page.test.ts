/** The queue's page: how much fits on it, its columns and order, and the pause and limits in its head. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, widthProblems } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('the page of the queue', () => {
  const hub = useHub();

  beforeAll(async () => {
    // Long names, every state, and errors: nothing may wrap and push the rows down.
    await hub.database.db.query(
      `INSERT INTO auth.queued_managed_account_creations
         (family_id, created_by_user_id, username, full_name, status, retry_count, next_retry_at, last_error_code,
          last_error_message, created_at, failed_at)
       SELECT $1, $2, 'row_' || lpad(n::text, 2, '0') || CASE WHEN n % 3 = 0 THEN '_of_a_long_name' ELSE '' END,
              repeat('Maximiliane-Theodora ', 4), state::auth.entry_status, CASE WHEN state = 'failed' THEN 5 ELSE 2 END,
              CASE WHEN state = 'pending' THEN now() + n * interval '1 hour' END,
              'PROVIDER_UNAVAILABLE', repeat('The identity provider answered 503. ', 5), now() - n * interval '1 minute',
              CASE WHEN state = 'failed' THEN now() END
       FROM generate_series(1, 40) AS n, LATERAL (SELECT CASE n % 2 WHEN 0 THEN 'failed' ELSE 'pending' END AS state) AS s`,
      [hub.family.familyId, hub.family.ownerId],
    );
  });

  const names = (page: Page): Promise<string[]> =>
    page.locator('tbody tr[data-key] a').evaluateAll((links) => links.map(({ textContent }) => textContent ?? ''));
  const rowsInSight = (page: Page): Promise<number> =>
    page
      .locator('tbody tr[data-key]')
      .evaluateAll((rows) => rows.filter((row) => row.getBoundingClientRect().bottom <= window.innerHeight).length);

  test.each([
    ['a desk', 1_400, 900, 16],
    ['a phone', 390, 844, 3],
  ] as const)(
    'shows on %s enough entries before one scrolls, also while the queue is paused',
    async (_, width, height, rows) => {
      const { context, page, complaints } = await visit(hub.browser, { viewport: { width, height } });
      await open(page, hub.server.url, '/queue');
      await page.getByRole('link', { name: 'row_01' }).waitFor();
      expect(await rowsInSight(page)).toBeGreaterThanOrEqual(rows);
      expect(await widthProblems(page)).toEqual([]);
      await hub.server.graphql(
        'mutation { pauseQueue(input: {reason: "the provider is being moved"}) { __typename } }',
      );
      await open(page, hub.server.url, '/queue');
      await page.getByText('The queue is paused').waitFor();
      await page.getByRole('link', { name: 'row_01' }).waitFor();
      expect(await rowsInSight(page)).toBeGreaterThanOrEqual(rows);
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByText('The queue is paused').waitFor({ state: 'detached' });
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test('is sorted by its headings, and has a column of errors only while a row has one', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?state=PENDING');
    await page.getByRole('link', { name: 'row_01' }).waitFor();
    await page.getByRole('columnheader', { name: 'Last error' }).waitFor();
    await page.getByRole('columnheader', { name: 'Family' }).waitFor();
    await page.getByRole('button', { name: 'Enqueued', exact: true }).click();
    await expect.poll(async () => (await names(page))[0]).toBe('row_39_of_a_long_name');
    expect(await page.getByRole('columnheader', { name: 'Enqueued' }).getAttribute('aria-sort')).toBe('ascending');
    await page.getByRole('button', { name: 'Next attempt', exact: true }).click();
    await expect.poll(async () => (await names(page))[0]).toBe('row_01');
    expect(new URL(page.url()).search).toBe('?state=PENDING&sort=NEXT_RETRY_AT&direction=ASC');

    await hub.enqueue('without_error', { runAt: new Date(Date.now() + 7_200_000).toISOString() });
    await open(page, hub.server.url, '/queue?username=without');
    await page.getByRole('link', { name: 'without_error' }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'Last error' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('pauses the queue and one family, and sets the limits, from its head', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue');
    const dialog = page.getByRole('dialog');
    const pause = async (item: string): Promise<void> => {
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('menuitem', { name: item }).click();
      await dialog.getByLabel('Reason').fill(`for ${item}`);
    };
    await pause('The whole queue');
    await dialog.getByRole('button', { name: 'Pause the queue' }).click();
    await page.getByText('for The whole queue').waitFor();
    await pause('One family’s entries');
    await dialog.getByRole('combobox', { name: 'Family' }).fill('Testers');
    await dialog.getByRole('option', { name: 'The Testers' }).click();
    await dialog.getByRole('button', { name: 'Pause its entries' }).click();
    await page.getByText('for One family’s entries').waitFor();

    await page.getByRole('button', { name: 'Limits' }).click();
    await dialog.getByLabel('Attempts per second').fill('5');
    await dialog.getByRole('button', { name: 'Set limits' }).click();
    await page.getByRole('button', { name: 'Limit: 5/s' }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).first().click();
    await page.getByText('for The whole queue').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('keeps views in a menu, where they are renamed and deleted', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=row_0');
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    await page.getByLabel('Name', { exact: true }).fill('The first rows');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'View: The first rows' }).click();
    await page.getByRole('menuitem', { name: 'Due now' }).click();
    await expect.poll(() => new URL(page.url()).search).toContain('dueNow=true');
    await page.getByRole('button', { name: 'View: Due now' }).click();
    await page.getByRole('menuitem', { name: 'The first rows' }).click();
    await expect.poll(() => new URL(page.url()).search).toBe('?username=row_0');
    await page.getByRole('button', { name: 'View: The first rows' }).click();
    await page.getByRole('menuitem', { name: 'Delete The first rows' }).click();
    await page.getByRole('button', { name: 'Views' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
