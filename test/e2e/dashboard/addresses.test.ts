/** Edited or outdated URLs: each leads to what exists, and reports what does not. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open, widthProblems } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('an address', () => {
  const hub = useHub();

  test.each([
    ['/audit?after=gone', 'Audit entries'],
    ['/runs?before=gone', 'Runs'],
    ['/events?after=gone', 'Events'],
  ])('%s of a page that is gone leads to the newest', async (path, table) => {
    await hub.enqueue(`for_${table.toLowerCase()}`);
    await hub.server.graphql('mutation { runJobNow(input: {jobName: "RetentionJob"}) { __typename } }');
    const { context, page } = await visit(hub.browser);
    await page.goto(hub.server.url + path);
    // Before anything else, since the message goes after a few seconds.
    await page.getByText('That page no longer exists; this is the newest.').first().waitFor();
    await page.getByRole('table', { name: table }).getByRole('row').nth(1).waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    expect(new URL(page.url()).search).toBe('');
    await context.close();
  });

  test('with a type of event that there is not says so at the field and shows all', async () => {
    await hub.enqueue('for_a_type');
    const { context, page } = await visit(hub.browser);
    await open(page, hub.server.url, '/events?type=nope');
    await page.getByText('Unknown event type.').waitFor();
    await page.getByRole('table', { name: 'Events' }).getByRole('row').nth(1).waitFor();
    await context.close();
  });

  test('of a bulk action that is no id says that there is none', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/bulk-actions/x');
    await page.getByText('There is no bulk action with this id.').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('of an entry with the longest name fits on a phone', async () => {
    const username = 'm'.repeat(20);
    await hub.enqueue(username, { fullName: 'W'.repeat(100) });
    const { context, page } = await visit(hub.browser, { viewport: { width: 360, height: 740 } });
    await open(page, hub.server.url, `/queue?username=${username}`);
    await page.getByRole('link', { name: username }).click();
    await page.getByRole('heading', { level: 1, name: username }).waitFor();
    expect(await widthProblems(page)).toEqual([]);
    await context.close();
  });

  test('of a queue without rows shows the first that comes, unasked', async () => {
    const { context, page } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=comes_later');
    await page.getByText('No entry matches these filters.').waitFor();
    await hub.enqueue('comes_later');
    await page.getByRole('table', { name: 'Entries' }).getByText('comes_later').waitFor();
    await context.close();
  });

  test('of a queue that cannot be read does not say that it is still loading', async () => {
    const { context, page } = await visit(hub.browser);
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('QueueRows') === true ? route.fulfill({ status: 502 }) : route.continue(),
    );
    await page.goto(`${hub.server.url}/queue`);
    const card = page.getByRole('region', { name: 'Entries' });
    await card.getByRole('button', { name: 'Try again' }).waitFor();
    expect(await card.getByText('Loading …').count()).toBe(0);
    await context.close();
  });
});
