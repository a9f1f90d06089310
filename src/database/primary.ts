/**
 * Connects to the primary among several hosts, which node-postgres does not do: before each new connection the
 * hosts are asked which of them accepts writes, first the one that did last time and then in the order of the URL.
 * A host that is slow to answer, since it is down or frozen, holds up the others for a quarter of a second only.
 * While no host accepts writes, as during a failover, all are asked again and again for three seconds.
 */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { parseDatabaseUrl } from '../config/database-url.ts';
import { NO_PRIMARY } from './violations.ts';

/** The timeout to open one connection. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long the hosts are asked before there is no primary. */
const PATIENCE_MS = 3_000;
/** The next host is asked when one has answered, or after this time. */
const STAGGER_MS = 250;
const AGAIN_MS = 200;

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/** The options of a pool or client for a URL: where it connects, and the class of its connections. */
export interface Route {
  readonly connectionString: string;
  readonly Client: new (config?: pg.ClientConfig) => pg.Client;
}

/** One per URL, so that all pools and connections of a database share the search for its primary. */
const routes = new Map<string, Route>();

/** Returns how to connect to the database of a URL. Throws an Error if it is not a database URL. */
export function routeTo(url: string): Route {
  const known = routes.get(url) ?? newRoute(url);
  routes.set(url, known);
  return known;
}

function newRoute(text: string): Route {
  const url = parseDatabaseUrl(text);
  if ('problem' in url) throw new Error(`The URL of the database ${url.problem}`);
  const [connectionString] = url.hosts;
  if (!url.isPrimaryOnly) return { connectionString, Client: QuicklyConnecting };
  const find = primaryFinder(url.hosts);

  class AtPrimary extends QuicklyConnecting {
    override connect(): Promise<pg.Client>;
    override connect(connected: Connected): void;
    override connect(connected?: Connected): Promise<pg.Client> | undefined {
      if (connected === undefined)
        return new Promise((resolve, reject) =>
          this.connect((error: Error | null) => (error ? reject(error) : resolve(this))),
        );
      find().then(
        ({ host, port }) => {
          this.host = host;
          this.port = port;
          super.connect(connected);
        },
        (error: Error) => (connected as (error: Error) => void)(error),
      );
      return undefined;
    }
  }
  return { connectionString, Client: AtPrimary };
}

/** A pool passes its own connect timeout to its clients, but that one is for waiting for a free connection. */
class QuicklyConnecting extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  }
}

/** A host of the URL. */
interface Host {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** Callers that ask at the same time share one search. */
function primaryFinder(urls: readonly string[]): () => Promise<Host> {
  const hosts = urls.map((url): Host => {
    const { host, port } = new pg.Client({ connectionString: url });
    return { url, host, port };
  });
  let last: Host | undefined;
  let searching: Promise<Host> | undefined;
  const find = async (): Promise<Host> => {
    const order = last === undefined ? hosts : [last, ...hosts.filter((host) => host !== last)];
    last = await search(order);
    return last;
  };
  return () => {
    searching ??= find().finally(() => {
      searching = undefined;
    });
    return searching;
  };
}

/** Rejects with NoPrimary, or with the error of a host that refuses the login, as every host would. */
function search(hosts: readonly Host[]): Promise<Host> {
  const over = new AbortController();
  const answers = new Map<Host, string>();
  return new Promise<Host>((resolve, reject) => {
    const ask = async (index: number): Promise<void> => {
      const host = hosts[index];
      if (host === undefined || over.signal.aborted) return;
      let askNext = (): void => {
        askNext = () => undefined;
        void ask(index + 1);
      };
      setTimeout(() => askNext(), STAGGER_MS).unref();
      while (!over.signal.aborted) {
        try {
          if (await acceptsWrites(host, over.signal)) resolve(host);
          answers.set(host, 'read-only');
        } catch (error) {
          if (isRefusedLogin(error)) reject(error);
          answers.set(host, reasonOf(error));
        }
        askNext();
        await delay(AGAIN_MS, undefined, { signal: over.signal }).catch(() => undefined);
      }
    };
    void ask(0);
    const answerOf = (host: Host): string => `${host.host}:${host.port}: ${answers.get(host) ?? 'no answer'}`;
    delay(PATIENCE_MS, undefined, { signal: over.signal }).then(
      () => reject(new NoPrimary(hosts.map(answerOf).join('; '))),
      () => undefined,
    );
  }).finally(() => over.abort());
}

async function acceptsWrites({ url }: Host, over: AbortSignal): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  const destroy = (): void => void socketOf(client).destroy();
  client.on('error', () => undefined);
  over.addEventListener('abort', destroy, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ isReadOnly: boolean }>(
      `SELECT current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
    );
    return rows[0]?.isReadOnly === false;
  } finally {
    over.removeEventListener('abort', destroy);
    if (over.aborted) destroy();
    else void client.end().catch(() => undefined);
  }
}

const isRefusedLogin = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && /^(28|3D)/.test(error.code ?? '');

const reasonOf = (error: unknown): string => {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'no connection';
};

/** Counts as a connection failure. */
class NoPrimary extends Error {
  override readonly name = 'NoPrimary';
  readonly code = NO_PRIMARY;
  constructor(answers: string) {
    super(`no host accepts writes (${answers})`);
  }
}

/** The socket of a connection, to close it without the protocol’s goodbye: an unresponsive server does not answer it. */
export const socketOf = (client: pg.Client | pg.PoolClient): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;
