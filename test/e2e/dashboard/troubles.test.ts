/** Problems between browser and server: reported once, explained, and recovered from automatically. */
import type { Page, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { live, open, signIn } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';

describe.skipIf(isBrowserMissing)('trouble on the way', () => {
  const hub = useHub();
  const begin = async (path: string): Promise<Page> => {
    const { page } = await visit(hub.browser);
    await open(page, hub.server.url, path);
    return page;
  };
  /** Handles requests for a field in another way until the returned function is called. */
  const answer = async (page: Page, field: string, way: (route: Route) => Promise<void>) => {
    const handler = (route: Route): Promise<void> =>
      route.request().postData()?.includes(field) === true ? way(route) : route.fallback();
    await page.route('**/graphql', handler);
    return () => page.unroute('**/graphql', handler);
  };

  test('a proxy’s refusal is told once for all that wait, and what is missing comes by itself', async () => {
    const { page } = await visit(hub.browser);
    const takeBack = await answer(page, 'query ', async (route) =>
      /query (Viewer|ChangeCursor)/.test(route.request().postData() ?? '')
        ? route.fallback()
        : route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
    );
    await page.goto(`${hub.server.url}/`);
    const told = page.getByRole('main').getByText('The server answered with status 502. It is retried automatically.');
    await told.waitFor();
    expect(await told.count()).toBe(1);
    await takeBack();
    await page.getByRole('heading', { name: 'Queue', exact: true }).waitFor();
    await expect.poll(() => told.count(), { timeout: 30_000 }).toBe(0);
    await live(page);
    await page.context().close();
  });

  test('what answers in the server’s place is told apart from the server', async () => {
    const page = await begin('/nodes');
    await answer(page, 'query ', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Hotel</h1>' }));
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByText('Something else answered in place of the server').waitFor();
    await page.getByRole('banner').getByText('Not up to date').waitFor();
    await page.context().close();
  });

  test('a change that a proxy lost may have been made, and one that was refused was not', async () => {
    const page = await begin('/schedules/RetentionJob');
    await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('the disk is changed');
    const send = dialog.getByRole('button', { name: 'Pause', exact: true });
    const takeBack = await answer(page, 'mutation ', (route) => route.fulfill({ status: 502, body: '' }));
    await send.click();
    await dialog.getByText('status 502. The result is unknown. Check whether it was').waitFor();
    await takeBack();
    await answer(page, 'mutation ', (route) => route.fulfill({ status: 413, body: '' }));
    await send.click();
    await dialog.getByText('status 413. Not done.').waitFor();
    await page.context().close();
  });

  test('a network that is gone ends what is live, and its return mends it', async () => {
    const page = await begin('/nodes');
    await page.context().setOffline(true);
    await page.getByText(/^No connection to the server for/).waitFor();
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByRole('heading', { name: 'Audit trail' }).waitFor();
    expect(await page.getByText('The server cannot be reached').count()).toBe(0);
    await page.context().setOffline(false);
    await live(page);
    await page
      .getByText('No entries yet.')
      .or(page.getByRole('table', { name: 'Audit entries' }))
      .waitFor();
    await page.context().close();
  });

  test('a server that does not answer is said to be slow', async () => {
    const page = await begin('/nodes');
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await answer(page, 'query ', async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByText(/^The server is slow to answer/).waitFor();
    await page.getByRole('banner').getByText('Slow', { exact: true }).waitFor();
    letGo();
    await live(page);
    expect(await page.getByText(/^The server is slow to answer/).count()).toBe(0);
    await page.context().close();
  });

  test('a page whose code is late has its title meanwhile, which keeps the focus', async () => {
    const { page } = await visit(hub.browser);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(/schedules-page.*\.js$/, async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await open(page, hub.server.url, '/nodes');
    await page.getByRole('link', { name: 'Schedules' }).click();
    const heading = page.getByRole('heading', { name: 'Schedules', level: 1 });
    await heading.waitFor();
    const isFocused = () => heading.evaluate((element) => element === document.activeElement);
    expect(await isFocused()).toBe(true);
    letGo();
    await page.getByText('RetentionJob').first().waitFor();
    await expect.poll(isFocused).toBe(true);
    await page.context().close();
  });
});

describe.skipIf(isBrowserMissing)('a page that nobody is signed in for, as one between says', () => {
  const hub = useHub({ ADMIN_TOKEN: ADMIN });
  const refuse = (route: Route): Promise<void> =>
    route.request().method() === 'POST' ? route.fulfill({ status: 401, body: 'Who are you?' }) : route.fallback();

  test('though the sign-in knows the session: it says so, and does not go there again and again', async () => {
    const { context, page } = await visit(hub.browser);
    await signIn(page, hub.server.url, ADMIN);
    await live(page);
    let loads = 0;
    page.on('framenavigated', () => {
      loads += 1;
    });
    await page.route('**/graphql', refuse);
    // The page is redirected to the sign-in before it has loaded.
    await page.goto(`${hub.server.url}/nodes`).catch(() => undefined);
    await page.getByText('The server says you are not signed in.').waitFor();
    await page.waitForTimeout(1_500);
    expect(loads).toBeLessThanOrEqual(4);
    await page.unroute('**/graphql', refuse);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Nodes' }).waitFor();
    await context.close();
  });

  test('keeps an open dialog with what is typed in it', async () => {
    const { context, page } = await visit(hub.browser);
    await signIn(page, hub.server.url, ADMIN);
    await open(page, hub.server.url, '/schedules/RetentionJob');
    await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('the disk is changed');
    await page.route('**/graphql', refuse);
    const send = dialog.getByRole('button', { name: 'Pause', exact: true });
    await send.click();
    await dialog.getByText('Not done. Sign in again in another window').waitFor();
    await page.unroute('**/graphql', refuse);
    await send.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('the disk is changed').first().waitFor();
    await context.close();
  });
});
