/**
 * The sign-in in a real browser: with a token and through an issuer on another site, by keyboard, with scripts off;
 * GraphiQL works with the cookie, and no longer after the sign-out.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { isBrowserMissing, startBrowser } from '../support/browser.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';

describe.skipIf(isBrowserMissing)('the sign-in', () => {
  let database: TestDatabase;
  let issuer: TestIssuer;
  let server: TestApp;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedFamily(database.db);
    issuer = await startIssuer({ audience: 'the-project', clientId: 'hub-client' });
    server = await startTestApp({
      url: database.url,
      config: {
        ADMIN_TOKEN: ADMIN,
        OIDC_ISSUER: issuer.url,
        OIDC_AUDIENCE: 'the-project',
        OIDC_CLIENT_ID: 'hub-client',
      },
    });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await issuer?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    complaints.length = 0;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(() => context.close());

  // If GraphiQL does not load, the error quotes what the page shows instead.
  const graphiql = () =>
    page
      .locator('.graphiql-execute-button')
      .waitFor({ timeout: 60_000 })
      .catch(async (error: Error) => {
        const shown = (await page.locator('body').textContent())?.slice(0, 500);
        throw new Error(`No GraphiQL at ${page.url()}, but: ${shown}\n${complaints.join('\n')}`, { cause: error });
      });

  test('with a token: GraphiQL runs with the cookie until the sign-out', async () => {
    await page.goto(`${server.url}/graphql`);
    expect(page.url()).toBe(`${server.url}/sign-in?returnTo=%2Fgraphql`);
    // The field gets the focus automatically, with the browser's first frame, which may come after the load event.
    await page.locator('#token:focus').waitFor();
    await page.keyboard.insertText(ADMIN);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.url}/graphql`);
    await graphiql();
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: 'family-hub-session', httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(await page.evaluate(() => document.cookie)).toBe('');

    await expect
      .poll(
        async () => {
          await page.getByRole('button', { name: /^Execute query/ }).click();
          const answer = page.locator('.monaco-editor[data-uri$="response.json"]');
          return (await answer.textContent({ timeout: 30_000 }))?.replace(/\s/g, '');
        },
        { timeout: 30_000 },
      )
      .toContain('"name":"TheTesters"');
    expect(complaints).toEqual([]);

    await page.goto(`${server.url}/sign-in`);
    await page.getByText('You are signed in as admin token (ADMIN).').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token', { exact: true }).waitFor();
    expect(await context.cookies()).toEqual([]);
    await page.goto(`${server.url}/graphql`);
    expect(page.url()).toContain('/sign-in');
  });

  test('with a wrong token: the page says so, to those who hear it as well', async () => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Token', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('The token is not one of this server').waitFor();
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  });

  test('at an issuer on another site: the strict cookie is there when the page goes on', async () => {
    await page.goto(`${server.url}/graphql`);
    await page.getByRole('link', { name: `Sign in at ${new URL(issuer.url).host}` }).click();
    await graphiql();
    expect(page.url()).toBe(`${server.url}/graphql`);
    await page.goto(`${server.url}/sign-in`);
    await page.getByText('You are signed in as Ada Adams (ADMIN).').waitFor();

    // A link on another site: the browser withholds the strict cookie at first.
    await page.goto(`${issuer.url}/keys`);
    await page.evaluate((url) => {
      window.location.href = `${url}/graphql`;
    }, server.url);
    await graphiql();
    expect(page.url()).toBe(`${server.url}/graphql`);
  });

  test('works with scripts off, by night as well', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, colorScheme: 'dark' });
    try {
      const still = await plain.newPage();
      await still.goto(`${server.url}/sign-in?returnTo=/health/live`);
      await still.getByLabel('Token', { exact: true }).fill(ADMIN);
      await still.getByRole('button', { name: 'Sign in', exact: true }).click();
      await still.waitForURL(`${server.url}/health/live`);
      expect((await plain.cookies()).map(({ name }) => name)).toEqual(['family-hub-session']);
    } finally {
      await plain.close();
    }
  });

  test('another site’s page can neither ask as the browser’s owner nor sign it out', async () => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Token', { exact: true }).fill(ADMIN);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(`${server.url}/graphql`);
    // The issuer's origin represents any other site.
    const evil = await context.newPage();
    await evil.goto(`${issuer.url}/keys`);
    const blocked = await evil.evaluate(async (url) => {
      const asked = await fetch(`${url}/graphql`, {
        method: 'POST',
        credentials: 'include',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ viewer { name } }' }),
      }).then(
        () => 'answered',
        () => 'blocked',
      );
      // Sent without a CORS preflight; hiding the response from the page would not prevent the effect.
      await fetch(`${url}/sign-out`, { method: 'POST', credentials: 'include', mode: 'no-cors' }).catch(
        () => undefined,
      );
      return asked;
    }, server.url);
    expect(blocked).toBe('blocked');
    await page.goto(`${server.url}/sign-in`);
    await page.getByText('You are signed in as admin token (ADMIN).').waitFor();
  });
});
