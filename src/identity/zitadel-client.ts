/**
 * Calls to one Zitadel: the pool of kept-alive connections, the token in every request, and
 * the organization that accounts are made in. An answer that is neither success nor one of the
 * few that the adapter decides about comes back as a classified failure.
 */
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { GetToken, TokenAnswer } from './access-token.ts';
import type { MeasureCall } from './latency.ts';
import type { CallOptions, ProviderFailure } from './provider.ts';
import { type Answered, saysAccountMayExist, saysUserIsAbsent } from './zitadel-answers.rules.ts';
import { callZitadel, type HttpCall } from './zitadel-call.ts';
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
  readonly getToken: GetToken;
  /** Domain of the placeholder addresses that Zitadel insists on. */
  readonly emailDomain: string;
  /** Zitadel's external domain where it is reached under another name. */
  readonly instanceHost?: string;
  /** Connections at most. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Told of every HTTP call that ended. */
  readonly measure?: MeasureCall;
}

export interface ZitadelClient {
  /** One call; `secret` is what must not show up in a failure's message, beside the token. */
  send(
    operation: Exclude<Operation, 'token'>,
    body: string | undefined,
    options: CallOptions,
    secret?: string,
  ): Promise<Answered | ProviderFailure>;
  /** The organization's id: given, or asked for once, however many calls wait for it. */
  organization(options: CallOptions): string | Promise<string | ProviderFailure>;
  /** Asks in any case, which proves address, host and token, and whether a given organization exists. */
  askOrganization(options: CallOptions): Promise<string | ProviderFailure>;
  /** Given, or learnt by now. */
  knownOrganization(): string | undefined;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Many calls may wait for one request for a token, each with a time of its own. */
const TOKEN_TIMEOUT_MS = 10_000;

/** Nothing is connected before the first call. Throws for a URL that is none. */
export function createZitadelClient(options: ZitadelOptions, clock: Clock): ZitadelClient {
  const { name, url, getToken, instanceHost, concurrency, logger, measure } = options;
  const { origin, pathname } = new URL(url);
  const basePath = pathname.replace(/\/+$/, '');
  const hostHeader = instanceHost === undefined ? [] : ['x-zitadel-instance-host', instanceHost];
  const pool = new Pool(origin, {
    connections: concurrency,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
  const closing = new AbortController();
  let organizationId = options.organizationId;
  let organizationLookup: Promise<string | ProviderFailure> | undefined;

  async function call(
    operation: Operation,
    request: HttpCall,
    callOptions: CallOptions,
    secrets: readonly string[],
  ): Promise<Answered | ProviderFailure> {
    const startedAt = performance.now();
    const result = await callZitadel(pool, request, callOptions);
    const judged = judge();
    measure?.(operation, judged.kind === 'answer' ? 'answered' : judged.class, performance.now() - startedAt);
    return judged;

    function judge(): Answered | ProviderFailure {
      if (result.kind === 'broken') return classifyBrokenCall(operation, result);
      if (result.status === 200) return result;
      if (operation === 'find' && saysUserIsAbsent(result)) return result;
      if (operation === 'create' && saysAccountMayExist(result)) return result;
      return classifyAnswer(operation, result, clock.now(), secrets);
    }
  }

  function attempt(
    token: string,
    operation: Operation,
    body: string | undefined,
    callOptions: CallOptions,
    secret: string,
  ): Promise<Answered | ProviderFailure> {
    const remainingMs = Math.max(1, Math.floor(callOptions.timeoutMs));
    const headers = [
      'content-type',
      'application/json',
      'connect-protocol-version',
      '1',
      'connect-timeout-ms',
      String(remainingMs),
      'authorization',
      `Bearer ${token}`,
      ...hostHeader,
    ];
    // With it Zitadel answers for this organization, not for the token's own, and says if there is none.
    if (operation === 'check' && options.organizationId !== undefined) {
      headers.push('x-zitadel-orgid', options.organizationId);
    }
    const method = operation === 'check' ? 'GET' : 'POST';
    const request = { method, path: basePath + PATHS[operation], headers, body } as const;
    return call(operation, request, { ...callOptions, timeoutMs: remainingMs }, [token, secret]);
  }

  function exchange(form: string, secret: string): Promise<Answered | ProviderFailure> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TOKEN_TIMEOUT_MS)]);
    const headers = ['content-type', 'application/x-www-form-urlencoded', 'accept', 'application/json', ...hostHeader];
    const request = { method: 'POST', path: basePath + PATHS.token, headers, body: form } as const;
    return call('token', request, { signal, timeoutMs: TOKEN_TIMEOUT_MS }, [secret]);
  }

  /** A string where the token is at hand; a promise never rejects. */
  function readToken(refusedToken: string | undefined, callOptions: CallOptions): TokenAnswer | Promise<TokenAnswer> {
    try {
      const held = getToken(refusedToken, exchange);
      return held instanceof Promise ? inTime(held.catch(tokenUnavailable), callOptions.signal) : held;
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
    const remaining = (): CallOptions => {
      return { ...callOptions, timeoutMs: callOptions.timeoutMs - (performance.now() - startedAt) };
    };
    const held = readToken(undefined, callOptions);
    const token = held instanceof Promise ? await held : held;
    if (typeof token !== 'string') return token;
    const result = await attempt(token, operation, body, remaining(), secret);
    if (result.kind === 'answer' || result.code !== 'PROVIDER_TOKEN_INVALID') return result;
    // A refused token means that nothing was done: with another one the same call may be repeated.
    const fresh = await readToken(token, callOptions);
    if (typeof fresh !== 'string') return fresh;
    if (fresh === token) return result;
    logger.info({ provider: name }, 'The identity provider refused the token; another one is tried once');
    return attempt(fresh, operation, body, remaining(), secret);
  }

  async function askOrganization(callOptions: CallOptions): Promise<string | ProviderFailure> {
    const result = await send('check', undefined, callOptions);
    if (result.kind === 'failure') return result;
    const own = ownOrganizationId(result.body);
    if (own === undefined) return classifyAnswer('check', result, clock.now());
    organizationId ??= own;
    return own;
  }

  return {
    send,
    askOrganization,
    organization({ signal, timeoutMs }) {
      if (organizationId !== undefined) return organizationId;
      organizationLookup ??= askOrganization({ signal, timeoutMs }).finally(() => {
        organizationLookup = undefined;
      });
      return organizationLookup;
    },
    knownOrganization: () => organizationId,
    async close() {
      closing.abort();
      await pool.close();
    },
  };
}

/** What is waited for, or, when the caller's time has passed, that it has. */
function inTime(token: Promise<TokenAnswer>, signal: AbortSignal): Promise<TokenAnswer> {
  return new Promise((resolve) => {
    const giveUp = (): void =>
      resolve(failureOf('PROVIDER_TIMEOUT', { detail: 'Nothing was sent: the token was not there in time.' }));
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void token.then((answer) => {
      signal.removeEventListener('abort', giveUp);
      resolve(answer);
    });
  });
}

function tokenUnavailable(error: unknown): ProviderFailure {
  // Only the code is shown: a message could quote what was read.
  const code = (error as { code?: unknown } | null)?.code;
  return failureOf('PROVIDER_TOKEN_UNAVAILABLE', typeof code === 'string' ? { detail: `(${code})` } : {});
}
