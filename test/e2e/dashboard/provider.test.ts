/** The identity provider's page: results of the checks, and opening and closing its circuit. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('the identity provider', () => {
  const hub = useHub();

  test('is looked at at a click; a look that fails and one that does not stand one below the other', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/provider');
    const checks = page.getByRole('region', { name: 'Checks' });
    const checkNow = checks.getByRole('button', { name: 'Check now' });
    await checks.getByText('The last check passed').waitFor();
    await page.getByRole('button', { name: 'Refuse the token' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Set the simulator' }).click();
    // The simulator polls for a new fault four times a second.
    await expect
      .poll(
        async () => {
          await checkNow.click();
          return checks.getByText('The last check failed').isVisible();
        },
        { timeout: 30_000 },
      )
      .toBe(true);
    await checks.getByRole('list', { name: 'Last known' }).getByText('Passed').waitFor();
    // A configuration error opens the circuit before an entry is attempted.
    await page.getByRole('main').getByText('Opened by failures').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('its circuit is opened with a reason and closed again, and the history says by whom and why', async () => {
    const { context, page } = await visit(hub.browser);
    await hub.server.graphql('mutation { setSimulatorFault(input: {fault: NONE}) { __typename } }');
    await hub.server.graphql('mutation { closeCircuit(input: {reason: "to begin"}) { __typename } }');
    await open(page, hub.server.url, '/provider');
    await page.getByRole('button', { name: 'Open the circuit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Open the circuit' }).click();
    await dialog.getByText('Required').waitFor();
    // The invalid field has the focus.
    expect(await dialog.getByLabel('Reason').evaluate((field) => field === document.activeElement)).toBe(true);
    await dialog.getByLabel('Reason').fill('Its disk is changed');
    await dialog.getByRole('button', { name: 'Open the circuit' }).click();
    const newest = page.getByRole('table', { name: 'Changes of the circuit' }).getByRole('row').nth(1);
    await newest.getByText('Its disk is changed').waitFor();
    await page.getByRole('button', { name: 'Close the circuit' }).click();
    await dialog.getByRole('button', { name: 'Close the circuit' }).click();
    await newest.getByText('Closed', { exact: true }).waitFor();
    await context.close();
  });
});
