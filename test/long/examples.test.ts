/** The examples without packages: the scripts in bash and Node, and the webhook receiver, each in an empty folder. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, createToken, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { copyExample, type Example } from '../support/examples.ts';
import { type Env, until } from '../support/process.ts';
import { askWebhooks, TO_LOOPBACK } from '../support/webhooks.ts';

let database: TestDatabase;
let app: TestApp;
let family: { familyId: string; ownerId: string };
let operator: Env;
let viewer: Env;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  app = await startTestApp({ url: database.url, config: { ...WITH_ACCESS, ...TO_LOOPBACK } });
  const envOf = async (name: string, role: 'OPERATOR' | 'VIEWER') => ({
    FAMILY_HUB_URL: app.url,
    FAMILY_HUB_TOKEN: (await createToken(app, { name, role })).token,
  });
  operator = await envOf('operator', 'OPERATOR');
  viewer = await envOf('viewer', 'VIEWER');
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

async function enqueue(username: string, fullName = 'Some One'): Promise<void> {
  const { familyId, ownerId: createdByUserId } = family;
  const { body } = await app.graphql(
    'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } } }',
    { input: { familyId, createdByUserId, username, fullName } },
    ADMIN,
  );
  expect(body).toHaveProperty('data.enqueueAccount.entry');
}
const statusOf = async (username: string): Promise<string | undefined> => {
  const [entry] = await database.db.query<{ status: string }>(
    'SELECT status::text FROM auth.queued_managed_account_creations WHERE username = $1',
    [username],
  );
  return entry?.status;
};
const reaches = (username: string, status: string) =>
  until(`${username} to be ${status}`, async () => (await statusOf(username)) === status);

/** Enqueues accounts that the identity provider refuses, until the fault is off. */
async function fail(...usernames: string[]): Promise<void> {
  app.simulator.faults.set([{ kind: 'error', code: 'invalid_argument' }]);
  for (const username of usernames) await enqueue(username);
  for (const username of usernames) await reaches(username, 'failed');
  app.simulator.faults.clear();
}

/** Fails one that can be retried, and one whose password is destroyed, so that a retry is refused. */
async function failTwo(prefix: string): Promise<void> {
  await fail(`${prefix}_able`, `${prefix}_gone`);
  await database.db.query(
    `UPDATE auth.queued_managed_account_creations
        SET encrypted_password = NULL, password_destroyed_at = now(), password_destroyed_because = 'retention'
      WHERE username = $1`,
    [`${prefix}_gone`],
  );
}

describe('the scripts in bash', () => {
  let example: Example;
  beforeAll(async () => {
    example = await copyExample('shell');
  });
  afterAll(() => example?.remove());

  test('retry what failed, and name what is left out', async () => {
    await failTwo('shell');
    const { code, stdout, stderr } = await example.run('./retry-failed.sh ACCOUNT_DATA_REFUSED', operator);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^1 to retry\n1 left out: .*password.*\nFINISHED: 1 retried, 0 skipped\n$/);
    await reaches('shell_able', 'completed');
  });

  test('run a job and wait for its end', async () => {
    const { code, stdout } = await example.run('./run-job.sh ExpiredInvitationCleanupJob', operator);
    expect([code, stdout]).toEqual([0, 'SUCCEEDED deleted=0\n']);
    const unknown = await example.run('./run-job.sh NoSuchJob', operator);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/^NOT_FOUND: .*"NoSuchJob"/)]);
  });

  test('export as CSV', async () => {
    await enqueue('exported');
    await reaches('exported', 'completed');
    const { code, stderr } = await example.run('./export-csv.sh done.csv COMPLETED', viewer);
    expect([code, stderr]).toEqual([0, '']);
    expect(await readFile(join(example.folder, 'done.csv'), 'utf8')).toMatch(/username.*\r\n[\s\S]*exported/);
    const none = await example.run('./export-csv.sh none.csv CANCELLED', viewer);
    expect(none.code).toBe(0);
    expect(await readFile(join(example.folder, 'none.csv'), 'utf8')).not.toContain('exported');
    const wrong = await example.run('./export-csv.sh wrong.csv NO_STATUS', viewer);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/^BAD_USER_INPUT: .*NO_STATUS|filter/)]);
    expect(await readdir(example.folder)).not.toContain('wrong.csv');
  });

  test('fail with the sentence of the server', async () => {
    const noToken = await example.run('./export-csv.sh all.csv', { FAMILY_HUB_URL: app.url });
    expect([noToken.code, noToken.stderr]).toEqual([1, expect.stringMatching(/^UNAUTHENTICATED: .*API token/)]);
    const wrongRole = await example.run('./run-job.sh ExpiredInvitationCleanupJob', viewer);
    expect([wrongRole.code, wrongRole.stderr]).toEqual([1, expect.stringMatching(/^FORBIDDEN: /)]);
    const nobody = await example.run('./export-csv.sh all.csv', { FAMILY_HUB_URL: 'http://127.0.0.1:1' });
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('curl: ')]);
  });
});

describe('the scripts in Node', () => {
  let example: Example;
  beforeAll(async () => {
    example = await copyExample('node');
  });
  afterAll(() => example?.remove());

  test('retry what failed, and say what is refused', async () => {
    await failTwo('node');
    const { code, stdout, stderr } = await example.run('node retry.mjs ACCOUNT_DATA_REFUSED', operator);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain('node_able (ACCOUNT_DATA_REFUSED): retried\n');
    expect(stdout).toMatch(/node_gone \(ACCOUNT_DATA_REFUSED\): [A-Z_]+: .*password/);
    await reaches('node_able', 'completed');
  });

  test('watch, across a restart of the server and of the script, and miss nothing', async () => {
    const seen: string[] = [];
    const watch = async () => {
      const output = await example.start('node watch.mjs cursor 2>&1', /Watching/, viewer);
      return (username: string) =>
        until(`${username} to be seen completed`, () => {
          const changes = output.stdout.split('\n').filter((line) => line.endsWith('}'));
          seen.push(...changes);
          return changes.some((line) => JSON.parse(line).queuedCreation?.username === username);
        });
    };
    let sees = await watch();
    await enqueue('seen_live');
    await sees('seen_live');

    // The same address, after a while without a server; a second node works meanwhile.
    const { port } = new URL(app.url);
    await app.close();
    const other = await startTestApp({ url: database.url, nodeName: 'other', config: WITH_ACCESS });
    const { familyId, ownerId: createdByUserId } = family;
    const input = { familyId, createdByUserId, username: 'seen_after', fullName: 'Some One' };
    const mutation = 'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }';
    await other.graphql(mutation, { input }, ADMIN);
    await reaches('seen_after', 'completed');
    await other.close();
    app = await startTestApp({
      url: database.url,
      config: { ...WITH_ACCESS, ...TO_LOOPBACK, PORT: Number(port) },
    });
    await sees('seen_after');

    await example.stop();
    await enqueue('seen_later');
    await reaches('seen_later', 'completed');
    sees = await watch();
    await sees('seen_later');
    expect(seen.filter((line) => line.includes('seen_later')).length).toBeGreaterThan(0);
  });

  test('end with the sentence of the server', async () => {
    const { code, stderr } = await example.run('node watch.mjs', {
      FAMILY_HUB_URL: app.url,
      FAMILY_HUB_TOKEN: 'wrong',
    });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^UNAUTHENTICATED: The token is not one of this server/)]);
  });
});

describe('the webhook receiver', () => {
  let example: Example;
  beforeAll(async () => {
    example = await copyExample('webhook-receiver');
  });
  afterAll(() => example?.remove());

  test('stores each event once, and refuses what the server did not sign', async () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const env = { WEBHOOK_SECRET: secret, PORT: '0' };
    const output = await example.start('node receiver.mjs', /Listening on (\S+)\n/, env);
    const url = output.found[1] ?? '';
    const made = await askWebhooks<{ webhook?: object }>(
      app,
      'createWebhook',
      { url: `${url}/`, secret, eventTypes: ['ManagedAccountCreated'] },
      'webhook { webhookId }',
      ADMIN,
    );
    expect(made.webhook).toBeDefined();
    await enqueue('hooked');
    const [, id] = await until('the event', () => /^Stored \S+ManagedAccountCreated\S* (\S+)\n/m.exec(output.stdout));
    const stored = JSON.parse(await readFile(join(example.folder, 'inbox', `${id}.json`), 'utf8'));
    expect(stored).toMatchObject({ id, data: { username: 'hooked' } });

    const send = async (eventId: string, at: Date, signedBy = secret): Promise<number> => {
      const body = JSON.stringify({ type: 'test', id: eventId });
      const headers = {
        'webhook-id': eventId,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(signedBy).sign(eventId, at, body),
      };
      return (await fetch(url, { method: 'POST', headers, body })).status;
    };
    const now = new Date();
    const other = `whsec_${Buffer.alloc(32, 4).toString('base64')}`;
    expect(await send(id ?? '', now)).toBe(204);
    await until('its log line', () => output.stdout.includes(`Repeated test ${id}\n`));
    expect(await send('forged', now, other)).toBe(401);
    expect(await send('replayed', new Date(now.getTime() - 600_000))).toBe(401);
    expect(await send('../outside', now)).toBe(401);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
    expect(await readdir(join(example.folder, 'inbox'))).toEqual([`${id}.json`]);

    // A repeat is known after a restart too.
    await example.stop();
    const again = await example.start('node receiver.mjs', /Listening on (\S+)\n/, env);
    const headers = {
      'webhook-id': id ?? '',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id ?? '', now, '{"type":"X"}'),
    };
    expect((await fetch(again.found[1] ?? '', { method: 'POST', headers, body: '{"type":"X"}' })).status).toBe(204);
    expect(await readFile(join(example.folder, 'inbox', `${id}.json`), 'utf8')).toContain('hooked');
  });

  test('does not start without a secret', async () => {
    const { code, stderr } = await example.run('node receiver.mjs');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Set WEBHOOK_SECRET/)]);
  });
});
