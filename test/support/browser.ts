/**
 * A real browser for a test file: Debian's Chromium, which can reach only this machine. Each page's console
 * complaints and its requests to other hosts are collected, so that a test can assert that there are none.
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** Without Chromium the browser tests are skipped, except in CI, where they must run. */
export const isBrowserMissing = CHROMIUM === undefined && !process.env.CI;
if (isBrowserMissing)
  process.stderr.write('SKIPPED: the browser test needs Chromium (Debian: apt-get install chromium).\n');

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and warnings of the console, and uncaught errors. */
  readonly complaints: string[];
  /** URLs requested from other hosts. */
  readonly foreign: string[];
}

/** `keepsPages` turns on the back/forward cache, which users' browsers have and test browsers do not. */
export async function startBrowser({ keepsPages = false } = {}): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('There is no Chromium. Install it: apt-get install chromium');
  return await chromium.launch({
    executablePath: CHROMIUM,
    ...(keepsPages && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
  });
}

/** A fresh browser profile that shares nothing with other visits. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1_440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && !['127.0.0.1', 'localhost'].includes(hostname)) foreign.push(request.url());
  });
  // A route handler may be running when the page closes; that is not a failure.
  const close = context.close.bind(context);
  context.close = async (...given) => {
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await close(...given);
  };
  return { context, page, complaints, foreign };
}
