/** User preferences: full timestamps, single-character shortcuts off; and tapping instead of hovering. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, press } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

const IN_FULL = /\d{2} \w{3} \d{4}, \d{2}:\d{2}:\d{2}/;

describe.skipIf(isBrowserMissing)('preferences', () => {
  const hub = useHub();

  test('keys of one character can be switched off, and on again', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/nodes');
    await press(page, '?');
    await page.getByRole('button', { name: 'Turn them off' }).click();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press(page, 'g', 'q', '?');
    // A shortcut that still works, so that the others would have taken effect by now.
    await press(page, 'Control+k');
    await page.getByRole('combobox').waitFor();
    expect(new URL(page.url()).pathname).toBe('/nodes');
    await press(page, 'Escape');

    await open(page, hub.server.url, '/settings');
    await page.getByLabel('Single-key shortcuts').selectOption('on');
    await page.getByRole('heading', { level: 1 }).click();
    await press(page, 'g', 'n');
    await page.getByRole('heading', { name: 'Nodes', level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the exact instant is a tap away, or stands in the page', async () => {
    const { context, page, complaints } = await visit(hub.browser, { hasTouch: true });
    await open(page, hub.server.url, '/nodes');
    const time = page.locator('main time').first();
    expect(await time.textContent()).not.toMatch(IN_FULL);
    await time.tap();
    await page.getByRole('tooltip').getByText(IN_FULL).waitFor();
    await page.getByRole('heading', { level: 1 }).tap();
    await page.getByRole('tooltip').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: /account and view/ }).focus();
    await press(page, 'Enter');
    await page.getByRole('menuitemradio', { name: /In full/ }).focus();
    await press(page, 'Enter');
    await expect.poll(() => time.textContent()).toMatch(IN_FULL);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
