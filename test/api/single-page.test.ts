/**
 * The page at the root and its files, from a small folder: which paths are served, in which encoding, how long
 * browsers cache them, and which visitors are redirected to the sign-in.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';
const INDEX = '<!doctype html><title>A page</title><script type="module" src="/assets/index-a1.js"></script>';
const SCRIPT = `console.log('the script', ${JSON.stringify('words '.repeat(2_000))});`;
const FONT = Buffer.from('wOF2 as it is');

let folder: string;
let database: TestDatabase;
let open: TestApp;
let closed: TestApp;
let bare: TestApp;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'single-page-'));
  await mkdir(join(folder, 'dashboard/assets/within'), { recursive: true });
  const files: Record<string, string | Buffer> = {
    'secret.js': 'not for anybody',
    'dashboard/index.html': INDEX,
    'dashboard/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'dashboard/assets/index-a1.js': SCRIPT,
    'dashboard/assets/index-a1.css': 'body { margin: 0 }',
    'dashboard/assets/sign-a1.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'dashboard/assets/text-a1.woff2': FONT,
    'dashboard/assets/within/deep.js': 'deep',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const dashboard = pathToFileURL(`${folder}/dashboard/`);
  database = await createTestDatabase();
  const common = { url: database.url, hasTimers: false };
  open = await startTestApp({ ...common, dashboard });
  closed = await startTestApp({ ...common, nodeName: 'closed', dashboard, config: { ADMIN_TOKEN: ADMIN } });
  bare = await startTestApp({ ...common, nodeName: 'bare', dashboard: pathToFileURL(`${folder}/nowhere/`) });
});
afterAll(async () => {
  await Promise.all([open?.close(), closed?.close(), bare?.close()]);
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Uses node:http because fetch normalizes paths and decodes bodies. */
const ask = (app: TestApp, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url);
    request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Answer['headers'],
          body: Buffer.concat(chunks),
        }),
      );
    })
      .on('error', reject)
      .end();
  });

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the page', () => {
  test.each(['/', '/queue', '/queue/d25fb18a-88de-441e-89e0-da28bc74a1fe?query=noah', '/schedules/A%20job', '/a.b/c'])(
    'answers a browser that opens %s',
    async (path) => {
      const { status, headers, body } = await ask(open, path, PAGE);
      expect([status, body.toString()]).toEqual([200, INDEX]);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'private, max-age=0, must-revalidate',
      });
      expect(headers.vary).toMatch(/accept-encoding/);
    },
  );

  test('runs only what comes from this server, and no text as code', async () => {
    const { headers } = await ask(open, '/', PAGE);
    const rules = String(headers['content-security-policy']).split('; ');
    expect(rules).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "object-src 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
  });

  test('is sent again only when it has changed', async () => {
    const { headers } = await ask(open, '/', PAGE);
    const again = await ask(open, '/queue', { ...PAGE, 'if-none-match': `"other", W/${headers.etag}` });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
    expect((await ask(open, '/', { ...PAGE, 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('HEAD says the same without it', async () => {
    const { status, headers, body } = await ask(open, '/schedules', PAGE, 'HEAD');
    expect([status, body.length, headers['content-length']]).toEqual([200, 0, String(INDEX.length)]);
  });

  test.each<[string, Record<string, string>, string]>([
    ['/nothing-here', { accept: '*/*' }, 'GET'],
    ['/nothing-here', { accept: 'application/json' }, 'GET'],
    ['/nothing-here', PAGE, 'POST'],
    ['//evil.example/', PAGE, 'GET'],
    ['//', PAGE, 'GET'],
    ['/\\evil.example', PAGE, 'GET'],
    ['http://evil.example/queue', PAGE, 'GET'],
  ])('does not answer %s (%j, %s)', async (path, headers, method) => {
    const { status, body } = await ask(open, path, headers, method);
    expect(status).toBe(404);
    expect(body.toString()).toContain('There is nothing here. Try /');
  });

  test('leaves the other paths alone', async () => {
    expect((await ask(open, '/health/live', PAGE)).body.toString()).toContain('"up"');
    expect((await ask(open, '/graphql', PAGE)).headers['content-security-policy']).toContain('worker-src');
    expect((await ask(open, '/', {}, 'POST')).status).toBe(405);
  });

  test('is counted under one name, whatever the path', async () => {
    await ask(open, '/some/where', PAGE);
    const metrics = (await ask(open, '/metrics')).body.toString();
    const routes = new Set(
      [...metrics.matchAll(/family_hub_http_duration_seconds_count\{[^}]*route="([^"]*)"/g)].map(([, route]) => route),
    );
    expect([...routes]).toEqual(expect.arrayContaining(['/', 'page', 'other']));
    expect([...routes].filter((route) => route?.includes('where'))).toEqual([]);
  });
});

describe('its parts', () => {
  test.each([
    ['index-a1.js', 'text/javascript; charset=utf-8'],
    ['index-a1.css', 'text/css; charset=utf-8'],
    ['sign-a1.svg', 'image/svg+xml'],
    ['text-a1.woff2', 'font/woff2'],
  ])('%s is kept for good, as %s', async (name, type) => {
    const { status, headers } = await ask(open, `/assets/${name}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['content-encoding']).toBeUndefined();
    const again = await ask(open, `/assets/${name}`, { 'if-none-match': String(headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await ask(open, `/assets/${name}`, {}, 'HEAD');
    expect([head.status, head.body.length, head.headers.etag]).toEqual([200, 0, headers.etag]);
  });

  test('come in gzip at once, and in brotli as soon as that is made', async () => {
    const zipped = await ask(open, '/assets/index-a1.js', { 'accept-encoding': 'gzip, deflate' });
    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(zipped.body).toString()).toBe(SCRIPT);
    const all = { 'accept-encoding': 'gzip, deflate, br, zstd' };
    await expect
      .poll(async () => (await ask(open, '/assets/index-a1.js', all)).headers['content-encoding'], { timeout: 30_000 })
      .toBe('br');
    const best = await ask(open, '/assets/index-a1.js', all);
    expect(brotliDecompressSync(best.body).toString()).toBe(SCRIPT);
    expect(best.body.length).toBeLessThan(zipped.body.length);
    expect(best.headers.etag).not.toBe(zipped.headers.etag);
    const refused = await ask(open, '/assets/index-a1.js', { 'accept-encoding': 'gzip, br;q=0' });
    expect(refused.headers['content-encoding']).toBe('gzip');
  });

  test('what keeps its name is asked for anew each time', async () => {
    const { status, headers } = await ask(open, '/icon.svg');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
    expect((await ask(open, '/icon.svg', { 'if-none-match': String(headers.etag) })).status).toBe(304);
  });

  test('what is compressed by nature stays as it is', async () => {
    const { headers, body } = await ask(open, '/assets/text-a1.woff2', { 'accept-encoding': 'gzip, br' });
    expect([headers['content-encoding'], headers.vary, body]).toEqual([undefined, undefined, FONT]);
  });

  test.each([
    '/assets/',
    '/assets/index-b2.js',
    '/assets/../secret.js',
    '/assets/../icon.svg',
    '/assets/..%2f..%2fsecret.js',
    '/assets/%2e%2e/icon.svg',
    '/assets/..\\icon.svg',
    '/assets/within/deep.js',
    '/assets/within%2fdeep.js',
    '/assets/index-a1.js%00.css',
    '/assets//index-a1.js',
    '/assets/constructor',
    '/secret.js',
    '/../secret.js',
    '/icon.svg/',
    '/index.html',
  ])('nothing else is one: %s', async (path) => {
    const { status, body } = await ask(open, path);
    expect(status).toBe(404);
    expect(body.toString()).toMatch(/^(There is nothing here|This file does not exist)/);
  });

  test('are not posted to', async () => {
    const { status, headers } = await ask(open, '/assets/index-a1.js', {}, 'POST');
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});

describe('where callers are asked who they are', () => {
  test.each(['/', '/queue?state=failed', '/schedules/A%20job'])('%s leads to the sign-in, and back', async (path) => {
    const { status, headers } = await ask(closed, path, PAGE);
    expect([status, headers.location]).toEqual([302, `/sign-in?returnTo=${encodeURIComponent(path)}`]);
    expect(headers['cache-control']).toBe('no-store');
  });

  test('the page is there with the cookie, and a credential that is wrong is none', async () => {
    const form = await fetch(`${closed.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ token: ADMIN }),
      redirect: 'manual',
    });
    expect([form.status, form.headers.get('location')]).toEqual([303, '/']);
    const cookie = form.headers.get('set-cookie')?.split(';')[0] ?? '';
    const { status, body } = await ask(closed, '/queue', { ...PAGE, cookie });
    expect([status, body.toString()]).toEqual([200, INDEX]);
    expect((await ask(closed, '/queue', { ...PAGE, cookie: `${cookie}x` })).status).toBe(302);
  });

  test('its parts are anybody’s, since they hold no data', async () => {
    expect((await ask(closed, '/assets/index-a1.js')).status).toBe(200);
  });
});

describe('where it was not built', () => {
  test('the root leads to GraphQL, and there are no parts', async () => {
    const { status, headers } = await ask(bare, '/', PAGE);
    expect([status, headers.location]).toEqual([302, '/graphql']);
    expect((await ask(bare, '/queue', PAGE)).status).toBe(404);
    expect((await ask(bare, '/assets/index-a1.js')).status).toBe(404);
  });
});
