/** Enqueueing one account: validation errors at the fields, the resulting status, and on whose behalf. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('enqueueing one', () => {
  const hub = useHub();

  test('all problems stand at their fields at once, and the first of them has the focus', async () => {
    await hub.enqueue('taken_name', { runAt: '2031-01-01T00:00:00Z' });
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/enqueue');
    await page.getByText('Olivia Owner').waitFor({ state: 'attached' });
    const username = page.getByLabel('Username');
    const enqueue = page.getByRole('main').getByRole('button', { name: 'Enqueue', exact: true });
    await page.getByLabel('Full name').press('Enter');
    await page.getByText('A username has at least 3 characters.').waitFor();
    expect(await username.evaluate((field) => field === document.activeElement)).toBe(true);
    await username.fill('Taken_Name');
    await page.getByLabel('Full name').fill('Some One');
    await page.getByLabel('Password (optional)').fill('short');
    await enqueue.click();
    await page.getByText('A password has at least 12 characters.').waitFor();
    await page.getByText('is taken by an entry').waitFor();
    expect(await username.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  test('one that failed says why; anew leads to the form, and a password that nobody has taken stays', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await hub.server.graphql('mutation { setSimulatorFault(input: {fault: INVALID_USERNAME}) { __typename } }');
    await open(page, hub.server.url, '/enqueue');
    await page.getByText('Olivia Owner').waitFor({ state: 'attached' });
    const enqueue = page.getByRole('main').getByRole('button', { name: 'Enqueue', exact: true });
    await page.getByLabel('Username').fill('in_vain');
    await page.getByLabel('Full name').fill('Some One');
    await enqueue.click();
    await page.getByRole('heading', { name: 'in_vain was not created' }).waitFor({ timeout: 30_000 });
    await page.getByText(/Failed with a permanent error\. ./).waitFor();
    await page.getByText('its password is not in use').waitFor();
    await page.getByRole('link', { name: 'Enqueue again' }).click();
    await page.getByText('Filled in from').waitFor();
    expect(await page.getByLabel('Username').inputValue()).toBe('in_vain');
    // The password of a failed entry cannot be shown.
    expect(await page.getByLabel('Password', { exact: true }).count()).toBe(0);

    await hub.server.graphql('mutation { setSimulatorFault(input: {fault: NONE}) { __typename } }');
    await page.getByLabel('Username').fill('second_try');
    await enqueue.click();
    await page.getByRole('heading', { name: 'second_try is' }).waitFor();
    await page.getByRole('link', { name: 'Queue', exact: true }).click();
    await page.getByRole('link', { name: 'in_vain' }).click();
    await page.getByRole('link', { name: 'Enqueue again' }).click();
    await page.getByText('Filled in from').waitFor();
    await page.getByRole('heading', { name: 'second_try is' }).waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('heading', { name: 'second_try is' }).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Username').inputValue()).toBe('in_vain');
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  test('whoever asks may be any of many members', async () => {
    await hub.database.db.query(
      `INSERT INTO auth.users (family_id, username, full_name, role, created_at)
       SELECT $1, 'member_' || n, 'Member ' || n, 'member', now() + n * interval '1 second' FROM generate_series(1, 230) n`,
      [hub.family.familyId],
    );
    const { context, page } = await visit(hub.browser);
    await open(page, hub.server.url, '/enqueue');
    const asks = page.getByLabel('Requested by');
    await page.getByText('Member 230, member_230 (member)').waitFor({ state: 'attached' });
    expect(await asks.locator('option').count()).toBeGreaterThanOrEqual(231);
    // The owner, unless another member is chosen.
    expect(await asks.inputValue()).toBe(hub.family.ownerId);
    await context.close();
  }, 60_000);

  test('of many, rows that were pasted are mended in their text, and nothing is told that is nought', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/enqueue?tab=many');
    const text = page.getByLabel('Paste rows here');
    await text.fill('username\tfull name\npasted_1\tOne Pasted\nno!\tTwo Pasted\n');
    await page.getByRole('button', { name: 'Read rows' }).click();
    await page.getByText('2 rows, 2 columns').waitFor();
    await page.getByText('Fix them in the text').waitFor();
    await page.getByRole('button', { name: 'Change the text' }).click();
    await text.fill((await text.inputValue()).replace('no!', 'pasted_2'));
    await page.getByRole('button', { name: 'Read rows' }).click();
    await page.getByRole('button', { name: 'Enqueue 2 accounts' }).click();
    await page.getByText('2 queued, 0 refused', { exact: true }).first().waitFor();
    expect(await page.getByText('not sent yet').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);
});
