/** Reads request bodies up to a limit, and refuses requests before they reach GraphQL. */
import { once } from 'node:events';
import { type ErrorCode, errorBody } from '../graphql/errors.ts';
import type { Exchange } from './exchange.ts';

/** A body as the GraphQL handler expects it: of a plain buffer it would list the keys, one per byte. */
interface ReadBody extends AsyncIterable<Buffer> {
  readonly chunks: readonly Buffer[];
}

/** Sends an error in GraphQL’s format, with a code and the request id. */
export function refuse(
  { response, requestId }: Exchange,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(errorBody(message, code, requestId));
}

/** Whether the Content-Length is more than `largest` bytes. */
export const declaresMore = ({ request }: Exchange, largest: number): boolean =>
  Number(request.headers['content-length'] ?? 0) > largest;

/** Refuses a request that is too large, with 413; the rest of its body is discarded. */
export function refuseLarge(exchange: Exchange, largest: number): void {
  const message = `The request is larger than ${largest} bytes. Send less at a time.`;
  refuse(exchange, 413, 'PAYLOAD_TOO_LARGE', message, { connection: 'close' });
  exchange.request.resume();
}

async function* iterate(chunks: readonly Buffer[]) {
  yield* chunks;
}

/**
 * Reads a whole body of at most `largest` bytes; resolves to undefined if it was larger (and was refused)
 * or the client disconnected. Read here because the stream that would limit it in the handler costs as much
 * as the rest of a small request.
 */
export function readBody(exchange: Exchange, largest: number): Promise<ReadBody | undefined> {
  const { request, response } = exchange;
  const chunks: Buffer[] = [];
  let received = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received <= largest) chunks.push(chunk);
      else if (!response.headersSent) {
        refuseLarge(exchange, largest);
        void once(response, 'close').then(() => request.destroy());
        resolve(undefined);
      }
    });
    request.once('end', () => resolve({ chunks, [Symbol.asyncIterator]: () => iterate(chunks) }));
    request.once('close', () => resolve(undefined));
  });
}
