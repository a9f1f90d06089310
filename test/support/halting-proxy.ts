/**
 * A proxy to the database that withholds the response to one statement, so that a test can halt its sender at that
 * moment: the locks of the statement are held, and nothing follows.
 */
import { type AddressInfo, createServer, Socket } from 'node:net';

export interface HaltingProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** Withholds the response to the next matching statement on any connection. Resolves once the server has sent it. */
  withhold(statement: RegExp): Promise<void>;
  close(): Promise<void>;
}

/** Opens a proxy to a database. Call `close` in afterAll. */
export async function openHaltingProxy(databaseUrl: string): Promise<HaltingProxy> {
  const sockets = new Set<Socket>();
  const target = new URL(databaseUrl);
  /** Prepared statements by name; the names are the same on each connection. */
  const prepared = new Map<string, string>();
  let wanted: { readonly statement: RegExp; readonly answered: () => void } | undefined;

  const server = createServer((near) => {
    const far = new Socket();
    let isWithheld = false;
    let isAsked = false;
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    far.connect(Number(target.port || 5432), target.hostname);
    near.on('data', (chunk: Buffer) => {
      if (wanted !== undefined && statementsIn(chunk, prepared).some((sql) => wanted?.statement.test(sql)))
        isAsked = true;
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      if (isAsked && wanted !== undefined) {
        isWithheld = true;
        wanted.answered();
        wanted = undefined;
      }
      if (!isWithheld) near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    withhold: (statement) =>
      new Promise((answered) => {
        wanted = { statement, answered };
      }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * The statements in a chunk of the PostgreSQL protocol: those that it prepares under a name (message P) are stored
 * in `prepared`; those that it binds (B) or sends directly (Q) are returned. Our statements are short enough to
 * arrive in one chunk.
 */
function statementsIn(chunk: Buffer, prepared: Map<string, string>): string[] {
  const found: string[] = [];
  for (let at = 0; at + 5 <= chunk.length; at += 1 + chunk.readInt32BE(at + 1)) {
    const type = String.fromCharCode(chunk[at] ?? 0);
    const [first = '', second = ''] = chunk
      .subarray(at + 5)
      .toString('latin1')
      .split('\0', 2);
    if (type === 'P' && first !== '') prepared.set(first, second);
    if (type === 'P' && first === '') found.push(second);
    if (type === 'B') found.push(prepared.get(second) ?? '');
    if (type === 'Q') found.push(first);
    if (chunk.readInt32BE(at + 1) < 4) break;
  }
  return found;
}
