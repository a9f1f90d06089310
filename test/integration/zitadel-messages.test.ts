/**
 * The adapter's requests and the simulator's responses, checked against the vendor's definitions: `fromJson`
 * refuses unknown fields and values of a wrong type. The messages are real, captured between the two.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromBinary, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { GetMyOrgResponseSchema } from '@zitadel/proto/zitadel/management_pb';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb';
import {
  CreateUserRequestSchema,
  CreateUserResponseSchema,
  GetUserByIDRequestSchema,
  GetUserByIDResponseSchema,
  SetPasswordRequestSchema,
  SetPasswordResponseSchema,
} from '@zitadel/proto/zitadel/user/v2/user_service_pb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { createZitadelProvider, type ZitadelProvider } from '../../src/identity/zitadel.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface Exchange {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly request: JsonValue;
  readonly status: number;
  readonly response: JsonValue;
}

let database: TestDatabase;
let simulator: Simulator;
let recorder: Server;
let provider: ZitadelProvider;
const exchanges = new Map<string, Exchange[]>();
const options = { signal: AbortSignal.timeout(60_000), timeoutMs: 10_000 };
const entryId = randomUUID();
const account = { entryId, familyId: randomUUID(), username: 'lena', fullName: 'Lena Öhm', password: 'päss"word-1234' };

beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({ db: database.db, logger: silentLogger });
  recorder = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const answer = await fetch(`${simulator.url}${request.url}`, {
      method: request.method,
      headers: { authorization: request.headers.authorization ?? '' },
      body: body === '' ? undefined : body,
    });
    const text = await answer.text();
    const path = request.url ?? '';
    const exchange: Exchange = {
      headers: request.headers,
      request: body === '' ? null : (JSON.parse(body) as JsonValue),
      status: answer.status,
      response: JSON.parse(text) as JsonValue,
    };
    exchanges.set(path, [...(exchanges.get(path) ?? []), exchange]);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  provider = createZitadelProvider({
    name: 'simulator',
    url: `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`,
    getToken: () => simulator.token,
    emailDomain: 'noemail.family-hub.internal',
    instanceHost: 'id.example.org',
    concurrency: 2,
    logger: silentLogger,
  });
  expect(await provider.createAccount(account, options)).toMatchObject({ kind: 'created', wasAdopted: false });
  expect(await provider.createAccount(account, options)).toMatchObject({ kind: 'created', wasAdopted: true });
  expect(await provider.setPassword(entryId, 'another-password', options)).toMatchObject({ kind: 'password-set' });
});

afterAll(async () => {
  await provider?.close();
  recorder?.close();
  await simulator?.close();
  await database?.drop();
});

function exchange(path: string, index = 0): Exchange {
  const found = exchanges.get(path)?.[index];
  if (found === undefined) throw new Error(`No exchange ${index} on ${path}; there were ${[...exchanges.keys()]}.`);
  return found;
}

describe('the vendor’s definitions', () => {
  it('know every field of CreateUser, and read it as meant', () => {
    const { request, response, headers } = exchange('/zitadel.user.v2.UserService/CreateUser');
    const message = fromJson(CreateUserRequestSchema, request);
    expect(message).toMatchObject({ organizationId: simulator.organizationId, userId: entryId, username: 'lena' });
    if (message.userType.case !== 'human') throw new Error('The user is no human.');
    const human = message.userType.value;
    expect(human.profile).toMatchObject({ givenName: 'Lena', familyName: 'Öhm', displayName: 'Lena Öhm' });
    expect(human.email).toMatchObject({
      email: 'lena@noemail.family-hub.internal',
      verification: { case: 'isVerified', value: true },
    });
    expect(human.passwordType).toMatchObject({
      case: 'password',
      value: { password: account.password, changeRequired: false },
    });
    expect(human.metadata.map(({ key, value }) => [key, Buffer.from(value).toString()])).toEqual([
      ['family_hub_entry_id', entryId],
      ['family_hub_family_id', account.familyId],
    ]);
    expect(fromJson(CreateUserResponseSchema, response)).toMatchObject({ id: entryId });
    expect(headers).toMatchObject({
      'connect-protocol-version': '1',
      'connect-timeout-ms': expect.stringMatching(/^[1-9]\d{0,4}$/),
      'content-type': 'application/json',
      'x-zitadel-instance-host': 'id.example.org',
    });
  });

  it('know every field of GetUserByID', () => {
    const { request, response } = exchange('/zitadel.user.v2.UserService/GetUserByID');
    expect(fromJson(GetUserByIDRequestSchema, request)).toMatchObject({ userId: entryId });
    expect(fromJson(GetUserByIDResponseSchema, response).user).toMatchObject({
      userId: entryId,
      username: 'lena',
      details: { resourceOwner: simulator.organizationId },
    });
  });

  it('know every field of SetPassword', () => {
    const { request, response } = exchange('/zitadel.user.v2.UserService/SetPassword');
    expect(fromJson(SetPasswordRequestSchema, request)).toMatchObject({
      userId: entryId,
      newPassword: { password: 'another-password', changeRequired: false },
      verification: { case: undefined },
    });
    expect(fromJson(SetPasswordResponseSchema, response).details?.resourceOwner).toBe(simulator.organizationId);
  });

  it('know every field of the start-up check', () => {
    const { response } = exchange('/management/v1/orgs/me');
    expect(fromJson(GetMyOrgResponseSchema, response).org?.id).toBe(simulator.organizationId);
    expect(exchanges.get('/management/v1/orgs/me')).toHaveLength(1);
  });

  it('read the simulator’s errors', () => {
    const { status, response } = exchange('/zitadel.user.v2.UserService/CreateUser', 1);
    expect(status).toBe(400);
    const error = response as { code: string; details: { type: string; value: string; debug: { id: string } }[] };
    expect(error.code).toBe('failed_precondition');
    const [detail] = error.details;
    expect(detail?.type).toBe(ErrorDetailSchema.typeName);
    const message = fromBinary(ErrorDetailSchema, Buffer.from(detail?.value ?? '', 'base64'));
    expect(message).toMatchObject({ id: 'COMMAND-7yiox1isql', message: 'User already exists' });
  });

  it('refuse a field that does not exist', () => {
    const { request } = exchange('/zitadel.user.v2.UserService/CreateUser');
    expect(() => fromJson(CreateUserRequestSchema, { ...(request as object), organisationId: 'x' })).toThrow(
      /organisationId/,
    );
  });
});
