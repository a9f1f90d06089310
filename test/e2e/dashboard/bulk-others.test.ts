/** Bulk actions with interference: two for the same entries, and one whose node was killed. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('a bulk action beside others', () => {
  const hub = useHub();

  const planCancel = async (usernames: readonly string[]): Promise<string> => {
    const entries = await hub.database.db.query<{ id: string }>(
      'SELECT id FROM auth.queued_managed_account_creations WHERE username = ANY($1)',
      [usernames],
    );
    const { data } = await hub.server.graphql<{ planBulkAction: { planId: string } }>(
      'mutation ($ids: [UUID!]!) { planBulkAction(input: {action: CANCEL, entryIds: $ids}) { ... on PlanBulkActionPayload { planId } } }',
      { ids: entries.map(({ id }) => id) },
    );
    return data.planBulkAction.planId;
  };
  const enqueue = async (...usernames: readonly string[]): Promise<void> => {
    for (const username of usernames) await hub.enqueue(username, { runAt: '2099-01-01T00:00:00Z' });
  };

  test('says by the reason what it skipped, and which other one was there first', async () => {
    await enqueue('first_a', 'first_b');
    const [theirs, ours] = [await planCancel(['first_a', 'first_b']), await planCancel(['first_a', 'first_b'])];
    await hub.server.graphql('mutation ($id: UUID!) { applyBulkAction(input: {planId: $id}) { __typename } }', {
      id: theirs,
    });
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, `/bulk-actions/${theirs}`);
    await page.getByRole('main').getByText('Finished').first().waitFor();
    await open(page, hub.server.url, `/bulk-actions/${ours}`);
    await page
      .getByRole('main')
      .getByRole('button', { name: /^Apply/ })
      .click();
    const skipped = page.getByRole('region', { name: 'Skipped: 2 entries' });
    await skipped.getByRole('list', { name: 'Why they were skipped' }).getByText('cancelled meanwhile').waitFor();
    await skipped.getByRole('link', { name: 'Another bulk action' }).first().click();
    await page.waitForURL(`**/bulk-actions/${theirs}`);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('says that nothing goes on while its node is gone, and is gone on with', async () => {
    await enqueue('left_a', 'left_b');
    const id = await planCancel(['left_a', 'left_b']);
    // As left by a node that is killed midway.
    await hub.database.db.query(
      `UPDATE auth.bulk_actions SET status = 'running', applied_at = now() - interval '20 seconds',
         lease_node_id = gen_random_uuid(), lease_expires_at = now() + interval '6 seconds' WHERE id = $1`,
      [id],
    );
    const { context, page } = await visit(hub.browser);
    await open(page, hub.server.url, `/bulk-actions/${id}`);
    await page.getByText('the node that works at it is slow or gone').waitFor();
    await page.getByRole('main').getByText('2 of 2').waitFor();
    expect(await page.getByText('Nothing has been done for').count()).toBe(0);
    await context.close();
  });
});
