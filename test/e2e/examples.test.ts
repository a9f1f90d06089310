/**
 * The examples with a page, as their READMEs say: installed, built and served from an empty folder, used in a browser,
 * with the server restarted under the page.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/database/embedded/cluster.ts';
import { ADMIN, createToken, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { isBrowserMissing, startBrowser, visit } from '../support/browser.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { copyExample, type Example } from '../support/examples.ts';
import { until } from '../support/process.ts';

describe.skipIf(isBrowserMissing)('the example with', () => {
  let database: TestDatabase;
  let family: { familyId: string; ownerId: string };
  let app: TestApp;
  let browser: Browser;
  let example: Example | undefined;
  let pageUrl: string;
  const start = (): Promise<TestApp> =>
    startTestApp({
      url: database.url,
      config: { ...WITH_ACCESS, CORS_ORIGINS: [pageUrl], PORT: app === undefined ? 0 : Number(new URL(app.url).port) },
    });

  beforeAll(async () => {
    database = await createTestDatabase();
    family = await seedFamily(database.db);
    pageUrl = `http://127.0.0.1:${await freePort()}`;
    app = await start();
    browser = await startBrowser();
  });
  afterEach(async () => {
    await example?.remove();
    example = undefined;
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await database?.drop();
  });

  /** Runs a command line of a README that must succeed. */
  async function follow(command: string, env: Record<string, string> = {}): Promise<void> {
    const { code, stdout, stderr } = (await example?.run(command, env)) ?? {};
    expect(code, `${command}\n${stdout}${stderr}`).toBe(0);
  }
  async function serve(command: string, env: Record<string, string> = {}): Promise<void> {
    const { port } = new URL(pageUrl);
    await example?.start(`${command} -- --port ${port} --strictPort --host 127.0.0.1`, /Local:/, env);
  }
  /** Stops the server, has `meanwhile` work done by another node, and starts the server again at its address. */
  async function restart(meanwhile: (other: TestApp) => Promise<void>): Promise<void> {
    await app.close();
    const other = await startTestApp({ url: database.url, nodeName: 'other', config: WITH_ACCESS });
    await meanwhile(other);
    await other.close();
    app = await start();
  }
  const row = (page: Page, ...cells: string[]) =>
    cells.reduce((found, text) => found.filter({ hasText: text }), page.getByRole('row'));

  test('urql and gql.tada enqueues, shows typed errors, and misses no change while the server is away', async () => {
    const { token } = await createToken(app, { name: 'frontend', role: 'ADMIN', familyId: family.familyId });
    example = await copyExample('urql');
    await follow('npm ci');
    await follow('npm run schema', { VITE_FAMILY_HUB_URL: app.url, FAMILY_HUB_TOKEN: token });
    await follow('npm run build', { VITE_FAMILY_HUB_URL: app.url });
    await serve('npm run preview');

    const { context, page, complaints } = await visit(browser);
    await page.goto(pageUrl);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();

    const enqueue = async (username: string, fullName: string): Promise<void> => {
      await page.getByLabel('Username').fill(username);
      await page.getByLabel('Full name').fill(fullName);
      await page.getByRole('button', { name: 'Enqueue' }).click();
    };
    const alert = page.getByRole('alert');
    await enqueue('X!', '');
    await alert.filter({ hasText: /username .*3 characters.*; fullName / }).waitFor();
    await enqueue('mia_2015', 'Mia Example');
    await alert.filter({ hasText: /^Queued mia_2015\. Password, shown only now: \S{12,}$/ }).waitFor();
    await row(page, 'mia_2015', 'COMPLETED', 'SUCCEEDED').waitFor();
    await enqueue('mia_2015', 'Mia Example');
    await alert.filter({ hasText: 'mia_2015 is taken. Choose another username.' }).waitFor();
    expect(complaints).toEqual([]);

    await restart(async (other) => {
      const { familyId, ownerId: createdByUserId } = family;
      const mutation = 'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }';
      const input = { familyId, createdByUserId, username: 'noah_2016', fullName: 'Noah Example' };
      await other.graphql(mutation, { input }, ADMIN);
      await until('the account', async () => {
        const users = await database.db.query(`SELECT FROM auth.users WHERE username = 'noah_2016'`);
        return users.length === 1;
      });
    });
    await row(page, 'noah_2016', 'COMPLETED').waitFor();
    await context.close();

    const stranger = await visit(browser);
    await stranger.page.goto(pageUrl);
    await stranger.page.getByLabel('Token').fill('wrong');
    await stranger.page.getByRole('button', { name: 'Continue' }).click();
    await stranger.page.getByRole('alert').getByText('The token is not one of this server').waitFor();
    await stranger.context.close();
  });

  test('Apollo Client runs a job, and shows a run that ended while the server was away', async () => {
    const { token } = await createToken(app, { name: 'page', role: 'OPERATOR' });
    // A fire that is due during the test would start a run of its own.
    const pause = (name: string) => `pauseJob(input: {jobName: "${name}", reason: "only by hand"}) { __typename }`;
    const { body: paused } = await app.graphql(
      `mutation { nightly: ${pause('ExpiredInvitationCleanupJob')} hourly: ${pause('RetentionJob')} }`,
      {},
      ADMIN,
    );
    expect(paused.errors).toBeUndefined();
    example = await copyExample('apollo');
    await follow('npm ci');
    await follow('npm run types', { FAMILY_HUB_URL: app.url, FAMILY_HUB_TOKEN: token });
    await serve('npm run dev', { FAMILY_HUB_URL: app.url, FAMILY_HUB_TOKEN: token });

    const { context, page, complaints } = await visit(browser);
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    await page.goto(pageUrl);
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    const job = 'ExpiredInvitationCleanupJob';
    await row(page, job, 'none').waitFor();
    await page.getByRole('button', { name: `Run ${job}` }).click();
    await page.getByText(`Started ${job}`).waitFor();
    await row(page, job, 'SUCCEEDED').waitFor();
    expect(complaints).toEqual([]);
    expect([...asked], 'the page asks only its own server').toEqual([pageUrl]);

    const before = await row(page, 'RetentionJob').textContent();
    expect(before).toContain('none');
    await restart(async (other) => {
      const mutation = 'mutation { runJobNow(input: {jobName: "RetentionJob", wait: true}) { __typename } }';
      const { body } = await other.graphql(mutation, {}, ADMIN);
      expect(body.data).toEqual({ runJobNow: { __typename: 'RunJobNowPayload' } });
    });
    await row(page, 'RetentionJob', 'SUCCEEDED').waitFor();
    await context.close();
  });
});
