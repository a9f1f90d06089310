/** The dashboard as a user sees it: real servers and pages, with elements found by accessible name, not by markup. */
import type { Page } from 'playwright-core';
import type { Env } from './process.ts';

/** Every page of the navigation with its heading. */
export const PAGES: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/queue', 'Queue'],
  ['/failures', 'Failures'],
  ['/enqueue', 'Enqueue'],
  ['/bulk-actions', 'Bulk actions'],
  ['/schedules', 'Schedules'],
  ['/schedules/ManagedAccountRetryJob', 'ManagedAccountRetryJob'],
  ['/runs', 'Runs'],
  ['/provider', 'Identity provider'],
  ['/nodes', 'Nodes'],
  ['/alerts', 'Alerts'],
  ['/events', 'Events'],
  ['/webhooks', 'Webhooks'],
  ['/audit', 'Audit trail'],
  ['/access', 'Access'],
  ['/keys', 'Keys'],
  ['/settings', 'Settings'],
];

/**
 * Environment of a server on a test's database. The master key is constant, so that nodes on one database share its
 * key ring.
 */
export const serverEnv = (databaseUrl: string): Env => ({
  DATABASE_URL: databaseUrl,
  IDENTITY_PROVIDER: 'simulator',
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
});

/** Opens a page and waits for its heading and for the live stream. */
export async function open(page: Page, url: string, path: string): Promise<void> {
  await page.goto(url + path);
  await page.locator('main h1').waitFor();
  await live(page);
}

/** Waits until the page shows that its stream is live. */
export const live = (page: Page): Promise<void> =>
  page.getByRole('banner').getByText('Live', { exact: true }).waitFor();

/** Presses keys one after another, as a user does. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Signs in with a token and waits for the overview. */
export async function signIn(page: Page, url: string, token: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('main h1').waitFor();
}

/** Reports content that is wider than the window; empty when everything fits. */
export async function widthProblems(page: Page): Promise<string[]> {
  const [content, shown] = await page.evaluate(
    () => [document.documentElement.scrollWidth, window.innerWidth] as const,
  );
  return content <= shown ? [] : [`it is ${content} pixels wide in a window of ${shown}`];
}
