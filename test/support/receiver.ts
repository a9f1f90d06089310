/** A receiver of webhooks: stores each request and responds as the test wants. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the CloudEvents envelope. */
  readonly event: { readonly id: string; readonly type: string; readonly partitionkey: string; readonly data: unknown };
}

export interface Receiver {
  /** `http://127.0.0.1:40123`; every path is answered. */
  readonly url: string;
  readonly received: readonly Received[];
  /** The number of requests without a response. */
  readonly open: () => number;
  /** Sends the response from now on; default 204. A function that does nothing lets the request hang. */
  answer: (response: ServerResponse, received: Received) => void;
  /** Closes all connections, so that unanswered requests fail. */
  drop(): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let open = 0;
  const server: Server = createServer((request, response) => {
    let body = '';
    open++;
    response.on('close', () => open--);
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body,
        event: JSON.parse(body) as Received['event'],
      };
      received.push(one);
      receiver.answer(response, one);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    open: () => open,
    answer: (response) => void response.writeHead(204).end(),
    drop: () => server.closeAllConnections(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}
