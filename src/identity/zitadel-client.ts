/**
 * Calls to one Zitadel: the pool of kept-alive connections, the token in every request, and
 * the organization that accounts are made in. An answer that is neither success nor one of the
 * few that the adapter decides about comes back as a classified failure.
 */
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CallOptions, ProviderFailure } from './provider.ts';
import { providerFailure } from './zitadel.errors.ts';
import { type Answer, saysAccountMayExist, saysUserIsAbsent } from './zitadel-answers.rules.ts';
import { callZitadel } from './zitadel-call.ts';
import { classifyAnswer, classifyBrokenCall, type Operation } from './zitadel-errors.rules.ts';
import { ownOrganizationId, PATHS } from './zitadel-messages.rules.ts';

export interface ZitadelOptions {
  /** The key of its circuit: `zitadel` or `simulator`. */
  readonly name: string;
  /** With a path if Zitadel stands under one. */
  readonly url: string;
  /** Undefined: the token's own organization, asked for once. */
  readonly organizationId?: string;
  /**
   * The token, called for with every request: keep it at hand. When Zitadel refused the token,
   * it is called once more with the refused one; if it then gives another, that one is tried.
   */
  readonly getToken: (refusedToken?: string) => Promise<string> | string;
  /** Domain of the placeholder addresses that Zitadel insists on. */
  readonly emailDomain: string;
  /** Zitadel's external domain where it is reached under another name. */
  readonly instanceHost?: string;
  /** Connections at most. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export type Answered = { readonly kind: 'answer' } & Answer;

export interface ZitadelClient {
  /** One call; `secret` is what must not show up in a failure's message, beside the token. */
  send(
    operation: Operation,
    body: string | undefined,
    options: CallOptions,
    secret?: string,
  ): Promise<Answered | ProviderFailure>;
  /** The organization's id: given, or asked for once, however many calls wait for it. */
  organization(options: CallOptions): string | Promise<string | ProviderFailure>;
  /** The same, but asks in any case, which proves address, host and token. */
  askOrganization(options: CallOptions): Promise<string | ProviderFailure>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Nothing is connected before the first call. Throws for a URL that is none. */
export function createZitadelClient(options: ZitadelOptions, clock: Clock): ZitadelClient {
  const { name, url, getToken, instanceHost, concurrency, logger } = options;
  const { origin, pathname } = new URL(url);
  const basePath = pathname.replace(/\/+$/, '');
  const pool = new Pool(origin, {
    connections: concurrency,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
  let organizationId = options.organizationId;
  let organizationLookup: Promise<string | ProviderFailure> | undefined;

  async function attempt(
    token: string,
    operation: Operation,
    body: string | undefined,
    { signal, timeoutMs }: CallOptions,
    secret: string,
  ): Promise<Answered | ProviderFailure> {
    const remainingMs = Math.max(1, Math.floor(timeoutMs));
    const headers = [
      'content-type',
      'application/json',
      'connect-protocol-version',
      '1',
      'connect-timeout-ms',
      String(remainingMs),
      'authorization',
      `Bearer ${token}`,
    ];
    if (instanceHost !== undefined) headers.push('x-zitadel-instance-host', instanceHost);
    const method = operation === 'check' ? 'GET' : 'POST';
    const path = basePath + PATHS[operation];
    const result = await callZitadel(pool, { method, path, headers, body }, { signal, timeoutMs: remainingMs });
    if (result.kind === 'broken') return classifyBrokenCall(operation, result);
    if (result.status === 200) return result;
    if (operation === 'find' && saysUserIsAbsent(result)) return result;
    if (operation === 'create' && saysAccountMayExist(result)) return result;
    return classifyAnswer(operation, result, clock.now(), [token, secret]);
  }

  function readToken(refusedToken?: string): string | ProviderFailure | Promise<string | ProviderFailure> {
    try {
      const held = getToken(refusedToken);
      return typeof held === 'string' ? held : held.catch(tokenUnavailable);
    } catch (error) {
      return tokenUnavailable(error);
    }
  }

  async function send(
    operation: Operation,
    body: string | undefined,
    callOptions: CallOptions,
    secret = '',
  ): Promise<Answered | ProviderFailure> {
    const startedAt = performance.now();
    const held = readToken();
    const token = held instanceof Promise ? await held : held;
    if (typeof token !== 'string') return token;
    const result = await attempt(token, operation, body, callOptions, secret);
    if (result.kind === 'answer' || result.code !== 'PROVIDER_TOKEN_INVALID') return result;
    // A refused token means that nothing was done: with another one the same call may be repeated.
    const fresh = await readToken(token);
    if (typeof fresh !== 'string') return fresh;
    if (fresh === token) return result;
    logger.info({ provider: name }, 'The identity provider refused the token; it was read anew and is tried once');
    const timeoutMs = callOptions.timeoutMs - (performance.now() - startedAt);
    return attempt(fresh, operation, body, { ...callOptions, timeoutMs }, secret);
  }

  async function askOrganization(callOptions: CallOptions): Promise<string | ProviderFailure> {
    const result = await send('check', undefined, callOptions);
    if (result.kind === 'failure') return result;
    const own = ownOrganizationId(result.body);
    if (own === undefined) return classifyAnswer('check', result, clock.now());
    organizationId ??= own;
    return organizationId;
  }

  return {
    send,
    askOrganization,
    organization(callOptions) {
      if (organizationId !== undefined) return organizationId;
      organizationLookup ??= askOrganization(callOptions).finally(() => {
        organizationLookup = undefined;
      });
      return organizationLookup;
    },
    close: () => pool.close(),
  };
}

function tokenUnavailable(error: unknown): ProviderFailure {
  // Only the code is shown: a message could quote what was read.
  const code = (error as { code?: unknown } | null)?.code;
  return providerFailure('PROVIDER_TOKEN_UNAVAILABLE', typeof code === 'string' ? { detail: `(${code})` } : {});
}
