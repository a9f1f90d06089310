/** Signing in and out, and a user who may only read: everything is shown, with the reason why it cannot be used. */
import { beforeAll, describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { live, open, PAGES, signIn } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';

describe.skipIf(isBrowserMissing)('who may do what', () => {
  const hub = useHub({ ADMIN_TOKEN: ADMIN });
  let viewerToken: string;

  beforeAll(async () => {
    const answer = await fetch(`${hub.server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN}` },
      body: JSON.stringify({
        query:
          'mutation { createApiToken(input: {name: "the viewer", role: VIEWER}) { ... on CreateApiTokenPayload { token } } }',
      }),
    });
    const { data } = (await answer.json()) as { data: { createApiToken: { token: string } } };
    viewerToken = data.createApiToken.token;
  });

  test('leads to the sign-in and back to where one wanted to go, and out again', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await page.goto(`${hub.server.url}/nodes`);
    expect(page.url()).toBe(`${hub.server.url}/sign-in?returnTo=%2Fnodes`);
    await page.getByLabel('Token', { exact: true }).fill(ADMIN);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${hub.server.url}/nodes`);
    await page.getByRole('heading', { name: 'Nodes', level: 1 }).waitFor();
    await live(page);
    expect(complaints).toEqual([]);

    await page.getByRole('button', { name: /account and view/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${hub.server.url}/queue`);
    expect(page.url()).toContain('/sign-in');
    // The stream may be closed by the sign-out before the page is left; then it is refused.
    expect(complaints.filter((text) => !text.includes('status of 401'))).toEqual([]);
    await context.close();
  });

  test('a session that has ended leads to the sign-in', async () => {
    const { context, page } = await visit(hub.browser);
    await signIn(page, hub.server.url, ADMIN);
    await live(page);
    await hub.database.db.query('DELETE FROM auth.sessions');
    await page.goto(`${hub.server.url}/queue`);
    await page.waitForURL(/\/sign-in\?returnTo=%2Fqueue/);
    await context.close();
  });

  test('a viewer sees, and is told why the rest is not for them', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await signIn(page, hub.server.url, viewerToken);
    for (const [path, heading] of PAGES) {
      await open(page, hub.server.url, path);
      expect(await page.locator('main h1').textContent()).toBe(heading);
    }
    // Shown, but disabled.
    await open(page, hub.server.url, '/nodes');
    const drain = page.getByRole('button', { name: 'Drain' });
    await expect.poll(() => drain.getAttribute('aria-disabled')).toBe('true');
    await drain.click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);
    await drain.focus();
    await page
      .getByRole('tooltip')
      .getByText(/Your role VIEWER may not use this\. It needs ADMIN\./)
      .waitFor();
    // Links to pages that the user may not open are disabled.
    await open(page, hub.server.url, '/queue');
    const enqueue = page.locator('main header').getByText('Enqueue', { exact: true });
    await expect.poll(() => enqueue.getAttribute('aria-disabled')).toBe('true');
    // A page that is not shown at all states that.
    for (const path of ['/audit', '/keys', '/webhooks', '/events', '/enqueue']) {
      await open(page, hub.server.url, path);
      await page.getByText(/You are the viewer \(VIEWER\)\. Your role VIEWER may not use/).waitFor();
    }
    expect(complaints).toEqual([]);
    const [denied] = await hub.database.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.audit_entries WHERE outcome = 'denied'`,
    );
    expect(denied?.count, 'the page asks for nothing that it may not').toBe(0);
    await context.close();
  });
});
