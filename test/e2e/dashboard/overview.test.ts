/** The overview: what needs attention, as long as it does; and wide tables in a small window. */
import { afterEach, describe, expect, test } from 'vitest';
import { isBrowserMissing, type Visit, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('the overview', () => {
  const hub = useHub({}, { alertIntervalMs: 1_000, alertHoldMs: 600_000 });
  let one: Visit;
  afterEach(() => one?.context.close());

  const retryFailed = async (): Promise<void> => {
    const { data } = await hub.server.graphql<{ queuedCreations: { nodes: { entryId: string }[] } }>(
      '{ queuedCreations(filter: {status: [FAILED]}) { nodes { entryId } } }',
    );
    for (const { entryId } of data.queuedCreations.nodes)
      await hub.server.graphql(`mutation { retryEntry(input: {entryId: "${entryId}"}) { __typename } }`);
  };

  test('calls for somebody while entries have failed, and for nobody once they are retried', async () => {
    one = await visit(hub.browser);
    const { page, complaints } = one;
    await hub.server.graphql('mutation { setSimulatorFault(input: {fault: INVALID_USERNAME}) { __typename } }');
    await hub.enqueue('failing_one');
    await open(page, hub.server.url, '/');
    const health = page.getByRole('region', { name: 'Is all well' });
    const failed = health.getByText('1 entry failed permanently');
    await expect
      .poll(
        async () => {
          // The simulator polls for a new fault four times a second.
          if (!(await failed.isVisible())) await hub.enqueue(`failing_${Math.random().toString(36).slice(2, 8)}`);
          return (await health.getByText(/entr(y|ies) failed permanently/).count()) > 0;
        },
        { timeout: 30_000, interval: 1_000 },
      )
      .toBe(true);
    // Of its cures only the best: a refused name needs another account.
    await health.getByRole('link', { name: 'Plan a cancel of these entries' }).waitFor();
    expect(await health.getByRole('link', { name: 'Plan a retry of these entries' }).count()).toBe(0);
    // The first is about the simulator's fault.
    await health.getByRole('link', { name: 'Details' }).last().click();
    await page.getByRole('heading', { name: 'Failures', level: 1 }).waitFor();
    await page.getByText(/^1 family: /).waitFor();
    await page.getByText('The provider said: “Username is not allowed (SIMUL-…)”').waitFor();

    await page.getByRole('link', { name: 'Overview' }).click();
    await hub.server.graphql('mutation { setSimulatorFault(input: {fault: NONE}) { __typename } }');
    await expect
      .poll(
        async () => {
          await retryFailed();
          return await health.getByText('All is well: the queue is empty.', { exact: true }).isVisible();
        },
        { timeout: 30_000, interval: 1_000 },
      )
      .toBe(true);
    // The alert is still on, in case the condition returns.
    const { data } = await hub.server.graphql<{ alerts: { totalCount: number } }>(
      '{ alerts(filter: {isOn: true}) { totalCount } }',
    );
    expect(data.alerts.totalCount).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('says that the forecast is not known where it cannot be read, beside the counts', async () => {
    one = await visit(hub.browser);
    const { page } = one;
    await hub.enqueue('later_one', { runAt: new Date(Date.now() + 7_200_000).toISOString() });
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('query Totals') !== true) return route.continue();
      const response = await route.fetch();
      const body = (await response.json()) as { data: { queueForecast: unknown }; errors?: unknown };
      body.data.queueForecast = null;
      body.errors = [{ message: 'The forecast cannot be reckoned.', path: ['queueForecast'] }];
      await route.fulfill({ response, json: body });
    });
    await open(page, hub.server.url, '/');
    const queue = page.getByRole('region', { name: 'Queue', exact: true });
    await queue.getByText('The forecast could not be read.').waitFor();
    await queue.getByRole('link', { name: 'Pending 1' }).waitFor();
  });

  test('speaks English to readers of other languages, with their dates', async () => {
    one = await visit(hub.browser, { locale: 'de-DE' });
    const { page } = one;
    await open(page, hub.server.url, '/queue');
    const times = page.getByRole('table').getByRole('time');
    await times.first().waitFor();
    expect((await times.allTextContents()).join(' ')).toMatch(/ago/);
    expect((await times.allTextContents()).join(' ')).not.toMatch(/vor|in \d+ Std/);
  });

  test('has every column of the queue in a window of 1,024', async () => {
    one = await visit(hub.browser, { viewport: { width: 1_024, height: 768 } });
    const { page } = one;
    await hub.enqueue('a_name_of_20_letters', { fullName: 'Maximiliana Katharina of Everywhere and Beyond' });
    await open(page, hub.server.url, '/queue');
    const table = page.getByRole('table');
    await table.getByText('a_name_of_20_letters').waitFor();
    expect(await table.evaluate((of) => of.scrollWidth - (of.parentElement?.clientWidth ?? 0))).toBeLessThanOrEqual(0);
  });
});
