/**
 * Limits on connections: connections above the limit get a 503, and a client that does not read its
 * response is disconnected, so that unsent data cannot pile up.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../config/config.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';

export type ConnectionLimits = Pick<Config, 'maxConnections' | 'slowReaderTimeoutMs' | 'maxUnsentBytes'>;

/** How long a refused client has to read the reason. */
const FAREWELL_MS = 1_000;
const FULL_HOUSE = 'This server has as many connections as it may. Try again in a moment.\n';
const TURNED_AWAY = `HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${FULL_HOUSE.length}\r\nretry-after: 1\r\nconnection: close\r\n\r\n${FULL_HOUSE}`;

export interface Connections {
  /** Whether the connection was refused: the 503 has been sent, and nothing more may be written to it. */
  isTurnedAway(socket: Socket): boolean;
  /** Watches whether the client reads the response, until it has been sent. */
  watch(request: IncomingMessage, response: ServerResponse): void;
  stop(): void;
}

export function guardConnections(
  server: Server,
  { maxConnections, slowReaderTimeoutMs, maxUnsentBytes }: ConnectionLimits,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: ServerMetrics['http'] },
): Connections {
  const turnedAway = new WeakSet<Socket>();
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open <= maxConnections) return;
    turnedAway.add(socket);
    metrics.cut.inc(1, { reason: 'too_many' });
    socket.on('error', () => undefined);
    socket.end(TURNED_AWAY);
    setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  });

  const watched = new Map<ServerResponse, { socket: Socket; since: number }>();
  const look = (): void => {
    const now = performance.now();
    for (const [response, reading] of watched) {
      const unsentBytes = reading.socket.writableLength;
      const isStream = response.getHeader('content-type')?.toString().startsWith('text/event-stream') === true;
      if (unsentBytes === 0) reading.since = now;
      // Reading a few bytes does not count: a client that reads one byte a minute holds as much memory as one
      // that reads none.
      if (now - reading.since <= slowReaderTimeoutMs && !(isStream && unsentBytes > maxUnsentBytes)) continue;
      metrics.cut.inc(1, { reason: 'slow_reader' });
      logger.warn({ unsentBytes, isStream }, 'A client that did not read was cut off');
      watched.delete(response);
      reading.socket.destroy();
    }
  };
  const timer = setInterval(look, Math.min(1_000, slowReaderTimeoutMs / 4));
  timer.unref();

  return {
    isTurnedAway: (socket) => turnedAway.has(socket),
    watch({ socket }, response) {
      watched.set(response, { socket, since: performance.now() });
      response.once('close', () => watched.delete(response));
    },
    stop: () => clearInterval(timer),
  };
}
