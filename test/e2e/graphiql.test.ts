/**
 * GraphiQL in a real browser that can reach only this server: the tour's tabs work as a newcomer would use them,
 * without console errors, and the page is compressed and loaded once.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { isBrowserMissing, startBrowser } from '../support/browser.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

describe.skipIf(isBrowserMissing)('GraphiQL', () => {
  let database: TestDatabase;
  let server: TestApp;
  let browser: Browser;
  let page: Page;
  let family: { familyId: string; ownerId: string };
  const complaints: string[] = [];
  const foreign: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    family = await seedFamily(database.db);
    server = await startTestApp({ url: database.url });
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1_400, height: 900 } });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== server.url) foreign.push(request.url());
    });
    await page.goto(`${server.url}/graphql`);
    await page.locator('.graphiql-execute-button').waitFor({ timeout: 60_000 });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await database?.drop();
  });

  test('opens with the four tabs of the tour', async () => {
    const names = await page.locator('.graphiql-tab-button').allTextContents();
    expect(names.map((name) => name.trim())).toEqual(['Look', 'Enqueue', 'Watch', 'RunNow']);
  });

  test('answers the first click on a tab, as soon as there are tabs', async () => {
    const fresh = await browser.newPage({ viewport: { width: 1_400, height: 900 } });
    await fresh.goto(`${server.url}/graphql`, { waitUntil: 'commit' });
    await fresh.locator('.graphiql-tab-button', { hasText: 'Watch' }).click({ timeout: 60_000 });
    await fresh.locator('.graphiql-tab-active', { hasText: 'Watch' }).waitFor();
    expect(await fresh.locator('.graphiql-tab-active').count()).toBe(1);
    await fresh.close();
  });

  test('knows the schema: its documentation can be read', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('QueuedCreation', { exact: true }).click();
    await page.getByText('a managed account to be created at the identity provider').waitFor();
    await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
  });

  test('runs the first tab at a click', async () => {
    await play();
    await expectAnswer(/"name": "The Testers"/);
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  });

  test('enqueues an account for a family and a member that the tab already names', async () => {
    await openTab('Enqueue');
    const variables = page.locator('.monaco-editor[data-uri$="variables.json"]');
    for (const id of [family.familyId, family.ownerId]) await variables.getByText(id).waitFor();
    await play();
    await expectAnswer(/"generatedPassword": "/);
    const [entry] = await database.db.query<{ username: string }>(
      'SELECT username FROM auth.queued_managed_account_creations',
    );
    expect(entry?.username).toBe('noah_2016');
  });

  test('watches: the subscription’s tab shows what happens meanwhile', async () => {
    await openTab('Watch');
    await play();
    await page.getByRole('button', { name: /^Stop query/ }).waitFor({ timeout: 30_000 });
    const { familyId, ownerId: createdByUserId } = family;
    await server.graphql('mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }', {
      input: { familyId, createdByUserId, username: 'seen_live', fullName: 'Seen Live' },
    });
    await expectAnswer(/"username": "seen_live"/);
    await page.getByRole('button', { name: /^Stop query/ }).click();
  });

  test('runs the job of the last tab', async () => {
    await openTab('RunNow');
    await play();
    await expectAnswer(/"status": "SUCCEEDED"/);
  });

  test('asks no other host and has nothing to complain about', () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('travels compressed, and not again when nothing changed', async () => {
    const html = await (await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } })).text();
    const parts = [...html.matchAll(/(?:src|href)="(\/graphiql\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(parts).toHaveLength(2);
    for (const path of ['/graphql', ...parts]) {
      const asked = await fetch(server.url + path, { headers: { accept: 'text/html' } });
      expect(asked.headers.get('content-encoding')).toBe('gzip');
      expect(Number(asked.headers.get('content-length'))).toBeLessThan((await asked.text()).length * 0.6);
      const etag = asked.headers.get('etag') ?? '';
      const again = await fetch(server.url + path, { headers: { accept: 'text/html', 'if-none-match': etag } });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
    }

    const fetched: string[] = [];
    page.on('response', (response) => {
      if (response.url().startsWith(`${server.url}/graphiql/`) && !response.fromServiceWorker())
        fetched.push(response.url());
    });
    const before = await partsServed();
    await page.goto(`${server.url}/graphql`);
    await page.locator('.graphiql-execute-button').waitFor({ timeout: 60_000 });
    expect(fetched.length).toBeGreaterThan(0);
    expect(await partsServed(), 'the browser has kept the code').toBe(before);
  });

  /** The requests for the page's code and style. */
  async function partsServed(): Promise<string> {
    const { text } = await server.metrics.scrape();
    return text
      .split('\n')
      .filter((line) => line.startsWith('family_hub_http_duration_seconds_count{route="/graphiql/'))
      .join('\n');
  }

  async function openTab(name: string): Promise<void> {
    await page.locator('.graphiql-tab-button', { hasText: name }).click();
    await page
      .locator('.monaco-editor[data-uri$="operation.graphql"]', { hasText: new RegExp(`\\s${name}\\s?[({]`) })
      .waitFor();
  }

  /** Presses play, repeatedly, because GraphiQL ignores it too soon after a change of tabs. */
  async function play(): Promise<void> {
    const sent = () =>
      page.waitForRequest((request) => request.url().startsWith(`${server.url}/graphql`), { timeout: 2_000 });
    for (let tries = 1; ; tries += 1) {
      const request = sent().catch(() => undefined);
      await page.getByRole('button', { name: /^Execute query/ }).click();
      if ((await request) !== undefined) return;
      if (tries === 5) throw new Error('The play button sends nothing.');
    }
  }

  /** Long lines of the result are wrapped anywhere, so white space is ignored. */
  async function expectAnswer(text: RegExp): Promise<void> {
    await page.waitForFunction(
      ([source = '']) => {
        const shown = document.querySelector('.monaco-editor[data-uri$="response.json"]')?.textContent ?? '';
        return new RegExp(source).test(shown.replace(/\s/g, ''));
      },
      [text.source.replaceAll(' ', '')],
      { timeout: 30_000 },
    );
  }
});
