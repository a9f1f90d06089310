/** The shown data matches the URL, and arrives however slow the server is and however much changes. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { FULL_HOUSE_ENV } from '../../support/full-house.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('what is shown', () => {
  const hub = useHub(FULL_HOUSE_ENV);

  const goTo = (page: Page, path: string): Promise<void> =>
    page.evaluate((to) => {
      window.history.pushState(null, '', to);
    }, path);

  test('an address that holds no date shows its page, and the next one is not spoilt', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    for (const [path, heading] of [
      ['/events?from=soon&to=2026-99-99', 'Events'],
      ['/audit?from=<script>&to=', 'Audit trail'],
      ['/schedules/RetentionJob?tab=simulation&from=yesterday&to=8640000000000001', 'RetentionJob'],
      ['/schedules/RetentionJob?month=never&until=then', 'RetentionJob'],
      ['/queue?createdAt=a..b', 'Queue'],
    ] as const) {
      await open(page, hub.server.url, path);
      expect(await page.locator('main h1').textContent()).toContain(heading);
      expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a slow answer comes under constant changes, and another after it', async () => {
    const { context, page } = await visit(hub.browser);
    let asked = 0;
    let answered = 0;
    await page.route('**/graphql', async (route) => {
      if (!(route.request().postData() ?? '').includes('query NavCounts')) return route.continue();
      asked += 1;
      const response = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.fulfill({ response }).then(
        () => {
          answered += 1;
        },
        () => undefined,
      );
    });
    let aborted = 0;
    page.on('requestfailed', (request) => {
      if ((request.postData() ?? '').includes('query NavCounts')) aborted += 1;
    });
    await open(page, hub.server.url, '/nodes');
    for (let at = Date.now(), number = 0; Date.now() < at + 8_000; number += 1) {
      await hub.enqueue(`constantly_${number}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(answered).toBeGreaterThanOrEqual(3);
    expect(aborted).toBe(0);
    expect(asked).toBeLessThanOrEqual(answered + 1);
    await context.close();
  });

  test('the page of an id that fails shows nothing of the one before', async () => {
    const { context, page } = await visit(hub.browser);
    const ids: string[] = [];
    for (const host of ['one', 'other']) {
      const { data } = await hub.server.graphql<{ createWebhook: { webhook: { webhookId: string } } }>(
        'mutation ($url: String!) { createWebhook(input: { url: $url }) { ... on CreateWebhookPayload { webhook { webhookId } } } }',
        { url: `http://127.0.0.1:59999/${host}` },
      );
      ids.push(data.createWebhook.webhook.webhookId);
    }
    const [one = '', other = ''] = ids;
    await page.route('**/graphql', (route) =>
      (route.request().postData() ?? '').includes(other) ? route.fulfill({ status: 503, body: '' }) : route.continue(),
    );
    await open(page, hub.server.url, `/webhooks/${one}`);
    await page.locator('main').getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await goTo(page, `/webhooks/${other}`);
    await page.locator('main').getByRole('button', { name: 'Try again' }).first().waitFor();
    expect(await page.locator('main').getByRole('button', { name: 'Pause', exact: true }).count()).toBe(0);
    expect(await page.locator('main').getByText('/one').count()).toBe(0);
    await page.goBack();
    await page.locator('main').getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await context.close();
  });

  test('a list whose filter changes can be looked at, and not acted on until its answer is there', async () => {
    const { context, page } = await visit(hub.browser);
    let release: () => void = () => undefined;
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/graphql', async (route) => {
      if (/query AuditTrail.*"DONE"/s.test(route.request().postData() ?? '')) await isReleased;
      await route.continue();
    });
    await open(page, hub.server.url, '/audit');
    const opener = page.getByRole('table').first().locator('a, button, [tabindex="0"]').first();
    await opener.focus();
    await goTo(page, '/audit?outcome=DONE');
    await page.locator('main [inert] table').waitFor();
    release();
    await page.locator('main [inert]').waitFor({ state: 'detached' });
    // The focus returns to the table.
    await page.waitForFunction(() => document.activeElement?.closest('table') !== null);
    await context.close();
  });
});
