/**
 * Sends one request to a receiver. The host is resolved once, the addresses are checked, and the connection is
 * made to exactly those addresses, which prevents DNS rebinding. Redirects are not followed; time and size are
 * limited.
 *
 * Resolves a host's addresses, once for each delivery. Node's lookup occupies one of the four threads that file
 * access and cryptography also use, and cannot be cancelled. So concurrent lookups of one name are shared, and
 * only a few run at a time: a receiver's slow name server must not block the process, nor other receivers for
 * long.
 */
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { familyOf } from '../../addresses.ts';
import { VERSION } from '../../version.ts';
import { within } from '../../within.ts';
import { KEPT_ANSWER_CHARACTERS, type SendResult } from './outcome.rules.ts';
import { destinationProblem, hostOf, readUrl, type UrlPolicy } from './webhook-url.rules.ts';

/** Returns a host's addresses; for an address, the address. Rejects with codes such as `ENOTFOUND`. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const MOST_AT_A_TIME = 3;

/** Creates a resolver that shares and limits the calls of `ask`. */
export function createResolver(ask: Resolve): Resolve {
  const asking = new Map<string, Promise<readonly string[]>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const askInTurn = async (host: string): Promise<readonly string[]> => {
    if (running >= MOST_AT_A_TIME) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await ask(host);
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };

  return (host) => {
    if (familyOf(host) !== undefined) return Promise.resolve([host]);
    let answer = asking.get(host);
    if (answer === undefined) {
      answer = askInTurn(host).finally(() => asking.delete(host));
      asking.set(host, answer);
    }
    return answer;
  };
}

/** The system's resolver: one for the whole process, because the limit protects its threads. */
export const resolveHost = createResolver(async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address),
);

export interface SendTools {
  readonly resolve: Resolve;
  readonly policy: UrlPolicy;
  /** For the whole request: DNS, connection and answer. */
  readonly timeoutMs: number;
}

export interface Parcel {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The status alone decides the outcome, so the wait for the body is short. */
const BODY_TIMEOUT_MS = 1_000;
/** Enough for the stored characters: UTF-8 takes at most 4 bytes each. */
const MOST_ANSWER_BYTES = 4 * KEPT_ANSWER_CHARACTERS;

/** Sends the request; never throws. Aborting `stopping` aborts it with the outcome `interrupted`. */
export async function send(
  { resolve, policy, timeoutMs }: SendTools,
  { url: text, headers, body }: Parcel,
  stopping: AbortSignal,
): Promise<SendResult> {
  const read = readUrl(text, policy);
  if ('problem' in read) return failure('address_refused', `The URL ${read.problem.message}`);
  const { url } = read;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([deadline, stopping]);
  let client: Client | undefined;
  try {
    const addresses = await orAborted(resolve(hostOf(url)), signal);
    const problem = destinationProblem(url, addresses, policy);
    if (problem !== undefined) return failure('address_refused', `The URL ${problem.message}`);
    if (addresses.length === 0) return failure('unknown_host', `${hostOf(url)} has no address.`);
    client = new Client(url.origin, {
      connect: { lookup: pinned(addresses), timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs) },
      autoSelectFamily: true,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const response = await client.request({
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': `family-hub-jobs/${VERSION}`,
        ...headers,
      },
      body,
      signal,
    });
    const retryAfter = response.headers['retry-after'];
    return {
      kind: 'answer',
      status: response.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      answer: await beginningOf(response.body),
    };
  } catch (error) {
    if (stopping.aborted) return failure('interrupted', 'The node stopped before the receiver had answered.');
    if (deadline.aborted) return failure('timed_out', `There was no answer within ${timeoutMs} ms.`);
    return failureOf(error, hostOf(url));
  } finally {
    // No connection is reused: the next delivery must check the addresses again.
    await client?.destroy().catch(() => undefined);
  }
}

const failure = (outcome: Extract<SendResult, { kind: 'failure' }>['outcome'], message: string): SendResult => ({
  kind: 'failure',
  outcome,
  message,
});

/** A lookup that always returns these addresses, without DNS. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** Reads the beginning of an answer: it stops at MOST_ANSWER_BYTES or after BODY_TIMEOUT_MS. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const reading = (async () => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MOST_ANSWER_BYTES) break;
    }
  })();
  await within(BODY_TIMEOUT_MS, reading);
  body.destroy();
  return Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString('utf8');
}

function failureOf(error: unknown, host: string): SendResult {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA')
    return failure('unknown_host', `The host name ${host} cannot be resolved (${code}).`);
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return failure('timed_out', `No connection to ${host} was established in time (${code}).`);
  if (code.startsWith('UND_ERR_HEADERS_TIMEOUT') || code.startsWith('UND_ERR_BODY_TIMEOUT'))
    return failure('timed_out', `${host} did not answer in time (${code}).`);
  return failure('not_connected', `The request to ${host} failed (${code}).`);
}

/** The error's code; if several addresses failed, that of the first. */
function codeOf(error: unknown): string {
  const { code, errors, name } = error as { code?: unknown; errors?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  const first = Array.isArray(errors) ? (errors[0] as { code?: unknown } | undefined) : undefined;
  return typeof first?.code === 'string' ? first.code : typeof name === 'string' ? name : 'unknown';
}
