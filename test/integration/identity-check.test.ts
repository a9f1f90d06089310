/**
 * The start-up check, run as the server runs it: its message for each possible problem, its effect on the circuit,
 * and what `identityProvider` then shows. The server starts in any case.
 */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql } from 'graphql';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError, readConfig } from '../../src/config/config.ts';
import type { FailureCode } from '../../src/diagnosis/failures.ts';
import { loadCircuit } from '../../src/identity/circuit.ts';
import { checkProvider } from '../../src/identity/identity-mutations.graphql.ts';
import type { ProviderFailure } from '../../src/identity/provider.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { type KeyFile, makeServiceAccount } from '../../src/identity/simulator/service-account.ts';
import { type Simulator, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { watchConnection } from '../../src/identity/zitadel-check.ts';
import { declareMetrics, type ServerMetrics } from '../../src/metrics.ts';
import { buildSchema } from '../../src/schema.ts';
import { type OpenedProvider, openProvider } from '../../src/start/provider.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { NoticeHandlers, Notices } from '../../src/work/notices.ts';
import { testTrail } from '../support/acts.ts';
import { closeCircuit, openCircuit } from '../support/circuit.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createGate } from '../support/queue.ts';

let database: TestDatabase;
let simulator: Simulator;
let folder: string;
let keyFile: KeyFile;
let opened: OpenedProvider[] = [];
/** Delays the simulator's responses until it is opened. */
let gate: ReturnType<typeof createGate> | undefined;
let logLines: { level: number; msg: string; code?: string }[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void logLines.push(JSON.parse(line)) });

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-check-'));
  const account = await makeServiceAccount();
  keyFile = account.keyFile;
  simulator = await startSimulator({
    db: database.db,
    logger: silentLogger,
    serviceAccounts: [account.registered],
    organizationId: 'organization-1',
    onRequest: () => gate?.passed,
  });
});
beforeEach(async () => {
  logLines = [];
  await database.db.query('DELETE FROM auth.identity_circuits');
});
afterEach(async () => {
  simulator.faults.clear();
  gate?.open();
  gate = undefined;
  for (const provider of opened) await provider.close();
  opened = [];
});
afterAll(async () => {
  await simulator?.close();
  await database?.drop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function open(
  env: Record<string, string | undefined> = {},
  listeners: { metrics?: ServerMetrics; notices?: Pick<Notices, 'notify' | 'on'> } = {},
): Promise<OpenedProvider> {
  const { config } = readConfig({ ZITADEL_URL: simulator.url, ZITADEL_TOKEN: simulator.token, ...env });
  const { db } = database;
  const notices = { ...testContext({ db }).notices, ...listeners.notices };
  const provider = await openProvider({ config, db, logger, trail: testTrail(), metrics: listeners.metrics, notices });
  opened.push(provider);
  return provider;
}
const circuit = () => loadCircuit(database.db, 'zitadel');

describe('when all is well', () => {
  it('says where accounts are made, in the log and in the status, and leaves the circuit alone', async () => {
    const before = Date.now();
    const provider = await open();
    const status = provider.status();
    expect(status).toMatchObject({
      organizationId: 'organization-1',
      instanceHost: null,
      tokenKind: 'personal_access_token',
      tokenExpiresAt: null,
      lastCheck: { isOk: true, code: null, message: expect.stringContaining('the organization organization-1') },
    });
    expect(status.lastCheck?.at.getTime()).toBeGreaterThanOrEqual(before);
    expect(status.latencyP50).toBeGreaterThan(0);
    expect(status.latencyP95).toBeGreaterThanOrEqual(status.latencyP50 ?? Number.NaN);
    expect((await circuit()).state).toBe('closed');
    expect(logLines).toEqual([expect.objectContaining({ level: 30, msg: status.lastCheck?.message })]);
  });

  it('shows the token of a service account’s key, and when it ends', async () => {
    const path = join(folder, 'key.json');
    await writeFile(path, JSON.stringify(keyFile));
    const { status } = await open({ ZITADEL_TOKEN: undefined, ZITADEL_KEY_FILE: path });
    expect(status()).toMatchObject({ tokenKind: 'service_account_key', lastCheck: { isOk: true } });
    expect(status().tokenExpiresAt?.getTime()).toBeGreaterThan(Date.now() + 11 * 3_600_000);
  });

  it('needs no token of ours for the built-in simulator', async () => {
    const { status, name } = await open({ ZITADEL_URL: undefined, ZITADEL_TOKEN: undefined });
    expect(name).toBe('simulator');
    expect(status()).toMatchObject({ tokenKind: 'none', lastCheck: { isOk: true } });
  });

  it('measures every call, by call and class', async () => {
    const metrics = declareMetrics();
    const path = join(folder, 'key.json');
    await writeFile(path, JSON.stringify(keyFile));
    const provider = await open({ ZITADEL_TOKEN: undefined, ZITADEL_KEY_FILE: path }, { metrics });
    const entryId = randomUUID();
    const account = { entryId, familyId: randomUUID(), username: 'lena', fullName: 'Lena', password: 'password-1234' };
    const options = { signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 };
    await provider.createAccount(account, options);
    simulator.faults.set([{ kind: 'cut-before', path: 'create' }]);
    await provider.createAccount({ ...account, entryId: randomUUID(), username: 'leo' }, options);
    await provider.setPassword(entryId, 'password-5678', options);
    const { text } = await metrics.scrape();
    const count = (call: string, outcome: string) =>
      text.match(
        new RegExp(`family_hub_provider_call_duration_seconds_count\\{call="${call}",outcome="${outcome}"\\} (\\d+)`),
      )?.[1];
    expect(count('token', 'answered')).toBe('1');
    // The check has determined the organization too, so no account waits for that.
    expect(count('check', 'answered')).toBe('1');
    expect(count('find', 'answered')).toBe('1');
    expect(count('create', 'answered')).toBe('1');
    expect(count('create', 'unknown')).toBe('1');
    expect(count('setPassword', 'answered')).toBe('1');
  });
});

describe('a wrong configuration', () => {
  const fault = (order: FaultOrder) => () => simulator.faults.set([order]);
  const cases: [string, env: Record<string, string | undefined>, prepare: () => void, code: string, cure: string][] = [
    ['token', { ZITADEL_TOKEN: 'wrong' }, () => undefined, 'PROVIDER_TOKEN_INVALID', 'Put a valid token into'],
    [
      'token file',
      { ZITADEL_TOKEN: undefined, ZITADEL_TOKEN_FILE: '/no/such/file' },
      () => undefined,
      'PROVIDER_TOKEN_UNAVAILABLE',
      'The file /no/such/file that ZITADEL_TOKEN_FILE names does not exist',
    ],
    [
      'key file',
      { ZITADEL_TOKEN: undefined, ZITADEL_KEY_FILE: '/no/such/file' },
      () => undefined,
      'PROVIDER_KEY_UNUSABLE',
      'The file /no/such/file that ZITADEL_KEY_FILE names does not exist',
    ],
    [
      'organization',
      { ZITADEL_ORGANIZATION_ID: 'organization-2' },
      () => undefined,
      'PROVIDER_ORGANIZATION_UNKNOWN',
      'no organization with the id of ZITADEL_ORGANIZATION_ID',
    ],
    ['address', {}, fault({ kind: '404' }), 'PROVIDER_NOT_FOUND', 'Check ZITADEL_URL'],
    ['host', {}, fault({ kind: '404', cause: 'host' }), 'PROVIDER_NOT_FOUND', 'set ZITADEL_INSTANCE_HOST'],
    ['scheme', {}, fault({ kind: 'redirect' }), 'PROVIDER_REDIRECTED', 'often https instead of http'],
    ['role', {}, fault({ kind: '403' }), 'PROVIDER_PERMISSION_DENIED', 'ORG_USER_MANAGER'],
    ['version', {}, fault({ kind: '404', path: 'find' }), 'PROVIDER_TOO_OLD', 'Upgrade Zitadel to version 4 or newer'],
  ];
  it.each(cases)('(%s) opens the circuit at once, with cause and cure', async (_, env, prepare, code, cure) => {
    prepare();
    const notify = vi.fn();
    const { status } = await open(env, { notices: { notify, on: () => () => undefined } });
    const { lastCheck } = status();
    expect(lastCheck).toMatchObject({ isOk: false, code, message: expect.stringContaining(cure) });
    const row = await circuit();
    expect(row).toMatchObject({ state: 'open', cause: code, reason: lastCheck?.message, openedBy: null });
    expect(row.nextProbeAt?.getTime()).toBeGreaterThan(row.now.getTime());
    expect(notify).toHaveBeenCalledTimes(1);
    expect(logLines).toContainEqual(expect.objectContaining({ level: 40, code }));
  });

  it('leaves a circuit that somebody opened by hand as it is', async () => {
    await open();
    await openCircuit(database.db, 'zitadel', 'anna', 'Maintenance', null);
    await open({ ZITADEL_TOKEN: 'wrong' });
    expect(await circuit()).toMatchObject({ state: 'open', reason: 'Maintenance', openedBy: 'anna', cause: null });
  });
});

describe('what passes', () => {
  it('is only reported: the circuit stays closed', async () => {
    simulator.faults.set([{ kind: '503' }]);
    const { status } = await open();
    expect(status().lastCheck).toMatchObject({ isOk: false, code: 'PROVIDER_UNAVAILABLE' });
    expect((await circuit()).state).toBe('closed');
    expect(logLines).toContainEqual(expect.objectContaining({ level: 40, code: 'PROVIDER_UNAVAILABLE' }));
  });

  it('delays the start by 2 s at the most, and is reported when it is known', async () => {
    gate = createGate();
    simulator.faults.set([{ kind: '503' }]);
    const begun = performance.now();
    const { status } = await open();
    const tookMs = performance.now() - begun;
    expect(tookMs).toBeGreaterThan(1_900);
    // The check has not finished yet.
    expect(status().lastCheck).toBeNull();
    gate.open();
    await expect.poll(() => status().lastCheck).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it('a check in hand does not hold up the stop', async () => {
    simulator.faults.set([{ kind: 'hang' }]);
    const provider = await open();
    opened = [];
    const begun = performance.now();
    await provider.close();
    // The call's own timeout is ten seconds.
    expect(performance.now() - begun).toBeLessThan(9_000);
  });
});

describe('the repetition', () => {
  const A = 'PROVIDER_TOKEN_INVALID';
  const B = 'PROVIDER_PERMISSION_DENIED';
  const failure = (code: FailureCode): ProviderFailure => ({
    kind: 'failure',
    class: 'configuration',
    code,
    message: code,
  });
  const ok = { ok: true, organizationId: 'o' } as const;

  it('shows the new state, says only what is new, and does not open again what a person has closed', async () => {
    const answers = [failure(A), failure(A), ok, ok, failure(A), failure(B)];
    const misconfigured: string[] = [];
    const watch = watchConnection({
      check: async () => answers.shift() ?? ok,
      name: 'zitadel',
      url: 'http://id',
      timeoutMs: 1_000,
      intervalMs: 3_600_000,
      retryMs: 3_600_000,
      levelWhenOk: 'info',
      logger,
      onMisconfigured: async ({ code }) => void misconfigured.push(code),
    });
    await watch.first;
    expect(watch.last()).toMatchObject({ isOk: false, code: A });
    await watch.checkNow();
    expect(misconfigured).toEqual([A]);
    await watch.checkNow();
    expect(watch.last()).toMatchObject({ isOk: true, code: null });
    await watch.checkNow();
    await watch.checkNow();
    await watch.checkNow();
    expect(misconfigured).toEqual([A, A, B]);
    expect(logLines.map(({ code }) => code)).toEqual([A, undefined, A, B]);
    await watch.stop();
  });

  it('comes by itself, and ends with the stop', async () => {
    let checks = 0;
    const watch = watchConnection({
      check: async () => {
        checks += 1;
        return { ...ok, warning: { code: 'W', message: 'differs' } };
      },
      name: 'zitadel',
      url: 'http://id',
      timeoutMs: 1_000,
      intervalMs: 5,
      retryMs: 3_600_000,
      levelWhenOk: 'info',
      logger,
      onMisconfigured: async () => undefined,
    });
    await vi.waitFor(() => expect(checks).toBeGreaterThanOrEqual(3), { timeout: 30_000 });
    await watch.stop();
    const made = checks;
    await watch.first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(checks).toBe(made);
    expect(watch.last()).toMatchObject({ isOk: true, code: 'W', message: 'differs' });
    expect(logLines).toHaveLength(1);
  });

  it('comes sooner while something is wrong, and less and less often', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let checks = 0;
      const watch = watchConnection({
        check: async () => {
          checks += 1;
          return checks <= 4 ? failure('PROVIDER_TOKEN_INVALID') : ok;
        },
        name: 'zitadel',
        url: 'http://id',
        timeoutMs: 1_000,
        intervalMs: 300_000,
        retryMs: 100_000,
        levelWhenOk: 'info',
        logger,
        onMisconfigured: async () => undefined,
      });
      await watch.first;
      for (const waitMs of [100_000, 200_000, 300_000, 300_000, 300_000]) {
        const before = checks;
        await vi.advanceTimersByTimeAsync(waitMs - 1);
        expect(checks).toBe(before);
        await vi.advanceTimersByTimeAsync(1);
        expect(checks).toBe(before + 1);
      }
      await watch.stop();
    } finally {
      vi.useRealTimers();
    }
  });

  it('never closes the circuit: that is the probe’s to do', async () => {
    await open({ ZITADEL_TOKEN: 'wrong' });
    await open();
    expect(await circuit()).toMatchObject({ state: 'open', cause: 'PROVIDER_TOKEN_INVALID' });
    await closeCircuit(database.db, 'zitadel', 'the test', null);
    expect((await circuit()).state).toBe('closed');
  });
});

describe('what an entry takes for a wrong configuration', () => {
  const asked = (provider: OpenedProvider) =>
    provider.checkConnection({ signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 });

  it('is checked at once, however many ask by one check at a time, and the check is the last look', async () => {
    const provider = await open();
    simulator.faults.set([{ kind: '401' }]);
    const before = simulator.calls.check;
    const found = await Promise.all(Array.from({ length: 20 }, () => asked(provider)));
    for (const one of found) expect(one).toMatchObject({ class: 'configuration', code: 'PROVIDER_TOKEN_INVALID' });
    expect(simulator.calls.check - before).toBe(1);
    expect(provider.status().lastCheck).toMatchObject({ isOk: false, code: 'PROVIDER_TOKEN_INVALID' });
    simulator.faults.clear();
    expect(await asked(provider)).toMatchObject({ ok: true });
    expect(provider.status().lastCheck).toMatchObject({ isOk: true, code: null });
  });

  it('is not answered by a look that began before and found all well', async () => {
    const provider = await open();
    simulator.faults.set([{ kind: 'slow', delayMs: 50, path: 'check', times: 1 }]);
    const { check } = simulator.calls;
    const begunBefore = provider.checkNow();
    await vi.waitFor(() => expect(simulator.calls.check).toBe(check + 1), { timeout: 30_000 });
    const answer = asked(provider);
    expect(await begunBefore).toMatchObject({ isOk: true });
    simulator.faults.set([{ kind: '401' }]);
    expect(await answer).toMatchObject({ code: 'PROVIDER_TOKEN_INVALID' });
  });

  it('is not known when the asker’s time is over', async () => {
    const provider = await open();
    simulator.faults.set([{ kind: 'hang', path: 'check' }]);
    const signal = AbortSignal.timeout(20);
    expect(await provider.checkConnection({ signal, timeoutMs: 20 })).toMatchObject({ class: 'transient' });
  });

  it('is seen by the other nodes too, whose last look would say otherwise; and so is that it was mended', async () => {
    let hear: () => void = () => undefined;
    const notices = {
      notify: () => undefined,
      on: (handlers: NoticeHandlers) => {
        hear = handlers.circuit ?? hear;
        return () => undefined;
      },
    };
    const other = await open({}, { notices });
    simulator.faults.set([{ kind: '401' }]);
    await open();
    expect((await circuit()).state).toBe('open');
    expect(other.status().lastCheck).toMatchObject({ isOk: true });
    hear();
    await vi.waitFor(() => expect(other.status().lastCheck).toMatchObject({ isOk: false }), { timeout: 30_000 });
    simulator.faults.clear();
    await closeCircuit(database.db, 'zitadel', 'the test', null);
    hear();
    await vi.waitFor(() => expect(other.status().lastCheck).toMatchObject({ isOk: true }), { timeout: 30_000 });
  });
});

describe('an organization that is not the token’s', () => {
  it('is a warning where the provider answers for another one', async () => {
    const watched = await open({ ZITADEL_ORGANIZATION_ID: 'organization-1' });
    expect(watched.status().lastCheck).toMatchObject({ isOk: true, code: null });
    // A proxy that removes x-zitadel-orgid: the simulator then responds for its default organization.
    const proxy = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { authorization = '', 'content-type': type = '' } = request.headers;
        void fetch(`${simulator.url}${request.url}`, {
          method: request.method,
          headers: { authorization, 'content-type': type },
          body: request.method === 'GET' ? undefined : Buffer.concat(chunks),
        }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { status } = await open({
      ZITADEL_URL: `http://127.0.0.1:${port}`,
      ZITADEL_ORGANIZATION_ID: 'organization-2',
    });
    expect(status().lastCheck).toMatchObject({
      isOk: true,
      code: 'PROVIDER_ORGANIZATION_DIFFERS',
      message: expect.stringMatching(/organization-2 \(ZITADEL_ORGANIZATION_ID\).*organization-1/),
    });
    expect((await circuit()).state).toBe('closed');
    proxy.close();
  });
});

describe('a look by hand', () => {
  it('shows what is so now; what is newly wrong opens the circuit, and what is right leaves it to the probe', async () => {
    const provider = await open();
    const context = testContext({ db: database.db, provider });
    const check = (reason: string | null) => checkProvider(context, { reason });
    simulator.faults.set([{ kind: '403' }]);
    expect(await check(null)).toMatchObject({
      check: { isOk: false, code: 'PROVIDER_PERMISSION_DENIED' },
    });
    expect(await circuit()).toMatchObject({ state: 'open', cause: 'PROVIDER_PERMISSION_DENIED' });
    simulator.faults.clear();
    expect(await check('the role was given')).toMatchObject({ check: { isOk: true, code: null } });
    expect((await circuit()).state).toBe('open');
    expect(provider.status().checks.map(({ code }) => code)).toEqual([null, 'PROVIDER_PERMISSION_DENIED', null]);
  });

  it('joins the look that is in hand', async () => {
    const provider = await open();
    await Promise.all([provider.checkNow(), provider.checkNow(), provider.checkNow()]);
    expect(provider.status().checks).toHaveLength(2);
  });

  it('keeps the last hundred', async () => {
    const provider = await open();
    for (let look = 0; look < 105; look++) await provider.checkNow();
    expect(provider.status().checks).toHaveLength(100);
    expect(provider.status().lastCheck).toBe(provider.status().checks[0]);
  });
});

describe('identityProvider', () => {
  it('shows it all', async () => {
    const path = join(folder, 'key.json');
    await writeFile(path, JSON.stringify(keyFile));
    const provider = await open({ ZITADEL_TOKEN: undefined, ZITADEL_KEY_FILE: path });
    expect(await show(provider.status)).toEqual({
      name: 'zitadel',
      organizationId: 'organization-1',
      instanceHost: null,
      tokenKind: 'SERVICE_ACCOUNT_KEY',
      tokenExpiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      lastCheck: {
        checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        isOk: true,
        code: null,
        message: expect.stringContaining('organization-1'),
      },
      recentChecks: [{ code: null, isOk: true }],
      latencyP50: expect.stringMatching(/^PT[\d.]+S$/),
      latencyP95: expect.stringMatching(/^PT[\d.]+S$/),
      circuit: { state: 'CLOSED' },
    });
  });

  it('shows nulls where nothing is known', async () => {
    await open();
    expect(await show(undefined)).toMatchObject({
      tokenKind: 'NONE',
      organizationId: null,
      lastCheck: null,
      recentChecks: [],
      latencyP50: null,
      latencyP95: null,
    });
  });

  async function show(status: OpenedProvider['status'] | undefined): Promise<unknown> {
    const source = `{ identityProvider {
      name organizationId instanceHost tokenKind tokenExpiresAt latencyP50 latencyP95
      lastCheck { checkedAt isOk code message } recentChecks(first: 1) { code isOk } circuit { state }
    } }`;
    const provider = { name: 'zitadel', url: simulator.url, status } as unknown as OpenedProvider;
    const contextValue = { ...testContext({ db: database.db, provider }), requestId: 'r', guard: () => undefined };
    const { data, errors } = await graphql({ schema: buildSchema(), source, contextValue });
    if (errors !== undefined) throw errors[0];
    return JSON.parse(JSON.stringify(data?.identityProvider));
  }
});

describe('the settings', () => {
  const problemsOf = (env: Record<string, string>): string => {
    try {
      readConfig({ ZITADEL_URL: 'https://id.example.org', ...env });
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems.join('\n');
      throw error;
    }
    return '';
  };

  it('take exactly one way to a token', () => {
    expect(problemsOf({})).toContain('or ZITADEL_KEY_FILE for a service account’s key');
    for (const name of ['ZITADEL_TOKEN', 'ZITADEL_TOKEN_FILE', 'ZITADEL_KEY_FILE'])
      expect(problemsOf({ [name]: 'x' })).toBe('');
    expect(problemsOf({ ZITADEL_TOKEN: 'x', ZITADEL_KEY_FILE: 'y' })).toBe(
      'ZITADEL_TOKEN and ZITADEL_KEY_FILE are set, but they say the same thing in different ways. Keep one of them.',
    );
    expect(problemsOf({ ZITADEL_TOKEN: 'x', ZITADEL_TOKEN_FILE: 'y', ZITADEL_KEY_FILE: 'z' })).toContain(
      'ZITADEL_TOKEN and ZITADEL_TOKEN_FILE and ZITADEL_KEY_FILE',
    );
  });

  it('take a host for a host', () => {
    const host = (text: string) => problemsOf({ ZITADEL_TOKEN: 'x', ZITADEL_INSTANCE_HOST: text });
    for (const good of ['id.example.org', 'localhost:8080', '[::1]:8080']) expect(host(good)).toBe('');
    for (const bad of ['https://id.example.org', 'id.example.org/path', 'a b', 'user@id'])
      expect(host(bad)).toContain('is not a host name');
  });
});
