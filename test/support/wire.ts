/** A proxy to the database that can be cut and restored, like a network connection. */
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';

export interface Wire {
  /** The database's URL through the proxy. */
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Opens a proxy to a database. `cut` breaks every connection, and new ones fail until `mend` is called. */
export async function layWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let relay: Server | undefined;
  const listen = async (port: number): Promise<number> => {
    const made = createServer((near) => {
      const far = new Socket();
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      far.connect(Number(target.port || 5432), target.hostname);
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => made.listen(port, '127.0.0.1', resolve));
    relay = made;
    return (made.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async cut() {
      const cut = relay;
      relay = undefined;
      const closed = new Promise<void>((resolve) => (cut === undefined ? resolve() : cut.close(() => resolve())));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async mend() {
      await listen(port);
    },
  };
}
