/**
 * The adapter against the simulator: the class and code of each fault, what happened to the account, and that no
 * secret leaks. The class decides whether an account may exist, so real connections distinguish "nothing was sent"
 * from "something was sent".
 */
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewAccount, ProviderFailure } from '../../src/identity/provider.ts';
import { hasPassword } from '../../src/identity/simulator/accounts.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { type Simulator, type SimulatorEvent, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { createZitadelProvider, type ZitadelProvider } from '../../src/identity/zitadel.ts';
import type { ZitadelOptions } from '../../src/identity/zitadel-client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const PASSWORD = 'very-secret-password-42';
const TOKEN = 'very-secret-token-4711';
const STRICT = { minLength: 8, hasLowercase: true, hasUppercase: true, hasNumber: true, hasSymbol: true };

let database: TestDatabase;
let simulator: Simulator;
let provider: ZitadelProvider;
let onRequest: ((event: SimulatorEvent) => void) | undefined;
const failures: ProviderFailure[] = [];
const logLines: string[] = [];
const logger = pino(
  { level: 'trace' },
  new Writable({
    write(chunk: Buffer, _, done) {
      logLines.push(chunk.toString());
      done();
    },
  }),
);

function adapter(options: Partial<ZitadelOptions> = {}): ZitadelProvider {
  return createZitadelProvider({
    name: 'simulator',
    url: simulator.url,
    organizationId: simulator.organizationId,
    getToken: () => TOKEN,
    emailDomain: 'noemail.family-hub.internal',
    concurrency: 32,
    logger,
    ...options,
  });
}

function newAccount(changes: Partial<NewAccount> = {}): NewAccount {
  const entryId = randomUUID();
  return {
    entryId,
    familyId: randomUUID(),
    // 15 of its digits: with 8, one run in a hundred would use the same name twice.
    username: `user_${entryId.replaceAll('-', '').slice(0, 15)}`,
    fullName: 'Oma',
    password: PASSWORD,
    ...changes,
  };
}

const within = (timeoutMs: number) => ({ signal: AbortSignal.timeout(timeoutMs), timeoutMs });
/** Long enough for a busy machine. */
const inTime = () => within(60_000);

/** A deadline that passes when the simulator reaches this stage of the create, however long that takes. */
function untilStage(stage: SimulatorEvent['stage']): { signal: AbortSignal; timeoutMs: number } {
  const deadline = new AbortController();
  onRequest = (event) => {
    if (event.path === 'create' && event.stage === stage) deadline.abort(new DOMException('Too late', 'TimeoutError'));
  };
  return { signal: deadline.signal, timeoutMs: 60_000 };
}

/** Returns the failure, and collects it to be searched for secrets at the end. */
function failureOf(result: { kind: string }): ProviderFailure {
  if (result.kind !== 'failure') throw new Error(`Expected a failure, got ${JSON.stringify(result)}`);
  failures.push(result as ProviderFailure);
  return result as ProviderFailure;
}

async function isMade({ entryId, username }: NewAccount): Promise<boolean> {
  simulator.faults.clear();
  return (await provider.findAccount({ entryId, username }, inTime())).kind === 'found';
}

beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({ db: database.db, logger, token: TOKEN, onRequest: (event) => onRequest?.(event) });
});
afterAll(async () => {
  await simulator?.close();
  await database?.drop();
});
beforeEach(() => {
  provider = adapter();
});
afterEach(async () => {
  onRequest = undefined;
  simulator.faults.clear();
  await provider.close();
});

describe('creating an account', () => {
  it('makes it once, and adopts it when asked again', async () => {
    const account = newAccount();
    expect(await provider.createAccount(account, inTime())).toEqual({
      kind: 'created',
      providerUserId: account.entryId,
      wasAdopted: false,
      providerRequestId: expect.any(String),
    });
    const sameInCapitals = { ...account, username: account.username.toUpperCase() };
    expect(await provider.createAccount(sameInCapitals, inTime())).toMatchObject({
      kind: 'created',
      providerUserId: account.entryId,
      wasAdopted: true,
    });
    expect(await hasPassword(database.db, account.entryId, PASSWORD)).toBe(true);
  });

  it('says when somebody else has the name, or the id', async () => {
    const account = newAccount();
    await provider.createAccount(account, inTime());
    const sameName = newAccount({ username: account.username });
    expect(failureOf(await provider.createAccount(sameName, inTime()))).toMatchObject({
      class: 'permanent',
      code: 'USERNAME_TAKEN_AT_PROVIDER',
      message: expect.stringContaining('another username'),
    });
    const sameId = newAccount({ entryId: account.entryId });
    expect(failureOf(await provider.createAccount(sameId, inTime()))).toMatchObject({
      class: 'permanent',
      code: 'ACCOUNT_BELONGS_TO_ANOTHER',
    });
  });

  it('takes an account of another organization for somebody else’s', async () => {
    const account = newAccount();
    await provider.createAccount(account, inTime());
    const stranger = adapter({ organizationId: 'another-organization' });
    const result = await stranger.findAccount(account, inTime());
    expect(failureOf(result)).toMatchObject({ class: 'permanent', code: 'ACCOUNT_BELONGS_TO_ANOTHER' });
    const create = await stranger.createAccount(newAccount(), inTime());
    expect(failureOf(create)).toMatchObject({
      class: 'configuration',
      code: 'PROVIDER_ORGANIZATION_UNKNOWN',
      message: expect.stringContaining('ZITADEL_ORGANIZATION_ID'),
    });
    await stranger.close();
  });

  it('decides nothing when the look itself fails', async () => {
    const account = newAccount();
    await provider.createAccount(account, inTime());
    simulator.faults.set([{ kind: '503', path: 'find' }]);
    const result = await provider.createAccount({ ...account, username: 'other' }, inTime());
    expect(failureOf(result)).toMatchObject({ class: 'transient', code: 'PROVIDER_UNAVAILABLE' });
    simulator.faults.set([{ kind: '404', cause: 'membership', path: 'find' }]);
    const denied = await provider.createAccount(newAccount({ username: account.username }), inTime());
    expect(failureOf(denied)).toMatchObject({ class: 'configuration', code: 'PROVIDER_PERMISSION_DENIED' });
  });

  it('refuses at once what the provider would choke on for ever', async () => {
    const before = simulator.calls.create;
    const long = await provider.createAccount(newAccount({ password: 'ä'.repeat(37) }), inTime());
    expect(failureOf(long)).toMatchObject({ class: 'permanent', code: 'PASSWORD_REFUSED' });
    const nameless = await provider.createAccount(newAccount({ fullName: ' \t' }), inTime());
    expect(failureOf(nameless)).toMatchObject({ class: 'permanent', code: 'ACCOUNT_DATA_REFUSED' });
    expect(simulator.calls.create).toBe(before);
    expect(await provider.createAccount(newAccount({ password: 'ä'.repeat(36) }), inTime())).toMatchObject({
      kind: 'created',
    });
  });

  it.each([
    ['Abcde1!', 'too short'],
    ['ABCDEFG1!', 'lower-case'],
    ['abcdefg1!', 'upper-case'],
    ['Abcdefgh!', 'digit'],
    ['Abcdefgh1', 'symbol'],
  ])('says what the password %s lacks', async (password, lack) => {
    const strict = await startSimulator({ db: database.db, logger, token: TOKEN, passwordPolicy: STRICT });
    const strictProvider = adapter({ url: strict.url });
    expect(failureOf(await strictProvider.createAccount(newAccount({ password }), inTime()))).toMatchObject({
      class: 'permanent',
      code: 'PASSWORD_REFUSED',
      message: expect.stringContaining(lack),
    });
    await strictProvider.close();
    await strict.close();
  });

  it('asks for the organization once, however many calls need it', async () => {
    const own = adapter({ organizationId: undefined });
    const before = simulator.calls.check;
    const results = await Promise.all(Array.from({ length: 8 }, () => own.createAccount(newAccount(), inTime())));
    expect(results.every(({ kind }) => kind === 'created')).toBe(true);
    expect(simulator.calls.check).toBe(before + 1);
    await own.close();
  });

  it('asks again after the organization could not be learnt', async () => {
    const own = adapter({ organizationId: undefined });
    simulator.faults.set([{ kind: 'cut-before', path: 'check', times: 1 }]);
    const first = await own.createAccount(newAccount(), inTime());
    expect(failureOf(first)).toMatchObject({ class: 'transient', code: 'PROVIDER_CONNECTION_LOST' });
    expect(await own.createAccount(newAccount(), inTime())).toMatchObject({ kind: 'created' });
    await own.close();
  });
});

describe('each fault on create', () => {
  const cases: [FaultOrder, ProviderFailure['class'], string, isMade: boolean, words: string][] = [
    [{ kind: '429' }, 'transient', 'PROVIDER_RATE_LIMITED', false, 'PROVIDER_CONCURRENCY'],
    [{ kind: '429', errorId: 'QUOTA-nMqT4' }, 'configuration', 'PROVIDER_QUOTA_EXHAUSTED', false, 'quota'],
    [{ kind: '503' }, 'transient', 'PROVIDER_UNAVAILABLE', false, 'retried automatically'],
    [{ kind: 'html' }, 'transient', 'PROVIDER_UNAVAILABLE', false, 'HTTP 502, text/html'],
    [{ kind: 'html', status: 503 }, 'transient', 'PROVIDER_UNAVAILABLE', false, 'HTTP 503'],
    [{ kind: 'html', isAfterMade: true }, 'transient', 'PROVIDER_UNAVAILABLE', true, 'looks it up first'],
    [{ kind: 'html', status: 200 }, 'unknown', 'OUTCOME_UNKNOWN', false, 'HTTP 200, text/html'],
    [{ kind: 'hang' }, 'unknown', 'OUTCOME_UNKNOWN', false, 'in time'],
    [{ kind: 'hang-after' }, 'unknown', 'OUTCOME_UNKNOWN', true, 'in time'],
    [{ kind: 'cut-before' }, 'unknown', 'OUTCOME_UNKNOWN', false, 'cut'],
    [{ kind: 'cut-after' }, 'unknown', 'OUTCOME_UNKNOWN', true, 'cut'],
    [{ kind: 'garbage' }, 'unknown', 'OUTCOME_UNKNOWN', true, 'may exist'],
    [{ kind: 'slow-body' }, 'unknown', 'OUTCOME_UNKNOWN', true, 'in time'],
    [{ kind: '401' }, 'configuration', 'PROVIDER_TOKEN_INVALID', false, 'ZITADEL_TOKEN'],
    [{ kind: '403' }, 'configuration', 'PROVIDER_PERMISSION_DENIED', false, 'ORG_USER_MANAGER'],
    [{ kind: '404' }, 'configuration', 'PROVIDER_NOT_FOUND', false, 'version 4'],
    [{ kind: '404', cause: 'host' }, 'configuration', 'PROVIDER_NOT_FOUND', false, 'ZITADEL_INSTANCE_HOST'],
    [{ kind: '404', cause: 'membership' }, 'configuration', 'PROVIDER_PERMISSION_DENIED', false, 'ORG_USER_MANAGER'],
    [{ kind: 'redirect' }, 'configuration', 'PROVIDER_REDIRECTED', false, 'ZITADEL_URL'],
    [
      { kind: 'error', code: 'internal', text: `no ${PASSWORD} for ${TOKEN}` },
      'transient',
      'PROVIDER_INTERNAL_ERROR',
      false,
      '[secret]',
    ],
    [{ kind: 'error', code: 'failed_precondition' }, 'transient', 'PROVIDER_STATE_UNCLEAR', false, 'entry’s id'],
  ];

  it.each(cases)('%j is %s, %s; account made: %s', async (fault, expectedClass, code, made, words) => {
    const account = newAccount();
    simulator.faults.set([{ ...fault, path: 'create', username: account.username }]);
    const isSlow = fault.kind.startsWith('hang') || fault.kind === 'slow-body';
    const options = isSlow ? untilStage(made ? 'made' : 'received') : inTime();
    const failure = failureOf(await provider.createAccount(account, options));
    expect(failure).toMatchObject({ class: expectedClass, code, message: expect.stringContaining(words) });
    expect(await isMade(account)).toBe(made);
    // Whatever the fault was, the next attempt creates or adopts the one account.
    expect(await provider.createAccount(account, inTime())).toMatchObject({ kind: 'created', wasAdopted: made });
  });

  it('an error inside Zitadel is followed by a lookup at once, which finds what was made before it', async () => {
    const account = newAccount();
    const { find } = simulator.calls;
    simulator.faults.set([{ kind: 'error', code: 'internal', isAfterMade: true, path: 'create' }]);
    expect(await provider.createAccount(account, inTime())).toMatchObject({ kind: 'created', wasAdopted: true });
    expect(simulator.calls.find).toBe(find + 1);
  });

  it('waits for a slow answer and a slow body within the time', async () => {
    simulator.faults.set([
      { kind: 'slow', delayMs: 60, times: 1 },
      { kind: 'slow-body', delayMs: 60, times: 1 },
    ]);
    expect(await provider.createAccount(newAccount(), inTime())).toMatchObject({ kind: 'created' });
    expect(await provider.createAccount(newAccount(), inTime())).toMatchObject({ kind: 'created' });
  });

  it('hands on the Retry-After of either form, and the request id', async () => {
    simulator.faults.set([
      { kind: '429', retryAfter: 90, times: 1 },
      { kind: '503', retryAfter: 'Fri, 01 Jan 2100 00:00:00 GMT' },
    ]);
    const first = failureOf(await provider.createAccount(newAccount(), inTime()));
    expect(first).toMatchObject({ retryAfterMs: 90_000, providerRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const second = failureOf(await provider.createAccount(newAccount(), inTime()));
    expect(second.retryAfterMs).toBe(4 * 60 * 60 * 1000);
  });
});

describe('each fault on a look and on setPassword', () => {
  const cases: [FaultOrder, ProviderFailure['class'], string][] = [
    [{ kind: 'hang' }, 'transient', 'PROVIDER_TIMEOUT'],
    [{ kind: 'slow-body' }, 'transient', 'PROVIDER_TIMEOUT'],
    [{ kind: 'cut-before' }, 'transient', 'PROVIDER_CONNECTION_LOST'],
    [{ kind: 'cut-after' }, 'transient', 'PROVIDER_CONNECTION_LOST'],
    [{ kind: 'garbage' }, 'transient', 'PROVIDER_ANSWER_UNREADABLE'],
    [{ kind: 'html', status: 200 }, 'transient', 'PROVIDER_ANSWER_UNREADABLE'],
    [{ kind: '404' }, 'configuration', 'PROVIDER_NOT_FOUND'],
    [{ kind: '404', cause: 'host' }, 'configuration', 'PROVIDER_NOT_FOUND'],
    [{ kind: '404', cause: 'membership' }, 'configuration', 'PROVIDER_PERMISSION_DENIED'],
  ];

  it.each(cases)('%j is %s, %s', async (fault, expectedClass, code) => {
    const account = newAccount();
    await provider.createAccount(account, inTime());
    simulator.faults.set([fault]);
    // Wherever the timeout happens, the failure is the same.
    const limit = fault.kind === 'hang' || fault.kind === 'slow-body' ? 300 : 60_000;
    expect(failureOf(await provider.findAccount(account, within(limit)))).toMatchObject({ class: expectedClass, code });
    const set = await provider.setPassword(account.entryId, 'another-password', within(limit));
    expect(failureOf(set)).toMatchObject({ class: expectedClass, code });
  });

  it('finds, does not find, and sets the password', async () => {
    const account = newAccount();
    expect(await provider.findAccount(account, inTime())).toMatchObject({ kind: 'absent' });
    const early = await provider.setPassword(account.entryId, 'another-password', inTime());
    expect(failureOf(early)).toMatchObject({ class: 'transient', code: 'ACCOUNT_VANISHED' });
    await provider.createAccount(account, inTime());
    expect(await provider.findAccount(account, inTime())).toMatchObject({
      kind: 'found',
      providerUserId: account.entryId,
    });
    expect(await provider.setPassword(account.entryId, 'another-password', inTime())).toMatchObject({
      kind: 'password-set',
    });
    expect(await hasPassword(database.db, account.entryId, 'another-password')).toBe(true);
    expect(await hasPassword(database.db, account.entryId, PASSWORD)).toBe(false);
  });
});

describe('when nothing was sent', () => {
  it.each([
    ['a closed port', 'http://127.0.0.1:1', 'PROVIDER_UNREACHABLE', 'ECONNREFUSED'],
    ['an unknown host', 'http://no-such-host.invalid', 'PROVIDER_DNS_FAILED', 'ZITADEL_URL'],
  ])('%s is transient', async (_, url, code, words) => {
    const lost = adapter({ url });
    const failure = failureOf(await lost.createAccount(newAccount(), inTime()));
    expect(failure).toMatchObject({ class: 'transient', code, message: expect.stringContaining(words) });
    await lost.close();
  });

  it('a server without TLS is transient', async () => {
    const lost = adapter({ url: simulator.url.replace('http:', 'https:') });
    const failure = failureOf(await lost.createAccount(newAccount(), inTime()));
    expect(failure).toMatchObject({ class: 'transient', code: 'PROVIDER_TLS_FAILED' });
    await lost.close();
  });

  it('a signal that fires before, or while the connection is made, is transient, and nothing is sent later', async () => {
    const before = simulator.calls.create;
    const gone = await provider.createAccount(newAccount(), { signal: AbortSignal.abort(), timeoutMs: 1_000 });
    expect(failureOf(gone)).toMatchObject({ class: 'transient', code: 'PROVIDER_TIMEOUT' });
    expect(simulator.calls.create).toBe(before);

    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const lost = adapter({ url: `https://127.0.0.1:${(mute.address() as AddressInfo).port}` });
    const failure = failureOf(await lost.createAccount(newAccount(), within(200)));
    expect(failure).toMatchObject({ class: 'transient', code: 'PROVIDER_TIMEOUT' });
    for (const socket of sockets) socket.destroy();
    mute.close();
    await lost.close();
  });

  it('a signal that fires after the request was sent is unknown', async () => {
    const account = newAccount();
    const controller = new AbortController();
    const pausing = await startSimulator({
      db: database.db,
      logger,
      token: TOKEN,
      onRequest: ({ stage }) => (stage === 'made' ? controller.abort() : undefined),
    });
    const impatient = adapter({ url: pausing.url });
    const result = await impatient.createAccount(account, { signal: controller.signal, timeoutMs: 60_000 });
    expect(failureOf(result)).toMatchObject({ class: 'unknown', code: 'OUTCOME_UNKNOWN' });
    expect(await isMade(account)).toBe(true);
    await impatient.close();
    await pausing.close();
  });

  it('a token that cannot be read, or cannot be sent, is configuration', async () => {
    const unreadable = adapter({
      getToken: () => Promise.reject(Object.assign(new Error(`${TOKEN} unreadable`), { code: 'ENOENT' })),
    });
    expect(failureOf(await unreadable.createAccount(newAccount(), inTime()))).toMatchObject({
      class: 'configuration',
      code: 'PROVIDER_TOKEN_UNAVAILABLE',
      message: expect.stringContaining('ENOENT'),
    });
    await unreadable.close();
    const broken = adapter({ getToken: () => `${TOKEN}\nx` });
    expect(failureOf(await broken.createAccount(newAccount(), inTime()))).toMatchObject({
      class: 'configuration',
      code: 'PROVIDER_TOKEN_INVALID',
    });
    await broken.close();
  });
});

describe('the token', () => {
  it('is read anew when it was refused, and the same call repeated once', async () => {
    const refused: (string | undefined)[] = [];
    const rotating = adapter({
      getToken: (old) => {
        refused.push(old);
        return old === undefined ? 'an-old-token' : Promise.resolve(TOKEN);
      },
    });
    expect(await rotating.createAccount(newAccount(), inTime())).toMatchObject({ kind: 'created' });
    expect(refused).toEqual([undefined, 'an-old-token']);
    await rotating.close();
  });
});

describe('the start-up check', () => {
  it('tells the organization, and what is wrong', async () => {
    expect(await provider.checkConnection(inTime())).toEqual({
      ok: true,
      organizationId: simulator.organizationId,
    });
    const stranger = adapter({ getToken: () => 'wrong' });
    expect(failureOf((await stranger.checkConnection(inTime())) as ProviderFailure)).toMatchObject({
      class: 'configuration',
      code: 'PROVIDER_TOKEN_INVALID',
    });
    await stranger.close();
  });

  it('recognizes a server that is older than the call', async () => {
    simulator.faults.set([{ kind: '404', path: 'find' }]);
    expect(failureOf((await provider.checkConnection(inTime())) as ProviderFailure)).toMatchObject({
      code: 'PROVIDER_TOO_OLD',
      message: expect.stringContaining('version 4'),
    });
  });
});

describe('under load', () => {
  it('makes 1,600 calls from 32 callers over at most 32 connections', async () => {
    let connections = 0;
    const port = Number(new URL(simulator.url).port);
    const count = (message: unknown): void => {
      if ((message as { socket: Socket }).socket.localPort === port) connections += 1;
    };
    subscribe('net.server.socket', count);
    const made = await Promise.all(
      Array.from({ length: 32 }, async () => {
        let created = 0;
        for (let call = 0; call < 50; call += 1) {
          const result = await provider.createAccount(newAccount(), inTime());
          if (result.kind === 'created' && !result.wasAdopted) created += 1;
        }
        return created;
      }),
    );
    unsubscribe('net.server.socket', count);
    expect(made.reduce((sum, created) => sum + created, 0)).toBe(1_600);
    expect(connections).toBeGreaterThan(0);
    expect(connections).toBeLessThanOrEqual(32);
  }, 120_000);
});

describe('secrets', () => {
  it('are in no failure, no log line and no row', async () => {
    expect(failures.length).toBeGreaterThan(40);
    expect(logLines.length).toBeGreaterThan(0);
    const rows = await database.db.query('SELECT row_to_json(a)::text AS row FROM identity_simulator.accounts AS a');
    const everything = JSON.stringify([failures, logLines, rows]);
    for (const secret of [PASSWORD, TOKEN, 'another-password', 'an-old-token']) {
      expect(everything).not.toContain(secret);
    }
  });
});
