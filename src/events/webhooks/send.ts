/**
 * One request to a receiver. Its host is resolved once, what came of that is judged, and the
 * connection is made to exactly those addresses: a name that answers something else a moment later
 * (DNS rebinding) leads nowhere else. No redirect is followed, and time and size have their bounds.
 */
import { isIP, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { VERSION } from '../../version.ts';
import { within } from '../../within.ts';
import { KEPT_ANSWER_CHARACTERS, type SendResult } from './outcome.rules.ts';
import type { Resolve } from './resolve.ts';
import { destinationProblem, hostOf, readUrl, type UrlPolicy } from './webhook-url.rules.ts';

export interface SendTools {
  readonly resolve: Resolve;
  readonly policy: UrlPolicy;
  /** For all of it: the name, the connection, the answer. */
  readonly timeoutMs: number;
}

export interface Parcel {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The status has told what is to be known: for what follows it nobody waits long. */
const BODY_TIMEOUT_MS = 1_000;
/** More than the characters that are kept, whatever they are. */
const MOST_ANSWER_BYTES = 4 * KEPT_ANSWER_CHARACTERS;

/** Sends it; never throws. `stopping`: the node gives the request up. */
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
    // Nothing is kept open: the next delivery is to an address that was judged anew.
    await client?.destroy().catch(() => undefined);
  }
}

const failure = (outcome: Extract<SendResult, { kind: 'failure' }>['outcome'], message: string): SendResult => ({
  kind: 'failure',
  outcome,
  message,
});

/** Connects to these addresses, whatever a name server says by now. */
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

/** The first characters of an answer: the rest is not waited for, nor whatever does not come. */
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

/** The error's code; for a name with several addresses that of the first one's failure. */
function codeOf(error: unknown): string {
  const { code, errors, name } = error as { code?: unknown; errors?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  const first = Array.isArray(errors) ? (errors[0] as { code?: unknown } | undefined) : undefined;
  return typeof first?.code === 'string' ? first.code : typeof name === 'string' ? name : 'unknown';
}
