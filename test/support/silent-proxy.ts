/**
 * A proxy to the database that can go silent with its connections open, like a network that drops packets or a
 * proxy that lost its flows: nothing is closed or refused, and no data passes.
 */
import { type AddressInfo, createServer, Socket } from 'node:net';

export interface SilentProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** From now on no data passes in either direction; open connections stay open, and new ones are accepted. */
  silence(): void;
  /** New connections work again. Those opened before or during the silence stay silent. */
  speak(): void;
  /** New connections go to another server, as behind a DNS name that moved. */
  aim(databaseUrl: string): void;
  /** The number of open connections to the proxy. */
  connectionCount(): number;
  /** The number of connections accepted so far. */
  acceptedCount(): number;
  close(): Promise<void>;
}

/** Opens a proxy to a database. Call `close` in afterAll. */
export async function openSilentProxy(databaseUrl: string): Promise<SilentProxy> {
  const nears = new Set<Socket>();
  const fars = new Set<Socket>();
  let target = new URL(databaseUrl);
  let isSilent = false;
  let accepted = 0;

  const server = createServer((near) => {
    near.on('error', () => undefined);
    near.on('close', () => nears.delete(near));
    nears.add(near);
    accepted += 1;
    // Not reading fills the buffers, so that data stays unacknowledged as with lost packets.
    if (isSilent) return void near.pause();
    const far = new Socket();
    fars.add(far);
    far.on('error', () => undefined);
    far.on('close', () => {
      fars.delete(far);
      near.destroy();
    });
    near.on('close', () => far.destroy());
    far.connect(Number(target.port || 5432), target.hostname);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    silence() {
      isSilent = true;
      for (const socket of [...nears, ...fars]) {
        socket.unpipe();
        socket.pause();
        // The other end must not notice when one side closes.
        socket.removeAllListeners('close');
        socket.on('close', () => {
          nears.delete(socket);
          fars.delete(socket);
        });
      }
    },
    speak() {
      isSilent = false;
    },
    aim(databaseUrl) {
      target = new URL(databaseUrl);
    },
    connectionCount: () => nears.size,
    acceptedCount: () => accepted,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of [...nears, ...fars]) socket.destroy();
      await closed;
    },
  };
}
