/** Connections that use resources without need, on real sockets: too many, too slow to send, too slow to read. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { declareMetrics, type ServerMetrics } from '../metrics.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createHttpServer, type HttpServer, sendText } from './server.ts';

const LIMITS = {
  ALLOWED_HOSTS: [],
  PUBLIC_URL: undefined,
  maxConnections: 5,
  headersTimeoutMs: 300,
  bodyTimeoutMs: 600,
  slowReaderTimeoutMs: 400,
  maxUnsentBytes: 50_000_000,
};
/** More than fits into all buffers between two sockets on one machine. */
const BIG = 'x'.repeat(40_000_000);

let server: HttpServer;
let metrics: ServerMetrics;
let port: number;
const sockets: Socket[] = [];

const start = async (limits: Partial<typeof LIMITS> = {}): Promise<void> => {
  metrics = declareMetrics();
  server = createHttpServer({
    logger: silentLogger,
    metrics: metrics.http,
    config: { ...LIMITS, ...limits },
    routes: {
      '/': ({ response }) => sendText(response, 200, 'here'),
      '/big': ({ response }) => sendText(response, 200, BIG),
      '/body': async ({ request, response }) => {
        for await (const _chunk of request);
        sendText(response, 200, 'read');
      },
      '/stream': ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${BIG}\n\n`);
      },
    },
  });
  ({ port } = await server.listen('127.0.0.1', 0));
};
beforeEach(() => start());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close(100);
});

interface Client {
  readonly socket: Socket;
  /** The data received so far. */
  text(): string;
  readonly closed: Promise<unknown>;
}

async function open(send: string, { reads = true } = {}): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('error', () => undefined);
  const keep = (chunk: string): void => {
    if (text.length < 2_000) text += chunk;
  };
  if (reads) socket.setEncoding('latin1').on('data', keep);
  else socket.pause();
  await once(socket, 'connect');
  socket.write(send);
  return { socket, text: () => text, closed: once(socket, 'close') };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
const cut = async (reason: string): Promise<string | undefined> =>
  new RegExp(`connections_cut_total\\{reason="${reason}"\\} (\\d+)`).exec((await metrics.scrape()).text)?.[1];

describe('too many connections', () => {
  it('the last that may be is served, the next is told why it is not, and a place that falls free is given', async () => {
    const held = await Promise.all(Array.from({ length: 4 }, () => open('')));
    const last = await open(get('/'));
    await vi.waitFor(() => expect(last.text()).toContain('here'), { timeout: 30_000 });
    const tooMany = await open(get('/'));
    await tooMany.closed;
    expect(tooMany.text()).toMatch(/^HTTP\/1.1 503 .*retry-after: 1.*Try again in a moment/s);
    expect(await cut('too_many')).toBe('1');
    held[0]?.socket.destroy();
    await vi.waitFor(
      async () => {
        const next = await open(get('/'));
        await vi.waitFor(() => expect(next.text()).not.toBe(''), { timeout: 30_000 });
        expect(next.text()).toContain('here');
      },
      { timeout: 30_000 },
    );
  });
});

describe('too slow to ask', () => {
  it('headers that do not come to an end are answered with 408 and cut', async () => {
    const slow = await open('GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ');
    const drip = setInterval(() => slow.socket.write('a'), 50);
    await slow.closed;
    clearInterval(drip);
    expect(slow.text()).toMatch(/^HTTP\/1.1 408 /);
  });

  it('a body that does not come to an end is cut', async () => {
    const slow = await open('POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n');
    const drip = setInterval(() => slow.socket.write('a'), 50);
    await slow.closed;
    clearInterval(drip);
    expect(slow.text()).toMatch(/^HTTP\/1.1 408 /);
  });

  it('a body that comes in time is not', async () => {
    const { text } = await open(`POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nbody`);
    await vi.waitFor(() => expect(text()).toContain('read'), { timeout: 30_000 });
  });
});

describe('too slow to read', () => {
  it.each(['/big', '/stream'])('%s: a client that takes nothing is cut off and counted', async (path) => {
    const { closed, socket } = await open(get(path), { reads: false });
    await vi.waitFor(async () => expect(await cut('slow_reader')).toBe('1'), { timeout: 30_000, interval: 20 });
    socket.resume();
    await closed;
  });

  it('a stream with more waiting than may is cut off at once', async () => {
    await server.close(100);
    // Without waiting for the time limit: the test would be over before that.
    await start({ slowReaderTimeoutMs: 600_000, maxUnsentBytes: 1_000_000 });
    await open(get('/stream'), { reads: false });
    await vi.waitFor(async () => expect(await cut('slow_reader')).toBe('1'), { timeout: 30_000, interval: 20 });
  });

  it('a client that reads is served to the end', async () => {
    // All of it must be read within the time limit; a busy machine may need seconds.
    await server.close(100);
    await start({ slowReaderTimeoutMs: 15_000 });
    const { socket } = await open('');
    let received = 0;
    socket.removeAllListeners('data').on('data', (chunk) => {
      received += chunk.length;
    });
    socket.write(get('/big'));
    await vi.waitFor(() => expect(received).toBeGreaterThan(BIG.length), { timeout: 30_000, interval: 20 });
    expect(await cut('slow_reader')).toBe('0');
  }, 20_000);
});
