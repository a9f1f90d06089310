/** Dialogs: a secret is not lost, messages can be reached, the focus returns, and the content stays stable. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, press } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

const ADDRESS = 'http://127.0.0.1:59998/hook';

describe.skipIf(isBrowserMissing)('dialogs', () => {
  const hub = useHub({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });

  const focused = (page: Page): Promise<string | null | undefined> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);

  /** Neither Escape, once or twice, nor a click outside closes a dialog that shows a secret once. */
  const expectHeld = async (page: Page): Promise<string> => {
    const secret = page.getByRole('dialog').locator('output');
    await secret.waitFor();
    const text = (await secret.textContent()) ?? '';
    await press(page, 'Escape', 'Escape', 'Escape');
    await page.mouse.click(5, 5);
    expect(await secret.textContent()).toBe(text);
    expect(await secret.isVisible()).toBe(true);
    return text;
  };

  test('a token that is made from the empty list is shown until somebody is done with it', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/access');
    await page.getByRole('button', { name: 'Create the first' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('the first');
    await press(page, 'Enter');
    // The message is inside the dialog, where it can be reached.
    await dialog.getByText('The token the first was created.').first().waitFor();
    await dialog.getByRole('button', { name: 'Dismiss' }).click();
    await dialog.getByRole('button', { name: 'Dismiss' }).waitFor({ state: 'detached' });
    await page.getByRole('cell', { name: 'the first', includeHidden: true }).waitFor();
    expect(await expectHeld(page)).toMatch(/\S{20}/);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    // The button that opened it is gone, so its card has the focus.
    expect(await focused(page)).toBe('API tokens');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('so is the secret of the first webhook, and it can be copied where the page has no clipboard', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    // As over plain HTTP from another machine.
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await open(page, hub.server.url, '/webhooks');
    await page.getByRole('button', { name: 'Add a webhook' }).last().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(ADDRESS);
    await dialog.getByRole('button', { name: 'Add a webhook' }).click();
    const secret = await expectHeld(page);
    expect(secret).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await dialog.getByRole('button', { name: 'Copied' }).waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: ADDRESS }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the focus goes back to the button of the menu, whose letters are its own', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/webhooks');
    const trigger = page.getByRole('button', { name: `What can be done to ${ADDRESS}` });
    await trigger.focus();
    await press(page, 'Enter');
    await page.getByRole('menuitem', { name: 'Change' }).waitFor();
    await press(page, 'g', 'q');
    expect(new URL(page.url()).pathname).toBe('/webhooks');
    await page.getByRole('menuitem', { name: 'Change' }).click();
    const dialog = page.getByRole('dialog', { name: /^Change/ });
    await dialog.getByLabel('Address').waitFor();
    await press(page, 'Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toBe(`What can be done to ${ADDRESS}`);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('it stays what it is when somebody else does the same', async () => {
    const { context, page } = await visit(hub.browser);
    await open(page, hub.server.url, '/webhooks');
    await page.getByRole('link', { name: ADDRESS }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `Pause: ${ADDRESS}` });
    await dialog.getByLabel('Reason').fill('it moves');
    const webhookId = new URL(page.url()).pathname.split('/').at(-1);
    const { errors } = await hub.server.graphql(
      'mutation ($input: PauseWebhookInput!) { pauseWebhook(input: $input) { __typename } }',
      { input: { webhookId, reason: 'somebody else' } },
    );
    expect(errors).toBeUndefined();
    await page.getByText('somebody else').first().waitFor({ state: 'attached' });
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('it moves');
    await press(page, 'Escape');
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    await context.close();
  });

  test('what stands in a long one is scrolled without closing it', async () => {
    const { context, page } = await visit(hub.browser, { viewport: { width: 700, height: 300 } });
    await open(page, hub.server.url, '/access');
    await page.getByRole('button', { name: 'Create a token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('typed');
    const box = await dialog.boundingBox();
    if (box === null) throw new Error('The dialog is not there.');
    // At the position of its scrollbar.
    await page.mouse.click(box.x + box.width - 4, box.y + box.height / 2);
    expect(await dialog.getByLabel('Name').inputValue()).toBe('typed');
    await context.close();
  });

  test('a palette that the server has no more says so, and leaves the page as it is', async () => {
    const { context, page } = await visit(hub.browser);
    await page.route(/\/palette[^/]*\.js/, (route) => route.abort());
    await open(page, hub.server.url, '/nodes');
    await press(page, 'Control+k');
    await page.getByRole('dialog', { name: 'There is a newer version' }).waitFor();
    await press(page, 'Escape');
    await page.getByRole('heading', { name: 'Nodes', level: 1 }).waitFor();
    await context.close();
  });
});
