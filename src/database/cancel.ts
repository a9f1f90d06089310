/**
 * Cancels the running statement of a connection with the protocol’s cancel request: over a new connection,
 * with the key that the server sent when the connection was opened. This works through PgBouncer, which
 * knows the keys that it sent; pg_cancel_backend would not, since the client does not know the real process
 * id.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type pg from 'pg';

const PATIENCE_MS = 2_000;
/** A statement that is nearly done may finish: cancelling it would waste its work. */
const AFTER_ABORT_MS = 1_000;
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const CANCEL_REQUEST = Buffer.from([0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e]);

/** Fields of a connection that pg’s types leave out. */
interface Connected {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | ConnectionOptions;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * Asks the server to cancel what `client` is running. Resolves once the server has received the request,
 * after two seconds at the latest; never rejects, since an unreachable server cannot cancel anything.
 */
export async function cancelRunning(client: pg.PoolClient): Promise<void> {
  const { host, port, ssl, processID, secretKey } = client as unknown as Connected;
  if (processID === null || secretKey === null) return;
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  // The only response: the server closes the connection when it has received the request.
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  const patience = setTimeout(() => socket.destroy(), PATIENCE_MS);
  const ask = async (): Promise<void> => {
    await once(socket, 'connect');
    const keys = Buffer.alloc(8);
    keys.writeInt32BE(processID, 0);
    keys.writeInt32BE(secretKey, 4);
    const road = ssl ? await encrypt(socket, host, ssl) : socket;
    road.resume().end(Buffer.concat([CANCEL_REQUEST, keys]));
  };
  void ask().catch(() => socket.destroy());
  await closed;
  clearTimeout(patience);
}

/**
 * Cancels what `client` is running one second after `signal` aborts; the statement then fails with SQLSTATE
 * 57014. The returned function stops watching and resolves to whether a cancellation was sent: then the
 * connection must not be reused, since the cancellation may arrive late.
 */
export function cancelWhenAborted(client: pg.PoolClient, signal: AbortSignal): () => Promise<boolean> {
  let cancelling: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    timer = setTimeout(() => {
      cancelling = cancelRunning(client);
    }, AFTER_ABORT_MS);
  };
  if (signal.aborted) watch();
  else signal.addEventListener('abort', watch, { once: true });
  return async () => {
    signal.removeEventListener('abort', watch);
    clearTimeout(timer);
    await cancelling;
    return cancelling !== undefined;
  };
}

async function encrypt(socket: Socket, host: string, ssl: true | ConnectionOptions): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (answer.toString() !== 'S') throw new Error('The server takes no TLS.');
  const encrypted = connectTls({ servername: host, ...(ssl === true ? {} : ssl), socket });
  encrypted.on('error', () => socket.destroy());
  await once(encrypted, 'secureConnect');
  return encrypted;
}
