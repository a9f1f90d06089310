/**
 * A way to the database that can fall silent with its connections open, as a network that swallows
 * packets or a proxy that forgot its flows: nothing is closed, nothing is refused, nothing comes through.
 */
import { type AddressInfo, createServer, Socket } from 'node:net';

export interface SilentProxy {
  /** The database's, through the proxy. */
  readonly url: string;
  /** From now on nothing passes in either direction; what is open stays open, and what connects is accepted. */
  silence(): void;
  /** What connects from now on passes. What was open or accepted in the silence stays silent for ever. */
  speak(): void;
  /** What connects from now on goes to another server, as behind a name that moved. */
  aim(databaseUrl: string): void;
  /** How many connections to the proxy are open. */
  connectionCount(): number;
  /** How many it has ever accepted. */
  acceptedCount(): number;
  close(): Promise<void>;
}

/** Opens one to a database. Call `close` in afterAll. */
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
    // Unread, so that what is sent fills the buffers and is acknowledged no more than a lost packet is.
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
        // The other end must not learn of one that closes.
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
