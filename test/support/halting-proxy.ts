/**
 * A way to the database that withholds the answer to one statement, so that whoever sent it can be
 * halted at that very moment: what the statement locked is locked then, and nothing follows.
 */
import { type AddressInfo, createServer, Socket } from 'node:net';

export interface HaltingProxy {
  /** The database's, through the proxy. */
  readonly url: string;
  /** Resolves when the server has answered the next statement that fits, on whichever connection; that answer is kept back. */
  withhold(statement: RegExp): Promise<void>;
  close(): Promise<void>;
}

/** Opens one to a database. Call `close` in afterAll. */
export async function openHaltingProxy(databaseUrl: string): Promise<HaltingProxy> {
  const sockets = new Set<Socket>();
  const target = new URL(databaseUrl);
  /** Statements by the names under which they were prepared; the same on each connection. */
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
 * What a piece of PostgreSQL's protocol asks for: the statements that it prepares (message P, with
 * a name), those that it names (B), and those that it sends as they are (Q). Our statements are short
 * enough to come in one piece.
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
