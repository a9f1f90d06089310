/** A family is found by its name: fast typing does not select a family found for an earlier text. */
import { beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, press } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('the field of a family', () => {
  const hub = useHub();

  beforeAll(async () => {
    await hub.database.db.query(`INSERT INTO auth.families (name) VALUES ('Another')`);
  });

  test('takes what was typed, and not what stood there before', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    let answer: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('Testers') === true) await isHeld;
      await route.continue();
    });
    await open(page, hub.server.url, '/enqueue');
    const field = page.getByRole('combobox', { name: 'Family' });
    await field.click();
    await page.getByRole('option', { name: /Another/ }).waitFor();
    const asked = page.waitForRequest((request) => request.postData()?.includes('Testers') === true);
    await page.keyboard.type('Testers');
    await press(page, 'Enter');
    expect(await field.inputValue()).toBe('Testers');
    await asked;
    await press(page, 'Enter');
    expect(await field.inputValue()).toBe('Testers');
    answer();
    await expect.poll(() => field.getAttribute('aria-activedescendant')).not.toBeNull();
    await press(page, 'Enter');
    await expect.poll(() => field.inputValue()).toBe('The Testers');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
