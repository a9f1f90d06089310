/**
 * The built-in identity provider: an HTTP server that speaks Zitadel's protocol on Zitadel's paths, so that
 * development and tests use the real adapter. It can play every fault of a real provider. For development only: it
 * listens on loopback and checks no login.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Queryable } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { PATHS } from '../zitadel-messages.rules.ts';
import { connectError, managementError, type Reply, success } from './answers.rules.ts';
import { createFaultOrderReader } from './fault-order.ts';
import { createFaultPlan, type FaultOrder, type Faults, isPlayedAfter, type SimulatedCall } from './faults.ts';
import { playFault, sendReply } from './play-fault.ts';
import type { RegisteredKey } from './service-account.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import { createUser, getUserById, type PasswordPolicy, setPassword, type UserService } from './user-service.ts';

/** `received`: nothing is done yet. `made`: the work is committed, the response not yet sent. */
export interface SimulatorEvent extends SimulatedCall {
  readonly stage: 'received' | 'made';
}

export type SimulatorCalls = Readonly<Record<SimulatedCall['path'], number>>;

export interface SimulatorOptions {
  readonly db: Queryable;
  readonly logger: Logger;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Milliseconds before the work of each call; default 0. */
  readonly latencyMs?: number;
  /** Default: a random token. */
  readonly token?: string;
  /** Must be the same on all nodes, since they share the accounts. */
  readonly organizationId?: string;
  /** Default: 8 characters of any kind. Zitadel's own default requires four kinds. */
  readonly passwordPolicy?: PasswordPolicy;
  /** Service accounts whose keys the token endpoint accepts; none by default. */
  readonly serviceAccounts?: readonly RegisteredKey[];
  /** The lifetime of an issued token in milliseconds; default 12 hours, like Zitadel's. */
  readonly tokenLifetimeMs?: number;
  /** The audience that assertions must have; default: the simulator's own URL. */
  readonly issuer?: string;
  /** Awaited at both stages of each call; a test can stop a process at these moments. */
  readonly onRequest?: (event: SimulatorEvent) => void | Promise<void>;
}

export interface Simulator {
  readonly url: string;
  readonly organizationId: string;
  readonly token: string;
  /** Can also be set over HTTP: POST /simulator/faults with a JSON list and the token. */
  readonly faults: Faults;
  /** Calls received, by kind; also at GET /simulator/calls. */
  readonly calls: SimulatorCalls;
  /** Revokes every token that was issued for a key. */
  revokeTokens(): void;
  close(): Promise<void>;
}

const ANY_PASSWORD: PasswordPolicy = {
  minLength: 8,
  hasLowercase: false,
  hasUppercase: false,
  hasNumber: false,
  hasSymbol: false,
};

/** The same for all nodes and restarts, since they share the accounts. */
export const DEFAULT_ORGANIZATION_ID = 'simulated-organization';

const MAX_BODY_BYTES = 64 * 1024;

const OPERATIONS = new Map<string, SimulatedCall['path']>([
  [`POST ${PATHS.create}`, 'create'],
  [`POST ${PATHS.find}`, 'find'],
  [`POST ${PATHS.setPassword}`, 'setPassword'],
  [`GET ${PATHS.check}`, 'check'],
  [`POST ${PATHS.token}`, 'token'],
]);

/** Resolves when the server listens on 127.0.0.1. Rejects with node's error if the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { db, logger, port = 0, latencyMs = 0, passwordPolicy = ANY_PASSWORD, onRequest } = options;
  const token = options.token ?? randomBytes(24).toString('base64url');
  const organizationId = options.organizationId ?? DEFAULT_ORGANIZATION_ID;
  const authorization = `Bearer ${token}`;
  const tokens = createTokenEndpoint({
    keys: options.serviceAccounts ?? [],
    issuer: () => options.issuer ?? url(),
    lifetimeMs: options.tokenLifetimeMs ?? 12 * 60 * 60 * 1_000,
  });
  const service: UserService = { db, organizationId, passwordPolicy };
  const faults = createFaultPlan();
  const orderedFault = createFaultOrderReader(db);
  const calls: Record<SimulatedCall['path'], number> = { create: 0, find: 0, setPassword: 0, check: 0, token: 0 };

  async function answer(
    path: Exclude<SimulatedCall['path'], 'token'>,
    body: unknown,
    { headers }: IncomingMessage,
  ): Promise<Reply> {
    const isAuthorized =
      headers.authorization === authorization || tokens.accepts(headers.authorization?.slice('Bearer '.length) ?? '');
    if (path === 'check') {
      if (!isAuthorized) return managementError('unauthenticated', 'Errors.Token.Invalid', 'AUTH-7fs1e');
      return (headers['x-zitadel-orgid'] ?? organizationId) === organizationId
        ? success({ org: { id: organizationId, state: 'ORG_STATE_ACTIVE', name: 'Simulator' } })
        : managementError('permission_denied', "Organisation doesn't exist", 'AUTH-Bs7Ds');
    }
    if (!isAuthorized) return connectError('unauthenticated', 'Errors.Token.Invalid', 'AUTH-7fs1e');
    if (path === 'create') return createUser(service, body);
    return path === 'find' ? getUserById(service, body) : setPassword(service, body);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    if (text === undefined) return sendReply(response, { status: 413, body: '' });
    const route = `${request.method} ${request.url}`;
    if (request.url?.startsWith('/simulator/')) {
      return sendReply(response, control(route, text, request.headers.authorization === authorization));
    }
    const path = OPERATIONS.get(route);
    if (path === undefined) {
      return sendReply(response, {
        status: 404,
        headers: { 'content-type': 'text/plain' },
        body: '404 page not found\n',
      });
    }

    calls[path] += 1;
    response.setHeader('x-request-id', randomUUID());
    let body: unknown;
    try {
      body = text === '' || path === 'token' ? undefined : JSON.parse(text);
    } catch {
      return sendReply(response, connectError('invalid_argument', 'the request is not JSON'));
    }
    const { username, userId } = (body ?? {}) as { username?: string; userId?: string };
    const call: SimulatedCall = { path, username, userId };
    if (onRequest !== undefined) await onRequest({ ...call, stage: 'received' });
    const fault = faults.next(call) ?? (await orderedFault(call));
    if (fault !== undefined && fault.kind !== 'slow' && !isPlayedAfter(fault)) return playFault(response, fault);
    if (latencyMs > 0) await delay(latencyMs);
    if (fault?.kind === 'slow') await delay(fault.delayMs);
    const reply = path === 'token' ? await tokens.answer(text) : await answer(path, body, request);
    if (onRequest !== undefined) await onRequest({ ...call, stage: 'made' });
    if (fault !== undefined && isPlayedAfter(fault)) return playFault(response, fault, reply);
    sendReply(response, reply);
  }

  function control(route: string, text: string, isAuthorized: boolean): Reply {
    if (!isAuthorized) return { status: 401, body: '{"error":"The token is missing or wrong."}' };
    if (route === 'GET /simulator/calls') return success(calls);
    if (route !== 'POST /simulator/faults') return { status: 404, body: '{"error":"There is no such call."}' };
    try {
      faults.set(JSON.parse(text) as FaultOrder[]);
      return success({});
    } catch (error) {
      const message = error instanceof z.ZodError ? z.prettifyError(error) : 'The body is not a JSON list of faults.';
      return { status: 400, body: JSON.stringify({ error: message }) };
    }
  }

  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'The identity-provider simulator failed');
      if (!response.headersSent) sendReply(response, connectError('internal', 'An internal error occurred', 'SIMUL-1'));
    });
  });
  // Longer than any client keeps a connection, so that the server closes none while a request arrives.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: url(),
    organizationId,
    token,
    faults,
    calls,
    revokeTokens: tokens.revokeAll,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Faults leave requests without a response: waiting for those would never end.
        server.closeAllConnections();
      }),
  };
}

/** The body as text; undefined if it is too large. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer | undefined;
    request.on('data', (chunk: Buffer) => {
      chunks = chunks === undefined ? chunk : Buffer.concat([chunks, chunk]);
      if (chunks.length > MAX_BODY_BYTES) resolve(undefined);
    });
    request.on('end', () => resolve(chunks?.toString('utf8') ?? ''));
    request.on('error', reject);
  });
}
