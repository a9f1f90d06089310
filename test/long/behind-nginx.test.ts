/** A server behind a real nginx with the file in deploy/nginx/: events pass at once, and callers keep their addresses. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../src/database/embedded/cluster.ts';
import { serverEnv } from '../support/dashboard.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { createProcesses, type ServerProcess, until } from '../support/process.ts';
import { subscribe } from '../support/sse.ts';

const CONF = new URL('../../deploy/nginx/family-hub-jobs.conf', import.meta.url);
const ADMIN_TOKEN = 'an-admin-token-of-more-than-32-characters';
const HOST = 'jobs.example.org';
const processes = createProcesses();
let database: TestDatabase;
let server: ServerProcess;
let nginx: { readonly port: number; stop(): Promise<void> };

/** In front of the server, and of a node that is dead. */
async function startNginx(upstream: number): Promise<typeof nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-nginx-'));
  const port = await freePort();
  const site = (await readFile(CONF, 'utf8'))
    .replace('server 127.0.0.1:4000', `server 127.0.0.1:${await freePort()} max_fails=0; server 127.0.0.1:${upstream}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  );
  const main = `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${folder}/pid; error_log stderr;
    events {} http { access_log off; ${temporary.join(' ')} ${site} }`;
  await writeFile(join(folder, 'nginx.conf'), main);
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said += `${error.message}: install it with "apt-get install nginx-light"`;
      resolve();
    });
    child.once('close', () => resolve());
  });
  await Promise.race([
    until('nginx', () =>
      ask(port, '/health/live').then(
        ({ status }) => status === 200,
        () => false,
      ),
    ),
    ended.then(() => Promise.reject(new Error(`nginx ended: ${said}`))),
  ]);
  return {
    port,
    async stop() {
      child.kill('SIGQUIT');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** One request with the Host header that nginx and the server know; `fetch` cannot set it. */
function ask(port: number, path: string, headers: Record<string, string> = {}, body?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({
      port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { host: HOST, ...headers },
    });
    sent.on('error', reject).on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.end(body);
  });
}

const authorization = { authorization: `Bearer ${ADMIN_TOKEN}` };
const graphql = async (query: string, headers: Record<string, string> = {}) => {
  const body = JSON.stringify({ query });
  const { status, text } = await ask(
    nginx.port,
    '/graphql',
    { 'content-type': 'application/json', ...authorization, ...headers },
    body,
  );
  expect([status, text]).toEqual([200, expect.not.stringContaining('"errors"')]);
  return JSON.parse(text).data;
};

beforeAll(async () => {
  database = await createTestDatabase();
  server = await processes.startNode({
    ...serverEnv(database.url),
    ADMIN_TOKEN,
    PUBLIC_URL: `https://${HOST}`,
    TRUSTED_PROXIES: '127.0.0.1',
  });
  nginx = await startNginx(Number(new URL(server.url).port));
}, 60_000);

afterAll(async () => {
  await nginx?.stop();
  await processes.endAll();
  await database?.drop();
});

it('sends each event of a subscription on while the stream is open', async () => {
  const { familyId, ownerId } = await seedFamily(database.db);
  const query = 'subscription { queuedCreationChanged { kind queuedCreation { username } } }';
  const stream = await subscribe({ url: `http://127.0.0.1:${nginx.port}` }, query, authorization);
  for (const username of ['first_one', 'second_one']) {
    await graphql(`mutation { enqueueAccount(input: {familyId: "${familyId}", createdByUserId: "${ownerId}",
      username: "${username}", fullName: "Some One"}) { __typename } }`);
    await until(`the event of ${username}`, () => stream.events().some((event) => event.includes(username)));
  }
  stream.close();
});

it('goes past a dead node', async () => {
  for (let n = 0; n < 10; n++) expect(await graphql('{ __typename }')).toEqual({ __typename: 'Query' });
});

it('hands on the caller’s address, which the audit trail records', async () => {
  await graphql('mutation { pauseQueue(input: {reason: "a test"}) { __typename } }', {
    'x-forwarded-for': '203.0.113.7',
  });
  const { auditEntries } = await graphql('{ auditEntries(first: 1) { nodes { action address } } }');
  expect(auditEntries.nodes).toEqual([expect.objectContaining({ address: '203.0.113.7' })]);
});

it('answers to its public name, and keeps /metrics to itself', async () => {
  const page = await ask(nginx.port, '/sign-in', { accept: 'text/html' });
  expect([page.status, page.text]).toEqual([200, expect.stringContaining('<title>')]);
  expect((await ask(nginx.port, '/metrics', authorization)).status).toBe(404);
  expect(
    (await ask(nginx.port, '/graphql', { 'content-type': 'application/json' }, '{"query":"{ __typename }"}')).status,
  ).toBe(401);
});

it('refuses more than a megabyte before it reaches the server', async () => {
  const sent = ask(
    nginx.port,
    '/graphql',
    { 'content-type': 'application/json', ...authorization },
    'x'.repeat(1_100_000),
  );
  // nginx may close the connection while the body is still being sent.
  expect(
    await sent.then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    ),
  ).toBeOneOf([413, 'EPIPE', 'ECONNRESET']);
});
