/** The only API client; everything that the dashboard shows and does goes through it. */

import { Client, fetchExchange } from 'urql';
import { answersExchange } from './answers.ts';
import { notSignedIn } from './signing-in.ts';

/*
 * Sends requests to the server with the browser's session cookie, redirects to the sign-in when the session has ended,
 * and notifies a listener that the live stream is open and that bytes still arrive (a connection that died while the
 * computer slept raises no error).
 */

type StreamListener = (event: 'open' | 'beat') => void;

let listener: StreamListener | undefined;
let clockOffsetMs = 0;

/** The server times out after a minute, so no response comes later than this. */
const LONGEST_MS = 70_000;

/** Notifies one listener when the event stream opens and for each chunk, pings included. */
export function watchStream(told: StreamListener): void {
  listener = told;
}

/** The current time by the server's clock, in milliseconds since 1970, accurate to about a second. */
export const serverNow = (): number => Date.now() + clockOffsetMs;

const transport: typeof fetch = async (input, init) => {
  const isListening = new Headers(init?.headers).get('accept')?.startsWith('text/event-stream') === true;
  const response = await fetch(input, isListening ? init : inTime(init));
  if (response.status === 401) notSignedIn();
  noteClock(response.headers.get('date'));
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!isStream || response.body === null || !response.ok) return response;
  listener?.('open');
  const body = heard(response.body.getReader());
  return new Response(body, { status: response.status, headers: response.headers });
};

function inTime(init: RequestInit | undefined): RequestInit {
  const limit = AbortSignal.timeout(LONGEST_MS);
  return { ...init, signal: init?.signal ? AbortSignal.any([init.signal, limit]) : limit };
}

/**
 * Passes the bytes through and notifies the listener of each chunk. A broken connection is a normal end: the subscriber
 * resumes from its cursor.
 */
function heard(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(out) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (value === undefined) return out.close();
      listener?.('beat');
      out.enqueue(value);
    },
    cancel: () => reader.cancel().catch(() => undefined),
  });
}

/** The Date header has a resolution of one second, so an offset below 2 s counts as none. */
function noteClock(date: string | null): void {
  if (date === null) return;
  const offset = Date.parse(date) + 500 - Date.now();
  if (Number.isFinite(offset)) clockOffsetMs = Math.abs(offset) < 2_000 ? 0 : offset;
}

export const client = new Client({
  url: '/graphql',
  exchanges: [answersExchange, fetchExchange],
  fetch: transport,
  fetchSubscriptions: true,
  preferGetMethod: false,
  // Shows the cached result at once and fetches it again.
  requestPolicy: 'cache-and-network',
});
