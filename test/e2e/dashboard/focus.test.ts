/** Keyboard users never lose the focus: when a used button disappears, its container gets the focus. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, press } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('the focus', () => {
  const hub = useHub();
  const runAt = new Date(Date.now() + 7_200_000).toISOString();

  const use = async (page: Page, button: Locator): Promise<void> => {
    await button.focus();
    await press(page, 'Enter');
  };
  const focused = (page: Page): Promise<string> =>
    page.evaluate(() => {
      const { activeElement } = document;
      return activeElement === null ? '' : `${activeElement.tagName} ${activeElement.textContent}`;
    });

  test('goes through a bulk action and its undo, and stays in the dialog', async () => {
    for (const name of ['one', 'two', 'three']) await hub.enqueue(`focus_${name}`, { runAt });
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=focus&plan=cancel');
    const dialog = page.getByRole('dialog');
    const heading = 'H2 Cancel many entries';
    await use(page, dialog.getByRole('button', { name: 'Plan', exact: true }));
    await dialog.getByText('These').waitFor();
    await expect.poll(() => focused(page)).toBe(heading);
    await use(page, dialog.getByRole('button', { name: '3 entries' }));
    await dialog.getByText('3 of 3').waitFor();
    await expect.poll(() => focused(page)).toBe(heading);
    const undo = dialog.getByRole('button', { name: /^Undo/ });
    await use(page, undo);
    await use(page, page.getByRole('dialog', { name: /^Undo: / }).getByRole('button', { name: /^Undo/ }));
    await dialog.getByText('Undone', { exact: true }).first().waitFor();
    // It is disabled and explains why, without losing the focus.
    await expect.poll(() => undo.getAttribute('aria-disabled')).toBe('true');
    expect(await focused(page)).toMatch(/^BUTTON Undo/);
    await dialog.getByText('It was undone.').first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('is at the heading of the card whose button has gone with what it did', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=focus_one');
    await page.getByRole('link', { name: 'focus_one' }).click();
    await page.getByRole('heading', { name: 'focus_one', level: 1 }).waitFor();
    const cancel = page.getByRole('main').getByRole('button', { name: 'Cancel', exact: true });
    await use(page, cancel);
    await use(page, page.getByRole('dialog').getByRole('button', { name: 'Cancel the entry' }));
    await page.getByRole('main').getByText('Cancelled', { exact: true }).first().waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toMatch(/^(H\d|BUTTON) ./);

    await open(page, hub.server.url, '/queue?username=focus');
    await page.getByRole('link', { name: 'focus_two' }).waitFor();
    await hub.enqueue('focus_four', { runAt });
    await use(page, page.getByRole('button', { name: /^1 new/ }));
    await page.getByRole('link', { name: 'focus_four' }).waitFor();
    await expect.poll(() => focused(page)).toMatch(/^H2 /);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('is at a heading after each step whose button goes away with it', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/?tour=1');
    const demo = page.getByRole('button', { name: 'Enqueue a demo account' });
    await use(page, demo);
    await demo.waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toMatch(/^H\d ./);

    await open(page, hub.server.url, '/provider');
    await use(page, page.getByRole('button', { name: 'Refuse the token' }));
    await use(page, page.getByRole('dialog').getByRole('button', { name: 'Set the simulator' }));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('main').getByText('Token refused').first().waitFor();
    await expect.poll(() => focused(page)).toMatch(/^(H\d|BUTTON) ./);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
