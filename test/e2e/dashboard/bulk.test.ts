/**
 * A group of failures is planned, reviewed with its exclusions, and retried; many entries are cancelled and that is
 * undone; and the list of bulk actions.
 */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';
import { until } from '../../support/process.ts';

describe.skipIf(isBrowserMissing)('bulk actions', () => {
  const hub = useHub();

  const enqueue = async (prefix: string, count: number, runAt?: string): Promise<void> => {
    const items = Array.from({ length: count }, (_, index) => ({
      familyId: hub.family.familyId,
      createdByUserId: hub.family.ownerId,
      username: `${prefix}_${index}`,
      fullName: `Account ${index}`,
      ...(runAt !== undefined && { runAt }),
    }));
    const { errors } = await hub.server.graphql(
      'mutation ($items: [EnqueueAccountItem!]!) { enqueueAccounts(input: {items: $items}) { ... on EnqueueAccountsPayload { acceptedCount } } }',
      { items },
    );
    expect(errors).toBeUndefined();
  };
  const inState = async (prefix: string): Promise<Record<string, number>> => {
    const rows = await hub.database.db.query<{ status: string; count: number }>(
      `SELECT status::text, count(*)::int AS count FROM auth.queued_managed_account_creations
        WHERE starts_with(username, $1) GROUP BY 1`,
      [prefix],
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  };
  const setFault = (fault: string) =>
    hub.server.graphql(
      'mutation ($fault: SimulatorFault!) { setSimulatorFault(input: {fault: $fault}) { __typename } }',
      {
        fault,
      },
    );

  test('exactly the entries of a group are retried; what is left out is named', async () => {
    await setFault('INVALID_USERNAME');
    // Simulators poll for a new fault four times a second; accounts before that are created.
    await until('the simulator to refuse', async () => {
      const name = `probe_${Math.random().toString(36).slice(2, 8)}`;
      await enqueue(name, 1);
      await until('an attempt to end', async () =>
        Object.keys(await inState(name)).some((state) => /completed|failed/.test(state)),
      );
      return (await inState(name)).failed === 1;
    });
    await enqueue('refused', 30);
    await until('all to fail', async () => (await inState('refused')).failed === 30);
    await setFault('NONE');
    // The password of one was deleted by retention, so that it cannot be retried without a new one.
    await hub.database.db.query(
      `UPDATE auth.queued_managed_account_creations
          SET encrypted_password = NULL, password_destroyed_at = now(), password_destroyed_because = 'retention'
        WHERE username = 'refused_7'`,
    );

    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/failures');
    const group = page.getByRole('listitem').filter({ hasText: 'ACCOUNT_DATA_REFUSED' }).first();
    await group.getByText('31', { exact: true }).waitFor();
    // The advised action comes first: an unchanged retry would be refused again.
    expect(await group.getByRole('link', { name: /^Plan a/ }).allTextContents()).toEqual([
      'Plan a cancel of exactly these',
      'Plan a retry of exactly these',
    ]);
    await group.getByRole('link', { name: /^Enqueue .* again$/ }).click();
    await page.getByText('which cannot succeed as it is').waitFor();
    expect(await page.getByLabel('Username').inputValue()).toMatch(/_\d+$/);
    expect(await page.getByLabel('Full name').inputValue()).not.toBe('');
    expect(new URL(page.url()).search).toBe('');
    await page.goBack();
    await group.getByRole('link', { name: 'Plan a retry of exactly these' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Reason/).fill('the names are allowed now');
    await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
    await dialog.getByText('1 entry left out').waitFor();
    await dialog
      .getByText(/password/i)
      .first()
      .waitFor();
    await dialog.getByText('Which').click();
    await dialog.getByText('refused_7').waitFor();
    expect(await inState('refused'), 'a plan changes nothing').toEqual({ failed: 30 });

    await dialog.getByRole('button', { name: 'Retry 30 entries' }).click();
    await dialog.getByText('Finished', { exact: true }).first().waitFor();
    await dialog.getByText('30 of 30').waitFor();
    await until('the accounts to be made', async () => (await inState('refused')).completed === 29);
    expect(await inState('refused')).toEqual({ completed: 29, failed: 1 });
    // Its page also shows its filter, its exclusions and the changed entries.
    await dialog.getByRole('link', { name: 'Open its page' }).click();
    await page.getByRole('heading', { name: 'Retry many entries', level: 1 }).waitFor();
    await page.getByText('All entries that had failed for the same cause').waitFor();
    await page.getByRole('region', { name: 'Left out of the plan: 1 entry' }).getByText('Which').click();
    await page.getByRole('link', { name: 'refused_7' }).waitFor();
    const changed = page.getByRole('region', { name: 'Retried: 30 entries' });
    await changed.getByRole('row').filter({ hasText: 'refused_3' }).getByText('Completed').waitFor();
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.hover();
    await page.getByText('A retry cannot be undone: attempts may have been made.').first().waitFor();
    const [entry] = await hub.database.db.query<{ id: string }>(
      `SELECT id FROM auth.queued_managed_account_creations WHERE username = 'refused_3'`,
    );
    await open(page, hub.server.url, `/queue/${entry?.id}`);
    const told = page.getByRole('listitem');
    await told.filter({ hasText: /^Retried in bulk by/ }).waitFor();
    await told.filter({ hasText: /^Attempt 2/ }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('all that match a filter are cancelled, and taken up again', async () => {
    await enqueue('later', 130, new Date(Date.now() + 3_600_000).toISOString());
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/queue?username=later');
    await page.getByLabel('Select all 100 shown').check();
    await page.getByRole('button', { name: 'Select all 130 that match' }).click();
    await page.getByRole('button', { name: 'Cancel …: plan it for 130 entries' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Reason/).fill('enqueued by mistake');
    await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
    await dialog.getByRole('button', { name: 'Cancel 130 entries' }).click();
    await dialog.getByText('130 of 130').waitFor();
    expect(await inState('later')).toEqual({ cancelled: 130 });

    await dialog.getByRole('button', { name: 'Undo' }).click();
    await page
      .getByRole('dialog')
      .last()
      .getByLabel(/^Reason/)
      .fill('it was none');
    await page.getByRole('dialog').last().getByRole('button', { name: 'Undo' }).click();
    await dialog.getByText('Undone', { exact: true }).first().waitFor();
    expect(await inState('later')).toEqual({ pending: 130 });
    await dialog.getByRole('link', { name: 'Open its page' }).click();
    await page.getByText('enqueued by mistake').last().waitFor();
    await page.getByText('it was none').waitFor();
    await page.getByText('Undone by').waitFor();
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Bulk actions' }).click();
    await page
      .getByRole('table', { name: 'Bulk actions' })
      .getByRole('row')
      .filter({ hasText: 'enqueued by mistake' })
      .filter({ hasText: /Undone.*local.*130 of 130/ })
      .getByRole('link', { name: 'Cancel many entries' })
      .click();
    await page.getByText('it was none').waitFor();
    await page.getByRole('link', { name: 'What the filter finds now' }).click();
    await expect.poll(() => new URL(page.url()).search).toBe('?username=later');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
