/**
 * Two users on two nodes see each other's changes; after a node is killed and returns, its page continues where it
 * was.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, startBrowser, visit } from '../../support/browser.ts';
import { open, serverEnv } from '../../support/dashboard.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../../support/database.ts';
import { createProcesses, type ServerProcess } from '../../support/process.ts';

describe.skipIf(isBrowserMissing)('two nodes', () => {
  const processes = createProcesses();
  let database: TestDatabase;
  let family: { familyId: string; ownerId: string };
  let browser: Browser;
  let first: ServerProcess;
  let second: ServerProcess;

  beforeAll(async () => {
    browser = await startBrowser();
    database = await createTestDatabase();
    family = await seedFamily(database.db);
    first = await processes.startNode({ ...serverEnv(database.url), NODE_NAME: 'node-one' });
    second = await processes.startNode({ ...serverEnv(database.url), NODE_NAME: 'node-two' });
  });
  afterAll(async () => {
    await browser?.close();
    await processes.endAll();
    await database?.drop();
  });

  const enqueue = async (server: ServerProcess, username: string): Promise<void> => {
    const { errors } = await server.graphql(
      'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }',
      { input: { familyId: family.familyId, createdByUserId: family.ownerId, username, fullName: 'Some One' } },
    );
    expect(errors).toBeUndefined();
  };

  test('what one does the other sees, without asking for it', async () => {
    const one = await visit(browser);
    const other = await visit(browser);
    await open(one.page, first.url, '/schedules/RetentionJob');
    await open(other.page, second.url, '/schedules/RetentionJob');
    await one.page.getByRole('button', { name: 'Pause', exact: true }).first().click();
    const dialog = one.page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('the disk is being changed');
    await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
    await other.page
      .getByText(/the disk is being changed/)
      .first()
      .waitFor();
    await other.page.getByRole('button', { name: 'Resume', exact: true }).first().click();
    await one.page.getByRole('button', { name: 'Pause', exact: true }).first().waitFor();

    await open(one.page, first.url, '/');
    await enqueue(second, 'from_another_node');
    await one.page.getByRole('link', { name: /^Completed\s*1$/ }).waitFor();
    expect([...one.complaints, ...other.complaints]).toEqual([]);
    await one.context.close();
    await other.context.close();
  });

  test('a killed server: the page says so, and after its return says what was missed', async () => {
    const { context, page, complaints } = await visit(browser);
    const port = new URL(first.url).port;
    await open(page, first.url, '/queue');
    first.kill('SIGKILL');
    await first.exited;
    await page.getByText(/^No connection to the server for/).waitFor();
    // The other node continues meanwhile.
    for (const username of ['missed_one', 'missed_two', 'missed_three']) await enqueue(second, username);
    first = await processes.startNode({ ...serverEnv(database.url), NODE_NAME: 'node-one', PORT: port });
    await page.getByText(/^Connected again\. Updated since: .*3 entries/).waitFor();
    await page.getByRole('button', { name: 'All right' }).click();
    expect(await page.getByText(/^Connected again/).count()).toBe(0);
    // Only the browser's own messages about an unreachable server.
    expect(complaints.filter((text) => !/net::ERR_|Failed to load resource/.test(text))).toEqual([]);
    await context.close();
  });
});
