/**
 * Calls to one Zitadel: the pool of keep-alive connections, the token in every request, and the organization
 * that accounts are created in. A response that is neither a success nor one of the few that the adapter
 * interprets is returned as a classified failure.
 */
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { Logger } from '../telemetry/logger.ts';
import { inSpan, markFailed, type Span, traceHeaders } from '../telemetry/tracing.ts';
import type { GetToken, TokenAnswer } from './access-token.ts';
import type { MeasureCall } from './latency.ts';
import type { CallOptions, ProviderFailure } from './provider.ts';
import { type Answered, saysAccountMayExist, saysUserIsAbsent } from './zitadel-answers.rules.ts';
import { callZitadel, type HttpCall } from './zitadel-call.ts';
import { classifyAnswer, classifyBrokenCall, type Operation } from './zitadel-errors.rules.ts';
import { ownOrganizationId, PATHS } from './zitadel-messages.rules.ts';

export interface ZitadelOptions {
  /** `zitadel` or `simulator`: the key of its circuit. */
  readonly name: string;
  /** With a path if Zitadel is served under one. */
  readonly url: string;
  /** Undefined: the token's own organization, requested once. */
  readonly organizationId?: string;
  /**
   * Called for every request, so it should return a cached token. When Zitadel refuses the token, it is called once
   * more with the refused one; a different token in return is tried.
   */
  readonly getToken: GetToken;
  /** The domain of the placeholder email addresses that Zitadel requires. */
  readonly emailDomain: string;
  /** Zitadel's external domain, if Zitadel is reached under another name. */
  readonly instanceHost?: string;
  /** The most connections. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Called after every HTTP call. */
  readonly measure?: MeasureCall;
}

export interface ZitadelClient {
  /** Makes one call. Neither `secret` nor the token may appear in a failure's message. */
  send(
    operation: Exclude<Operation, 'token'>,
    body: string | undefined,
    options: CallOptions,
    secret?: string,
  ): Promise<Answered | ProviderFailure>;
  /** The organization's id: configured, or requested once, however many calls wait for it. */
  organization(options: CallOptions): string | Promise<string | ProviderFailure>;
  /** Always sends the request, which verifies address, host and token, and whether a configured organization exists. */
  askOrganization(options: CallOptions): Promise<string | ProviderFailure>;
  /** The configured id, or the one requested earlier. */
  knownOrganization(): string | undefined;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Many calls, each with its own deadline, may wait for one token request. */
const TOKEN_TIMEOUT_MS = 10_000;

/** Connects only at the first call. Throws for an invalid URL. */
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

  const call = (
    operation: Operation,
    request: HttpCall,
    callOptions: CallOptions,
    secrets: readonly string[],
  ): Promise<Answered | ProviderFailure> =>
    inSpan(`${request.method} ${PATHS[operation]}`, { kind: 'client' }, (span) =>
      callIn(span, operation, request, callOptions, secrets),
    );

  async function callIn(
    span: Span | undefined,
    operation: Operation,
    request: HttpCall,
    callOptions: CallOptions,
    secrets: readonly string[],
  ): Promise<Answered | ProviderFailure> {
    const startedAt = performance.now();
    if (span !== undefined) request.headers.push(...Object.entries(traceHeaders()).flat());
    const result = await callZitadel(pool, request, callOptions);
    const judged = judge();
    span?.setAttributes({
      'http.request.method': request.method,
      'http.response.status_code': result.kind === 'answer' ? result.status : undefined,
      'server.address': new URL(origin).hostname,
      'family_hub.provider': name,
    });
    if (judged.kind === 'failure') markFailed(span, judged.code);
    const outcome = judged.kind === 'failure' ? judged.class : judged.status < 500 ? 'answered' : 'transient';
    measure?.(operation, outcome, performance.now() - startedAt);
    return judged;

    function judge(): Answered | ProviderFailure {
      if (result.kind === 'broken') return classifyBrokenCall(operation, result);
      if (result.status === 200) return result;
      if (operation === 'find' && saysUserIsAbsent(result)) return result;
      const refusal = classifyAnswer(operation, result, clock.now(), secrets);
      return operation === 'create' && saysAccountMayExist(result) ? { ...result, refusal } : refusal;
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
    // With this header Zitadel returns this organization, not the token's own, and an error if it does not exist.
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

  /** A string when the token is cached; a promise never rejects. */
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
    // A refused token means that nothing was done: the same call may be repeated with another token.
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

/** The token, or a timeout failure once the caller's deadline has passed. */
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
