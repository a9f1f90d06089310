/** An entry's page: its history, and what can be copied. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

const execute = promisify(execFile);

describe.skipIf(isBrowserMissing)('an entry', () => {
  const hub = useHub();
  const idOf = async (username: string): Promise<string> => {
    const [row] = await hub.database.db.query<{ id: string }>(
      'SELECT id FROM auth.queued_managed_account_creations WHERE username = $1',
      [username],
    );
    return row?.id ?? '';
  };

  test('tells who enqueued it together with others, who asked for it, and what held it', async () => {
    const { familyId, ownerId: createdByUserId } = hub.family;
    await hub.server.graphql('mutation { pauseQueue(input: {reason: "a move"}) { __typename } }');
    const items = ['together_1', 'together_2'].map((username) => ({
      ...{ familyId, createdByUserId, username, fullName: 'Some One' },
    }));
    await hub.server.graphql(
      'mutation ($input: EnqueueAccountsInput!) { enqueueAccounts(input: $input) { __typename } }',
      { input: { items } },
    );
    await hub.server.graphql('mutation { openCircuit(input: {reason: "maintenance"}) { __typename } }');
    const entryId = await idOf('together_2');
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, `/queue/${entryId}`);
    const story = page.getByRole('region', { name: 'What happened' });
    await story.getByText('Enqueued by local').waitFor();
    await story.getByText('Requested by Olivia Owner.').waitFor();
    await story.getByText('The queue was already paused, by local').waitFor();
    await story.getByText('“a move”').waitFor();
    await story.getByText('The circuit opened by local').waitFor();
    await story.getByText('“maintenance”').waitFor();
    const explanation = page.getByRole('region', { name: 'Explanation' });
    await explanation.getByText('The circuit is open').waitFor();
    await explanation.getByText('This account is created automatically once the circuit is closed').waitFor();
    await page.setViewportSize({ width: 1024, height: 900 });
    // An id and its button are on one line, however narrow the card is.
    const ids = page.getByRole('region', { name: 'Details' });
    const [id, button] = await Promise.all([
      ids.getByText(entryId).boundingBox(),
      ids.getByRole('button', { name: 'Copy the entry’s id' }).boundingBox(),
    ]);
    expect(button?.x).toBeGreaterThan((id?.x ?? 0) + (id?.width ?? 0) - 1);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  test('its query is copied as a command that works', async () => {
    const entryId = await idOf('together_1');
    const { context, page } = await visit(hub.browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    await open(page, hub.server.url, `/queue/${entryId}`);
    await page.getByRole('main').getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Copy the query as curl' }).click();
    await page.getByText('The query is in the clipboard.', { exact: true }).waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const { stdout } = await execute('bash', ['-c', command], { env: { PATH: process.env.PATH } });
    expect(JSON.parse(stdout)).toMatchObject({ data: { queuedCreation: { entryId, username: 'together_1' } } });
    await context.close();
  }, 60_000);

  test('that had failed tells nothing of the circuit afterwards, also when it is cancelled', async () => {
    await hub.server.graphql('mutation { closeCircuit(input: {reason: "done"}) { __typename } }');
    await hub.server.graphql('mutation { setSimulatorFault(input: {fault: INVALID_USERNAME}) { __typename } }');
    const { context, page } = await visit(hub.browser);
    // Opening the page gives the simulator time to notice the fault.
    await open(page, hub.server.url, '/queue');
    await hub.enqueue('in_vain');
    await hub.server.graphql('mutation { resumeQueue(input: {}) { __typename } }');
    const entryId = await idOf('in_vain');
    const statusOf = async () =>
      await hub.server
        .graphql<{ queuedCreation: { status: string } }>(
          'query ($entryId: UUID!) { queuedCreation(entryId: $entryId) { status failedAt cancelledAt } }',
          { entryId },
        )
        .then(({ data }) => data.queuedCreation);
    await expect.poll(statusOf, { timeout: 30_000 }).toMatchObject({ status: 'FAILED', cancelledAt: null });
    await hub.server.graphql('mutation { openCircuit(input: {reason: "later"}) { __typename } }');
    await hub.server.graphql(
      'mutation ($entryId: UUID!) { cancelEntry(input: {entryId: $entryId, reason: "No"}) { __typename } }',
      { entryId },
    );
    expect(await statusOf()).toMatchObject({
      status: 'CANCELLED',
      failedAt: expect.any(String),
      cancelledAt: expect.any(String),
    });
    await open(page, hub.server.url, `/queue/${entryId}`);
    const story = page.getByRole('region', { name: 'What happened' });
    await story.getByText('Cancelled by local').waitFor();
    await story.getByText('The queue was resumed by local').waitFor();
    expect(await story.getByText('The circuit').count()).toBe(0);
    await context.close();
  }, 60_000);
});
