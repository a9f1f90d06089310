/**
 * How requests reach the server: the browser's session cookie goes along, one that is no longer
 * signed in is led to the sign-in, and whoever watches the live stream hears that it is open and
 * that bytes still arrive (a connection that died in its sleep says nothing of itself).
 */
import { notSignedIn } from './signing-in.ts';

type StreamListener = (event: 'open' | 'beat') => void;

let listener: StreamListener | undefined;
let clockOffsetMs = 0;

/** The server gives up after a minute: later no answer comes. */
const LONGEST_MS = 70_000;

/** Tells one listener of the event stream's opening and of each of its pieces, pings included. */
export function watchStream(told: StreamListener): void {
  listener = told;
}

/** The present by the server's clock, in milliseconds since 1970, to about a second. */
export const serverNow = (): number => Date.now() + clockOffsetMs;

export const transport: typeof fetch = async (input, init) => {
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

/** The same bytes, each piece told of. A cut is an end like any other: who listens makes it up by its cursor. */
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

/** The header counts whole seconds, so that less than two says nothing. */
function noteClock(date: string | null): void {
  if (date === null) return;
  const offset = Date.parse(date) + 500 - Date.now();
  if (Number.isFinite(offset)) clockOffsetMs = Math.abs(offset) < 2_000 ? 0 : offset;
}
