/**
 * How the server authenticates to Zitadel, over real connections: with a token file that is renewed externally, and
 * with tokens requested with a service account's key from the simulator's token endpoint.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AccessToken, personalAccessToken, tokenFromFile } from '../../src/identity/access-token.ts';
import { tokenFromKey } from '../../src/identity/access-token-key.ts';
import type { ProviderFailure } from '../../src/identity/provider.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { type KeyFile, makeServiceAccount, type RegisteredKey } from '../../src/identity/simulator/service-account.ts';
import { type Simulator, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { createZitadelProvider, type ZitadelProvider } from '../../src/identity/zitadel.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const LIFETIME_MS = 100_000;

let database: TestDatabase;
let folder: string;
let keyFile: KeyFile;
let registered: RegisteredKey;
let keyPath: string;
const toClose: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-tokens-'));
  ({ keyFile, registered } = await makeServiceAccount('service-account-1', 'key-1'));
  keyPath = join(folder, 'key.json');
  await writeFile(keyPath, JSON.stringify(keyFile));
});
afterEach(async () => {
  for (const one of toClose.splice(0).reverse()) await one.close();
});
afterAll(async () => {
  await database?.drop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function simulate(options: { token?: string; issuer?: string } = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    db: database.db,
    logger: silentLogger,
    serviceAccounts: [registered],
    tokenLifetimeMs: LIFETIME_MS,
    ...options,
  });
  toClose.push(simulator);
  return simulator;
}

function adapter(simulator: Pick<Simulator, 'url'>, token: AccessToken, instanceHost?: string): ZitadelProvider {
  const provider = createZitadelProvider({
    name: 'zitadel',
    url: simulator.url,
    getToken: token.get,
    instanceHost,
    emailDomain: 'noemail.family-hub.internal',
    concurrency: 16,
    logger: silentLogger,
  });
  toClose.push(provider);
  return provider;
}

const within = (timeoutMs: number) => ({ signal: AbortSignal.timeout(timeoutMs), timeoutMs });
const newAccount = () => {
  const entryId = randomUUID();
  const username = `user_${entryId.slice(0, 8)}`;
  return { entryId, familyId: randomUUID(), username, fullName: 'Oma', password: 'very-secret-password-42' };
};
const create = (provider: ZitadelProvider, timeoutMs = 5_000): Promise<{ kind: string }> =>
  provider.createAccount(newAccount(), within(timeoutMs));
const check = async (provider: ZitadelProvider): Promise<ProviderFailure> => {
  const result = await provider.checkConnection(within(5_000));
  if ('ok' in result) throw new Error('The check was expected to fail');
  return result;
};
const never = () => Promise.reject(new Error('No exchange was expected'));

describe('a personal access token', () => {
  it('is trimmed; an empty one is a sentence', async () => {
    const simulator = await simulate({ token: 'pat-4711' });
    expect(await create(adapter(simulator, personalAccessToken(' pat-4711\n')))).toMatchObject({ kind: 'created' });
    expect(await check(adapter(simulator, personalAccessToken('  ')))).toMatchObject({
      class: 'configuration',
      code: 'PROVIDER_TOKEN_UNAVAILABLE',
      message: expect.stringContaining('ZITADEL_TOKEN is empty'),
    });
  });
});

describe('a token file', () => {
  it('is read again when it has changed, at most once a second', async () => {
    const path = join(folder, 'changing');
    await writeFile(path, ' first\n');
    let elapsed = 0;
    const { get } = tokenFromFile(path, () => elapsed);
    expect(await get(undefined, never)).toBe('first');
    await writeFile(path, 'second!');
    elapsed = 900;
    expect(get(undefined, never)).toBe('first');
    elapsed = 1_001;
    expect(await get(undefined, never)).toBe('second!');
    // Unchanged: the file is checked but not read; then the token is cached again and returned without a promise.
    elapsed = 3_000;
    expect(await get(undefined, never)).toBe('second!');
    expect(get(undefined, never)).toBe('second!');
  });

  it('follows the symlink that Kubernetes swaps, and outlives a moment without a file', async () => {
    const mount = join(folder, 'mount');
    for (const [version, token] of [
      ['v1', 'token-a'],
      ['v2', 'token-b'],
    ] as const) {
      await mkdir(join(mount, version), { recursive: true });
      await writeFile(join(mount, version, 'token'), token);
    }
    await symlink('v1', join(mount, 'data'));
    await symlink(join('data', 'token'), join(mount, 'token'));
    let elapsed = 0;
    const { get } = tokenFromFile(join(mount, 'token'), () => elapsed);
    expect(await get(undefined, never)).toBe('token-a');

    await unlink(join(mount, 'data'));
    elapsed += 2_000;
    expect(await get(undefined, never)).toBe('token-a');

    await symlink('v2', join(mount, 'new'));
    await rename(join(mount, 'new'), join(mount, 'data'));
    elapsed += 2_000;
    expect(await get(undefined, never)).toBe('token-b');
  });

  it('is read at once when the held token was refused: the same call succeeds', async () => {
    const path = join(folder, 'refused');
    await writeFile(path, 'old-token');
    const simulator = await simulate({ token: 'new-token' });
    const token = tokenFromFile(path, () => 0);
    await token.get(undefined, never);
    await writeFile(path, 'new-token');
    expect(await create(adapter(simulator, token))).toMatchObject({ kind: 'created' });
  });

  it.each([
    ['a missing file', 'no-such-file', 'does not exist (ENOENT)'],
    ['a folder', '.', 'is a folder (EISDIR)'],
    ['an empty file', 'empty', 'is empty'],
  ])('%s is a sentence with the setting and the path', async (_, name, words) => {
    await writeFile(join(folder, 'empty'), ' \n');
    const path = join(folder, name);
    const failure = await check(adapter(await simulate(), tokenFromFile(path)));
    expect(failure).toMatchObject({ class: 'configuration', code: 'PROVIDER_TOKEN_UNAVAILABLE' });
    expect(failure.message).toContain(`The file ${path} that ZITADEL_TOKEN_FILE names ${words}`);
  });
});

describe('a service account’s key', () => {
  const setNow = { ms: 0 };
  const keyToken = (simulator: Simulator, path = keyPath): AccessToken => {
    // In the past, so that tests can advance it without issuing assertions from the future.
    setNow.ms = Date.now() - 2 * LIFETIME_MS;
    return tokenFromKey({ path, issuer: simulator.url, clock: { now: () => new Date(setNow.ms) } });
  };

  it('gives one token for many calls, and says when it ends', async () => {
    const simulator = await simulate();
    const token = keyToken(simulator);
    expect(token.expiresAt()).toBeNull();
    const provider = adapter(simulator, token);
    const results = await Promise.all(Array.from({ length: 20 }, () => create(provider)));
    expect(results.every(({ kind }) => kind === 'created')).toBe(true);
    expect(simulator.calls.token).toBe(1);
    expect(token.expiresAt()).toEqual(new Date(setNow.ms + LIFETIME_MS));
  });

  it('is renewed in its last quarter by one request, and nobody waits for it', async () => {
    const simulator = await simulate();
    const token = keyToken(simulator);
    const provider = adapter(simulator, token);
    await create(provider);
    setNow.ms += LIFETIME_MS * 0.74;
    await create(provider);
    expect(simulator.calls.token).toBe(1);

    // The renewal hangs; calls continue with the old token.
    simulator.faults.set([{ kind: 'hang', path: 'token' }]);
    setNow.ms += LIFETIME_MS * 0.02;
    const results = await Promise.all(Array.from({ length: 10 }, () => create(provider, 2_000)));
    expect(results.every(({ kind }) => kind === 'created')).toBe(true);
    await vi.waitFor(() => expect(simulator.calls.token).toBe(2), { timeout: 30_000 });
  });

  it('is replaced by the renewal', async () => {
    const simulator = await simulate();
    const token = keyToken(simulator);
    const provider = adapter(simulator, token);
    await create(provider);
    const firstEnd = token.expiresAt()?.getTime() ?? 0;
    setNow.ms += LIFETIME_MS * 0.8;
    await create(provider);
    await vi.waitFor(() => expect(token.expiresAt()?.getTime()).toBeGreaterThan(firstEnd), { timeout: 30_000 });
    expect(simulator.calls.token).toBe(2);
  });

  it('that could not be renewed is not asked for with every call, and its end shows the cause', async () => {
    const simulator = await simulate();
    const token = keyToken(simulator);
    const provider = adapter(simulator, token);
    await create(provider);
    simulator.faults.set([{ kind: '503', path: 'token' }]);
    setNow.ms += LIFETIME_MS * 0.8;
    await create(provider);
    await vi.waitFor(() => expect(simulator.calls.token).toBe(2), { timeout: 30_000 });
    // The failed renewal is processed once the next call does not request another token.
    await create(provider);
    await create(provider);
    expect(simulator.calls.token).toBe(2);
    setNow.ms += LIFETIME_MS;
    expect(await create(provider)).toMatchObject({ kind: 'failure', class: 'transient', code: 'PROVIDER_UNAVAILABLE' });
    simulator.faults.clear();
    expect(await create(provider)).toMatchObject({ kind: 'created' });
  });

  it('is asked for once more after Zitadel refused the token', async () => {
    const simulator = await simulate();
    const provider = adapter(simulator, keyToken(simulator));
    await create(provider);
    simulator.revokeTokens();
    const results = await Promise.all(Array.from({ length: 10 }, () => create(provider)));
    expect(results.every(({ kind }) => kind === 'created')).toBe(true);
    expect(simulator.calls.token).toBe(2);
    simulator.faults.set([{ kind: '401', path: 'create' }]);
    const before = simulator.calls.create;
    expect(await create(provider)).toMatchObject({ class: 'configuration', code: 'PROVIDER_TOKEN_INVALID' });
    expect(simulator.calls.create).toBe(before + 2);
  });

  it('is read from the file again, so that a new key needs no restart', async () => {
    const simulator = await simulate();
    const path = join(folder, 'renewed.json');
    await writeFile(path, JSON.stringify({ ...keyFile, keyId: 'unknown' }));
    const provider = adapter(simulator, keyToken(simulator, path));
    expect(await create(provider)).toMatchObject({ code: 'PROVIDER_KEY_REFUSED' });
    await writeFile(path, JSON.stringify(keyFile));
    expect(await create(provider)).toMatchObject({ kind: 'created' });
  });

  it('is addressed to the external name, and sent with it', async () => {
    const hosts: unknown[] = [];
    const simulator = await simulate({ issuer: 'https://id.example.org' });
    const proxy = createServer((request, response) => {
      hosts.push([request.url, request.headers['x-zitadel-instance-host']]);
      const forward = async (): Promise<void> => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { authorization = '', 'content-type': type = '' } = request.headers;
        const body = request.method === 'GET' ? undefined : Buffer.concat(chunks);
        const headers = { authorization, 'content-type': type };
        const answer = await fetch(`${simulator.url}${request.url}`, { method: request.method, headers, body });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      };
      void forward();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    toClose.push({ close: () => new Promise((resolve) => proxy.close(resolve)) });
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const token = tokenFromKey({ path: keyPath, issuer: 'https://id.example.org' });
    expect(await adapter({ url }, token, 'id.example.org').checkConnection(within(5_000))).toMatchObject({ ok: true });
    expect(hosts[0]).toEqual(['/oauth/v2/token', 'id.example.org']);
    expect(hosts).toHaveLength(3);
  });

  it.each<[string, (dir: string) => Promise<string>, string]>([
    ['a missing file', async (dir) => join(dir, 'none.json'), 'that ZITADEL_KEY_FILE names does not exist (ENOENT)'],
    ['a file that is not JSON', (dir) => written(dir, 'text.json', 'hello'), 'is not JSON'],
    [
      'an application’s key',
      (dir) => written(dir, 'app.json', JSON.stringify({ ...keyFile, type: 'application' })),
      '"application"; it must be "serviceaccount"',
    ],
    [
      'a broken key',
      (dir) => written(dir, 'broken.json', JSON.stringify({ ...keyFile, key: 'x' })),
      'not a readable private key',
    ],
  ])('%s is a sentence, and nothing is sent', async (_, make, words) => {
    const simulator = await simulate();
    const failure = await check(adapter(simulator, keyToken(simulator, await make(folder))));
    expect(failure).toMatchObject({ class: 'configuration', code: 'PROVIDER_KEY_UNUSABLE' });
    expect(failure.message).toContain(words);
    expect(failure.message).toContain('Put the JSON file that Zitadel’s console issues');
    expect(simulator.calls).toEqual({ create: 0, find: 0, setPassword: 0, check: 0, token: 0 });
  });

  const answers: [FaultOrder, ProviderFailure['class'], string, string][] = [
    [{ kind: 'oauth-error' }, 'configuration', 'PROVIDER_KEY_REFUSED', 'Create a new key in Zitadel’s console'],
    [
      { kind: 'oauth-error', status: 500, error: 'server_error' },
      'transient',
      'PROVIDER_TOKEN_REQUEST_FAILED',
      'the clock of this machine',
    ],
    [{ kind: '404' }, 'configuration', 'PROVIDER_NOT_FOUND', 'Check ZITADEL_URL'],
    [{ kind: 'html', status: 200 }, 'transient', 'PROVIDER_ANSWER_UNREADABLE', 'a proxy’s own page'],
    [{ kind: 'html' }, 'transient', 'PROVIDER_UNAVAILABLE', 'Check that the identity provider is running'],
    [{ kind: 'garbage' }, 'transient', 'PROVIDER_ANSWER_UNREADABLE', 'Check that ZITADEL_URL leads to Zitadel'],
    [{ kind: 'redirect' }, 'configuration', 'PROVIDER_REDIRECTED', 'Set ZITADEL_URL to the final address'],
    [{ kind: '429', retryAfter: 7 }, 'transient', 'PROVIDER_RATE_LIMITED', 'Lower PROVIDER_CONCURRENCY'],
    [{ kind: '503' }, 'transient', 'PROVIDER_UNAVAILABLE', 'Check that the identity provider is running'],
    [{ kind: '401' }, 'configuration', 'PROVIDER_KEY_REFUSED', 'Create a new key in Zitadel’s console'],
    [{ kind: 'cut-before' }, 'transient', 'PROVIDER_CONNECTION_LOST', 'Check the identity provider and the proxies'],
    [{ kind: 'cut-after' }, 'transient', 'PROVIDER_CONNECTION_LOST', 'Check the identity provider and the proxies'],
    [{ kind: 'hang' }, 'transient', 'PROVIDER_TIMEOUT', 'Nothing was sent: the token was not there in time'],
    [{ kind: 'slow-body' }, 'transient', 'PROVIDER_TIMEOUT', 'Nothing was sent: the token was not there in time'],
  ];
  it.each(answers)('a token endpoint with %j is %s, %s', async (fault, expectedClass, code, cure) => {
    const simulator = await simulate();
    const provider = adapter(simulator, keyToken(simulator));
    simulator.faults.set([{ ...fault, path: 'token' }]);
    const isSlow = fault.kind === 'hang' || fault.kind === 'slow-body';
    const failure = await create(provider, isSlow ? 300 : 5_000);
    expect(failure).toMatchObject({ class: expectedClass, code, message: expect.stringContaining(cure) });
    expect(simulator.calls.create).toBe(0);
  });

  it.each<[string, Partial<KeyFile>, string | undefined, string]>([
    ['an unknown key', { keyId: 'another' }, undefined, 'PROVIDER_KEY_REFUSED'],
    ['another user’s id', { userId: 'somebody-else' }, undefined, 'PROVIDER_TOKEN_REQUEST_FAILED'],
    ['another audience', {}, 'https://elsewhere.example.org', 'PROVIDER_TOKEN_REQUEST_FAILED'],
  ])('the simulator does not believe %s', async (_, changes, issuer, code) => {
    const simulator = await simulate();
    const path = await written(folder, 'changed.json', JSON.stringify({ ...keyFile, ...changes }));
    const failure = await check(adapter(simulator, tokenFromKey({ path, issuer: issuer ?? simulator.url })));
    expect(failure.code).toBe(code);
  });

  it('the simulator believes neither another key pair nor a clock that is an hour wrong', async () => {
    const simulator = await simulate();
    const stranger = await makeServiceAccount(keyFile.userId, keyFile.keyId);
    const path = await written(folder, 'stranger.json', JSON.stringify(stranger.keyFile));
    const forged = await check(adapter(simulator, tokenFromKey({ path, issuer: simulator.url })));
    expect(forged.code).toBe('PROVIDER_TOKEN_REQUEST_FAILED');
    const late = tokenFromKey({
      path: keyPath,
      issuer: simulator.url,
      clock: { now: () => new Date(Date.now() - 3_600_000) },
    });
    expect((await check(adapter(simulator, late))).code).toBe('PROVIDER_TOKEN_REQUEST_FAILED');
  });
});

async function written(dir: string, name: string, text: string): Promise<string> {
  await writeFile(join(dir, name), text);
  return join(dir, name);
}
