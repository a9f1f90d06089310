/** The dashboard as a person uses it: real servers, real pages, what is found by its name and not by its make. */
import type { Page } from 'playwright-core';
import type { Env } from './process.ts';

/** Every page that the navigation leads to, by its heading. */
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

/** What a server over a test's database needs; nodes on one database share its key ring. */
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

/** Until the page says that it is live. */
export const live = (page: Page): Promise<void> =>
  page.getByRole('banner').getByText('Live', { exact: true }).waitFor();

/** Presses keys one after another, as a person does. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Signs in with a token and lands on the overview. */
export async function signIn(page: Page, url: string, token: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('main h1').waitFor();
}

/** Whether anything on the page is wider than its window. */
export async function widthProblems(page: Page): Promise<string[]> {
  const [content, shown] = await page.evaluate(
    () => [document.documentElement.scrollWidth, window.innerWidth] as const,
  );
  return content <= shown ? [] : [`it is ${content} pixels wide in a window of ${shown}`];
}
