/** A browser's own EventSource, where it needs no token: after the sign-in, and from an origin in CORS_ORIGINS. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { isBrowserMissing, startBrowser, visit } from '../support/browser.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const WATCH = `/graphql?query=${encodeURIComponent('subscription { queuedCreationChanged { queuedCreation { username } } }')}`;

describe.skipIf(isBrowserMissing)('EventSource', () => {
  let database: TestDatabase;
  let family: { familyId: string; ownerId: string };
  let browser: Browser;
  let guarded: TestApp;
  let open: TestApp;
  let friend: Server;
  let friendUrl: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    family = await seedFamily(database.db);
    friend = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A page</title>');
    }).listen(0, '127.0.0.1');
    await once(friend, 'listening');
    const address = friend.address();
    friendUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    guarded = await startTestApp({ url: database.url, config: WITH_ACCESS });
    open = await startTestApp({ url: database.url, nodeName: 'open', config: { CORS_ORIGINS: [friendUrl] } });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([guarded?.close(), open?.close()]);
    friend?.close();
    await database?.drop();
  });

  /** Opens an EventSource in the page, enqueues an account when it is open, and returns the event about it. */
  async function heard(page: Page, url: string, username: string): Promise<string> {
    await page.evaluate(
      (address) =>
        new Promise<void>((resolve, reject) => {
          const source = new EventSource(address);
          const events: string[] = [];
          Object.assign(window, { events });
          source.addEventListener('next', ({ data }) => events.push(data));
          source.onopen = () => resolve();
          source.onerror = () => reject(new Error('It was refused.'));
        }),
      url,
    );
    const { familyId, ownerId: createdByUserId } = family;
    const mutation = 'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }';
    await open.graphql(mutation, { input: { familyId, createdByUserId, username, fullName: 'Some One' } });
    const found = await page.waitForFunction(
      (name) => (window as unknown as { events: string[] }).events.find((data) => data.includes(name)),
      username,
    );
    return String(await found.jsonValue());
  }

  test('of a page of this server gets events after the sign-in, with its cookie', async () => {
    const { context, page } = await visit(browser);
    await page.goto(`${guarded.url}/graphql`);
    await page.getByLabel('Token', { exact: true }).fill(WITH_ACCESS.ADMIN_TOKEN ?? '');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('.graphiql-execute-button').waitFor();
    expect(JSON.parse(await heard(page, WATCH, 'seen_at_home'))).toMatchObject({
      data: { queuedCreationChanged: { queuedCreation: { username: 'seen_at_home' } } },
    });
    await context.close();
  });

  test('of a page of CORS_ORIGINS gets events where no one has to sign in, and is refused elsewhere', async () => {
    const { context, page } = await visit(browser);
    await page.goto(friendUrl);
    expect(await heard(page, open.url + WATCH, 'seen_by_friend')).toContain('seen_by_friend');
    await expect(heard(page, guarded.url + WATCH, 'never_seen')).rejects.toThrow('It was refused.');
    await context.close();
  });
});
