/**
 * The simulator alone: what it validates, how faults are set (in the process and over HTTP), that its accounts
 * outlive it, and that it runs as a separate process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createFaultPlan } from '../../src/identity/simulator/faults.ts';
import {
  DEFAULT_ORGANIZATION_ID,
  type Simulator,
  type SimulatorEvent,
  startSimulator,
} from '../../src/identity/simulator/simulator.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let simulator: Simulator;
const events: SimulatorEvent[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({
    db: database.db,
    logger: silentLogger,
    onRequest: (event) => {
      events.push(event);
    },
  });
});
afterAll(async () => {
  await simulator?.close();
  await database?.drop();
});
afterEach(() => simulator.faults.clear());

interface Target {
  readonly url: string;
  readonly token: string;
}

async function post(target: Target, path: string, body: unknown, token = target.token) {
  const response = await fetch(target.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

const CREATE = '/zitadel.user.v2.UserService/CreateUser';

function user(changes: object = {}, human: object = {}) {
  const userId = randomUUID();
  return {
    organizationId: DEFAULT_ORGANIZATION_ID,
    userId,
    username: `user-${userId}`,
    human: {
      profile: { givenName: 'Anna', familyName: 'Berg' },
      email: { email: 'anna@example.org', isVerified: true },
      password: { password: 'long-enough-password' },
      ...human,
    },
    ...changes,
  };
}

describe('what Zitadel checks', () => {
  const profile = { givenName: 'Anna', familyName: 'Berg' };
  it.each([
    ['a good user', user(), 200, undefined, ''],
    [
      'a blank given name',
      user({}, { profile: { ...profile, givenName: ' ' } }),
      400,
      'invalid_argument',
      'USER-UCej2',
    ],
    [
      'a blank family name',
      user({}, { profile: { ...profile, familyName: '' } }),
      400,
      'invalid_argument',
      'USER-4hB7d',
    ],
    [
      'too long a name',
      user({}, { profile: { ...profile, givenName: 'x'.repeat(201) } }),
      400,
      'invalid_argument',
      'too_big',
    ],
    ['an unknown field', user({ organisation: 'x' }), 400, 'invalid_argument', 'unrecognized_keys'],
    ['another organization', user({ organizationId: 'x' }), 400, 'failed_precondition', 'COMMAND-QXPGs'],
    ['a short password', user({}, { password: { password: 'short' } }), 400, 'invalid_argument', 'COMMA-HuJf6'],
    ['a password of 73 bytes', user({}, { password: { password: 'x'.repeat(73) } }), 500, 'internal', 'COMMAND-CahN2'],
    ['no JSON', '{', 400, 'invalid_argument', 'not JSON'],
    ['no object', 'null', 400, 'invalid_argument', 'request'],
  ])('%s', async (_, body, status, code, text) => {
    const answer = await post(simulator, CREATE, body);
    expect(answer.status).toBe(status);
    expect(answer.json.code).toBe(code);
    expect(answer.text).toContain(text);
  });

  it('tells a taken name from a taken id, and a wrong token from both', async () => {
    const first = user();
    expect((await post(simulator, CREATE, first)).status).toBe(200);
    expect(await post(simulator, CREATE, first)).toMatchObject({ status: 400, json: { code: 'failed_precondition' } });
    const sameName = user({ username: first.username.toUpperCase() });
    expect(await post(simulator, CREATE, sameName)).toMatchObject({ status: 409, json: { code: 'already_exists' } });
    expect(await post(simulator, CREATE, user(), 'wrong')).toMatchObject({
      status: 401,
      json: { code: 'unauthenticated' },
    });
    expect((await post(simulator, '/zitadel.user.v2.UserService/DeleteUser', {})).status).toBe(404);
    const check = await fetch(`${simulator.url}/management/v1/orgs/me`);
    expect(await check.json()).toMatchObject({ code: 16 });
  });

  it('makes one account of thirty requests at once', async () => {
    const one = user();
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(simulator, CREATE, one)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ json }) => json.code === 'failed_precondition')).toHaveLength(29);
  });
});

describe('its accounts', () => {
  it('are the same for another node and after a restart', async () => {
    const one = user();
    const other = await startSimulator({ db: database.db, logger: silentLogger });
    expect((await post(other, CREATE, one)).status).toBe(200);
    await other.close();
    const found = await post(simulator, '/zitadel.user.v2.UserService/GetUserByID', { userId: one.userId });
    expect(found.json.user).toMatchObject({
      username: one.username,
      details: { resourceOwner: simulator.organizationId },
    });
  });
});

describe('faults', () => {
  it('are played so many times, for what they fit, and the first that fits wins', () => {
    const plan = createFaultPlan();
    plan.set([
      { kind: '503', times: 2, path: 'create', username: 'Lena' },
      { kind: '429', userId: 'u1' },
    ]);
    const kinds = [
      plan.next({ path: 'create', username: 'lena', userId: 'u1' }),
      plan.next({ path: 'find', username: 'lena' }),
      plan.next({ path: 'create', username: 'otto' }),
      plan.next({ path: 'create', username: 'LENA' }),
      plan.next({ path: 'create', username: 'lena' }),
      plan.next({ path: 'find', userId: 'u1' }),
    ].map((fault) => fault?.kind);
    expect(kinds).toEqual(['503', undefined, undefined, '503', undefined, '429']);
    plan.clear();
    expect(plan.next({ path: 'find', userId: 'u1' })).toBeUndefined();
  });

  it('are played at their rate', () => {
    const numbers = [0, 0.29, 0.3, 0.99];
    const plan = createFaultPlan(() => numbers.shift() ?? 1);
    plan.set([{ kind: 'hang', rate: 0.3 }]);
    const kinds = Array.from({ length: 4 }, () => plan.next({ path: 'create' })?.kind);
    expect(kinds).toEqual(['hang', 'hang', undefined, undefined]);
  });

  it('can be ordered over HTTP, with the token only', async () => {
    expect((await post(simulator, '/simulator/faults', [{ kind: '503' }], 'wrong')).status).toBe(401);
    expect((await post(simulator, CREATE, user())).status).toBe(200);
    expect((await post(simulator, '/simulator/faults', [{ kind: '503', times: 1, retryAfter: 7 }])).status).toBe(200);
    expect((await post(simulator, CREATE, user())).status).toBe(503);
    expect((await post(simulator, CREATE, user())).status).toBe(200);
    const wrong = await post(simulator, '/simulator/faults', [{ kind: 'flood' }]);
    expect(wrong).toMatchObject({ status: 400, text: expect.stringContaining('kind') });
    expect((await post(simulator, '/simulator/faults', 'no list')).status).toBe(400);
  });

  it('leave the counting alone, and the hook sees both stages', async () => {
    const before = simulator.calls.create;
    events.length = 0;
    simulator.faults.set([{ kind: '503', times: 1 }]);
    const one = user();
    await post(simulator, CREATE, one);
    await post(simulator, CREATE, one);
    const answer = await fetch(`${simulator.url}/simulator/calls`, {
      headers: { authorization: `Bearer ${simulator.token}` },
    });
    expect(await answer.json()).toMatchObject({ create: before + 2 });
    expect(events.map(({ stage, userId }) => [stage, userId])).toEqual([
      ['received', one.userId],
      ['received', one.userId],
      ['made', one.userId],
    ]);
  });
});

describe('as a process of its own', () => {
  let child: ChildProcess | undefined;
  afterAll(() => child?.kill('SIGKILL'));

  it('says where it is, serves the same accounts, and ends on SIGTERM', async () => {
    child = spawn(
      process.execPath,
      [
        join(inject('serverSources'), 'identity/simulator/standalone.js'),
        '--database-url',
        database.url,
        '--token',
        'abc',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    if (child.stdout === null) throw new Error('No output to read.');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const target = JSON.parse(line) as Target & { organizationId: string };
    expect(target).toMatchObject({ token: 'abc', organizationId: DEFAULT_ORGANIZATION_ID });
    const one = user();
    expect((await post(target, CREATE, one)).status).toBe(200);
    expect(await post(simulator, CREATE, one)).toMatchObject({ json: { code: 'failed_precondition' } });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
