/**
 * What an operator reads for each way in which the provider can fail: class, code, message and fix, word by word,
 * because an operator has nothing else to go by. Also how long the entry then waits, and how the attempt's timeout
 * is passed on to the provider.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { afterFailure } from '../../src/accounts/entry.rules.ts';
import type { ProviderFailure } from '../../src/identity/provider.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { type Simulator, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { createZitadelProvider, type ZitadelProvider } from '../../src/identity/zitadel.ts';
import type { ZitadelOptions } from '../../src/identity/zitadel-client.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let simulator: Simulator;
let provider: ZitadelProvider;

const adapter = (options: Partial<ZitadelOptions>): ZitadelProvider =>
  createZitadelProvider({
    name: 'zitadel',
    url: simulator.url,
    organizationId: simulator.organizationId,
    getToken: () => simulator.token,
    emailDomain: 'noemail.family-hub.internal',
    concurrency: 4,
    logger: silentLogger,
    ...options,
  });
const within = (timeoutMs: number) => ({ signal: AbortSignal.timeout(timeoutMs), timeoutMs });
const newAccount = () => {
  const entryId = randomUUID();
  const username = `user_${entryId.slice(0, 8)}`;
  return { entryId, familyId: randomUUID(), username, fullName: 'Oma Example', password: 'short but not too short' };
};

async function failureOf(from: ZitadelProvider, timeoutMs = 5_000): Promise<ProviderFailure> {
  const result = await from.createAccount(newAccount(), within(timeoutMs));
  if (result.kind !== 'failure') throw new Error('The account was made');
  return result;
}

beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({ db: database.db, logger: silentLogger });
  provider = adapter({});
});
afterAll(async () => {
  await provider?.close();
  await simulator?.close();
  await database?.drop();
});

describe('the operator reads', () => {
  const again = 'It is retried automatically';
  const looked = 'The next attempt first looks up whether it does';
  const cases: [FaultOrder, ProviderFailure['class'], string, happened: string, cure: string][] = [
    [{ kind: '429' }, 'transient', 'PROVIDER_RATE_LIMITED', 'limits the rate of calls', 'Lower PROVIDER_CONCURRENCY'],
    [
      { kind: '429', errorId: 'QUOTA-nMqT4' },
      'configuration',
      'PROVIDER_QUOTA_EXHAUSTED',
      'A quota or limit of the Zitadel instance is used up',
      'Raise it, or wait',
    ],
    [
      { kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj' },
      'permanent',
      'PASSWORD_REFUSED',
      'It lacks an upper-case letter',
      'Adjust the password policy there',
    ],
    [
      { kind: '503' },
      'transient',
      'PROVIDER_UNAVAILABLE',
      'unavailable',
      'Check that the identity provider is running',
    ],
    [{ kind: 'html' }, 'transient', 'PROVIDER_UNAVAILABLE', '(HTTP 502, text/html)', again],
    [{ kind: 'html', status: 200 }, 'unknown', 'OUTCOME_UNKNOWN', '(HTTP 200, text/html)', looked],
    [{ kind: 'hang' }, 'unknown', 'OUTCOME_UNKNOWN', 'It did not come in time', looked],
    [{ kind: 'cut-before' }, 'unknown', 'OUTCOME_UNKNOWN', 'The connection was cut', looked],
    [{ kind: 'cut-after' }, 'unknown', 'OUTCOME_UNKNOWN', 'The connection was cut', looked],
    [{ kind: 'garbage' }, 'unknown', 'OUTCOME_UNKNOWN', 'no readable answer arrived', looked],
    [{ kind: 'slow-body' }, 'unknown', 'OUTCOME_UNKNOWN', 'It did not come in time', looked],
    [
      { kind: '401' },
      'configuration',
      'PROVIDER_TOKEN_INVALID',
      'wrong, expired or revoked',
      'Put a valid token into ZITADEL_TOKEN',
    ],
    [
      { kind: '403' },
      'configuration',
      'PROVIDER_PERMISSION_DENIED',
      'denies the permission',
      'Give the service account the role ORG_USER_MANAGER',
    ],
    [
      { kind: '404' },
      'configuration',
      'PROVIDER_NOT_FOUND',
      'nothing there creates accounts (404)',
      'Check ZITADEL_URL; set ZITADEL_INSTANCE_HOST',
    ],
    [
      { kind: '404', cause: 'host' },
      'configuration',
      'PROVIDER_NOT_FOUND',
      'Instance not found',
      'set ZITADEL_INSTANCE_HOST to Zitadel’s external domain',
    ],
    [
      { kind: '404', cause: 'membership' },
      'configuration',
      'PROVIDER_PERMISSION_DENIED',
      'membership not found',
      'Give the service account the role ORG_USER_MANAGER',
    ],
    [
      { kind: 'redirect' },
      'configuration',
      'PROVIDER_REDIRECTED',
      'redirects elsewhere',
      'Set ZITADEL_URL to the final address',
    ],
  ];
  it.each(cases)('%j: %s, %s', async (fault, expectedClass, code, happened, cure) => {
    simulator.faults.set([{ ...fault, path: 'create' }]);
    const isSlow = fault.kind === 'hang' || fault.kind === 'slow-body';
    const failure = await failureOf(provider, isSlow ? 300 : 5_000);
    simulator.faults.clear();
    expect(failure).toMatchObject({ class: expectedClass, code });
    expect(failure.message).toContain(happened);
    expect(failure.message).toContain(cure);
  });

  const places: [string, string, code: string, happened: string, cure: string][] = [
    [
      'a name that nobody knows',
      'http://no-such-host.invalid',
      'PROVIDER_DNS_FAILED',
      'could not be resolved; nothing was sent',
      'Check the host name in ZITADEL_URL',
    ],
    [
      'a port on which nothing listens',
      'http://127.0.0.1:1',
      'PROVIDER_UNREACHABLE',
      'Nothing listens at that address and port. (ECONNREFUSED)',
      'Check ZITADEL_URL, the firewall',
    ],
  ];
  it.each(places)('%s', async (_, url, code, happened, cure) => {
    const lost = adapter({ url });
    const failure = await failureOf(lost);
    await lost.close();
    expect(failure).toMatchObject({ class: 'transient', code });
    expect(failure.message).toContain(happened);
    expect(failure.message).toContain(cure);
  });

  it('that http is spoken where https was asked for', async () => {
    const lost = adapter({ url: simulator.url.replace('http:', 'https:') });
    const failure = await failureOf(lost);
    await lost.close();
    expect(failure).toMatchObject({ class: 'transient', code: 'PROVIDER_TLS_FAILED' });
    expect(failure.message).toContain('What answers does not speak TLS');
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-11-25T19:00:00Z');
  const fresh = { retryCount: 0, nextRetryAt: now, interruptionCount: 0, isLookupOnly: false };
  const waitOf = (failure: ProviderFailure): number => {
    const { nextRetryAt } = afterFailure(fresh, { ...failure, needsLookup: false }, now, true);
    return ((nextRetryAt?.getTime() ?? Number.NaN) - now.getTime()) / 60_000;
  };

  it.each([
    ['1800 seconds are half an hour', 1_800, 30],
    ['a date half an hour away', 'Wed, 25 Nov 2026 19:30:00 GMT', 30],
    ['less than the rule’s own minute changes nothing', 5, 1],
    ['a day is capped at four hours', 86_400, 240],
    ['a date in a hundred years too', 'Mon, 25 Nov 2126 19:00:00 GMT', 240],
    ['nonsense changes nothing', 'soon', 1],
  ])('%s', async (_, retryAfter, minutes) => {
    const patient = adapter({ clock: { now: () => now } });
    for (const kind of ['429', '503'] as const) {
      simulator.faults.set([{ kind, retryAfter, path: 'create' }]);
      expect(waitOf(await failureOf(patient))).toBe(minutes);
    }
    simulator.faults.clear();
    await patient.close();
  });

  it('has no say in a permanent refusal: final at once', async () => {
    simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-HuJf6', path: 'create' }]);
    const failure = await failureOf(provider);
    simulator.faults.clear();
    expect(afterFailure(fresh, { ...failure, needsLookup: false }, now, true)).toMatchObject({
      status: 'failed',
      retryCount: 0,
      nextRetryAt: null,
    });
  });
});

describe('the time of an attempt', () => {
  it('is handed on to the provider with each call, less what is used up', async () => {
    const delayMs = 150;
    const told: { call: string; timeoutMs: number; afterMs: number }[] = [];
    let startedAt = 0;
    const slow = createServer((request, response) => {
      const call = request.url?.split('/').at(-1) ?? '';
      const timeoutMs = Number(request.headers['connect-timeout-ms']);
      told.push({ call, timeoutMs, afterMs: performance.now() - startedAt });
      request.resume();
      setTimeout(() => {
        if (call === 'me') response.writeHead(200).end('{"org":{"id":"o"}}');
        else response.writeHead(409).end('{"code":"already_exists","message":"m"}');
      }, delayMs);
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const getToken = async () => {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      return 'token';
    };
    const impatient = adapter({ url, organizationId: undefined, getToken });
    startedAt = performance.now();
    await impatient.createAccount(newAccount(), within(5_000));
    await impatient.close();
    slow.close();
    expect(told.map(({ call }) => call)).toEqual(['me', 'CreateUser', 'GetUserByID']);
    for (const { timeoutMs, afterMs } of told) {
      // It was sent shortly before it arrived: never more than the remaining time, and not much less.
      expect(timeoutMs).toBeLessThanOrEqual(5_000 - Math.floor(afterMs) + 100);
      expect(timeoutMs).toBeGreaterThan(4_000 - afterMs);
    }
    const steps = told.map(({ timeoutMs }, index) => (told[index - 1]?.timeoutMs ?? 5_000) - timeoutMs);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(delayMs - 5);
  });
});
