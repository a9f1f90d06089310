/**
 * One HTTP call to Zitadel that never throws: returns a complete response, or a broken call that knows
 * whether anything was sent. That distinction decides whether an account may exist, and only the
 * pool's own handler sees it (pool.request rejects alike in both cases, and reads bodies through a
 * stream that costs more than the rest of the call).
 */
import type { Dispatcher, Pool } from 'undici';
import type { CallOptions } from './provider.ts';
import type { Answer } from './zitadel-answers.rules.ts';
import type { BrokenCall } from './zitadel-errors.rules.ts';

/** An expected response has a few hundred bytes; an endless page must not fill the memory. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** A flat list: name, value, name, value. */
  readonly headers: string[];
  readonly body?: string;
}

export type CallResult = ({ readonly kind: 'answer' } & Answer) | ({ readonly kind: 'broken' } & BrokenCall);

/**
 * Sends the call and reads the response with its body until the signal fires or `timeoutMs` passes. When
 * `mayBeSent` returns false, nothing is sent and the result is the same as for a deadline.
 */
export function callZitadel(
  pool: Pool,
  call: HttpCall,
  { signal, timeoutMs, mayBeSent }: CallOptions,
): Promise<CallResult> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: Answer['headers'] = {};
    let body: Buffer | undefined;
    let isSettled = false;

    const settle = (result: CallResult): void => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const answer = (): CallResult => ({ kind: 'answer', status, headers, body: body?.toString('utf8') ?? '' });
    const broken = (cause: BrokenCall['cause'], errorCode: string): CallResult =>
      // A failed status is known once the head has arrived: a missing part of the body changes nothing.
      status >= 300 ? answer() : { kind: 'broken', wasSent: controller !== undefined, cause, errorCode };
    const onAbort = (): void => {
      settle(broken('deadline', reasonOf(signal)));
      controller?.abort(new Error('The call was given up'));
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        // The request waited for a connection. If it was given up meanwhile, or may no longer be sent, it is not
        // sent.
        if (!isSettled && mayBeSent?.(timeoutMs) === false) settle(broken('deadline', 'TOO_LATE'));
        if (isSettled) started.abort(new Error('The call was given up'));
        else controller = started;
      },
      onResponseStart(_, statusCode, responseHeaders) {
        status = statusCode;
        headers = responseHeaders;
      },
      onResponseData(current, chunk) {
        body = body === undefined ? chunk : Buffer.concat([body, chunk]);
        if (body.length > MAX_ANSWER_BYTES) {
          settle(broken('too-large', `more than ${MAX_ANSWER_BYTES} bytes`));
          current.abort(new Error('The answer is too large'));
        }
      },
      onResponseEnd() {
        settle(answer());
      },
      onResponseError(_, error) {
        const errorCode = codeOf(error);
        const isTimeout = errorCode === 'UND_ERR_HEADERS_TIMEOUT' || errorCode === 'UND_ERR_BODY_TIMEOUT';
        settle(broken(isTimeout ? 'deadline' : 'connection', errorCode));
      },
    };
    // The signal is the deadline; these limits only prevent a call without one from waiting without end.
    const limit = Math.max(1, Math.ceil(timeoutMs));
    pool.dispatch({ ...call, headersTimeout: limit, bodyTimeout: limit }, handler);
  });
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.name : 'AbortError';
}

/** The error's code; for a name with several addresses, the code of the first failure. */
function codeOf(error: Error & { code?: unknown; errors?: unknown }): string {
  if (typeof error.code === 'string') return error.code;
  const first = Array.isArray(error.errors) ? (error.errors[0] as { code?: unknown } | undefined) : undefined;
  return typeof first?.code === 'string' ? first.code : error.name;
}
