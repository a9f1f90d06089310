/**
 * A server that cannot start prints the reason in one plain sentence on standard error, without a stack, exits with
 * 1, and changes nothing.
 */
import { once } from 'node:events';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { embeddedUrl } from '../../src/database/embedded/embedded.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startOwnCluster } from '../support/own-cluster.ts';
import { createProcesses, type Env, postgresOf, processesIn, type ServerProcess } from '../support/process.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64');
/** The name of nodes that cannot delete their registration any more. */
const CUT_OFF = 'cut off';
const processes = createProcesses();
let database: TestDatabase;
let env: Env;
let first: ServerProcess;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 2 });
  env = { DATABASE_URL: database.url, MASTER_KEY, IDENTITY_PROVIDER: 'simulator' };
  first = await processes.startNode({ ...env, LOG_LEVLE: 'debug' });
  first.kill('SIGTERM');
  await first.exited;
});

afterAll(async () => {
  await processes.endAll();
  await database.drop();
});

/** Starts the server, expects a refusal, and returns its standard error without the trailing newline. */
async function refusal(changes: Env): Promise<string> {
  const { code, stdout, stderr } = await processes.runToEnd({ ...env, ...changes });
  expect(stdout).not.toContain('is ready');
  expect(stderr).not.toMatch(/\n\s+at /);
  expect({ code, signal: null, stderr }).toEqual({
    code: 1,
    signal: null,
    stderr: expect.stringMatching(/^[A-Z].*\n$/s),
  });
  return stderr.trimEnd();
}

/** Expects a refusal in exactly one line and returns it. */
async function sentence(changes: Env): Promise<string> {
  const said = await refusal(changes);
  expect(said.split('\n')).toHaveLength(1);
  return said;
}

const otherUrl = (change: (url: URL) => void): string => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};

describe.concurrent('the address', () => {
  it('is taken by another process', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      expect(await sentence({ PORT: String(port) })).toBe(
        `Port ${port} on 127.0.0.1 is taken by another process. Set PORT to another one, or to 0 for any free one.`,
      );
    } finally {
      other.close();
    }
  });

  it('is not one of this machine', async () => {
    expect(await sentence({ HOST: '192.0.2.1', ADMIN_TOKEN: 'a'.repeat(32) })).toBe(
      'HOST="192.0.2.1" is not an address of this machine. Example: HOST=127.0.0.1',
    );
  });
});

describe.concurrent('the admin token', () => {
  it('is in a file that is not there', async () => {
    expect(await sentence({ ADMIN_TOKEN_FILE: '/nowhere/admin-token' })).toBe(
      'The file /nowhere/admin-token that ADMIN_TOKEN_FILE names cannot be read (ENOENT). Check its path, and that this user may read it.',
    );
  });
});

describe.concurrent('DATABASE_URL', () => {
  it('leads nowhere', async () => {
    const said = await sentence({ DATABASE_URL: 'postgresql://jobs:s3cr3t-word@127.0.0.1:1/family_hub' });
    expect(said).toContain('The database cannot be reached at postgresql://jobs@127.0.0.1:1/family_hub: ');
    expect(said).toContain('ECONNREFUSED');
    expect(said).not.toContain('s3cr3t-word');
  });

  it('names a database that does not exist', async () => {
    const url = otherUrl((changed) => {
      changed.pathname = '/no_such_database';
    });
    expect(await sentence({ DATABASE_URL: url })).toContain('database "no_such_database" does not exist');
  });

  it.skipIf(process.env.TEST_DATABASE_URL !== undefined && new URL(process.env.TEST_DATABASE_URL).password === '')(
    'has a wrong password',
    async () => {
      const url = otherUrl((changed) => {
        changed.password = 'guessed-word';
      });
      const said = await sentence({ DATABASE_URL: url });
      expect(said).toContain('password authentication failed');
      expect(said).not.toContain('guessed-word');
    },
  );
});

describe.concurrent('a database that can only be read', () => {
  it('by its default', async () => {
    const url = otherUrl(({ searchParams }) => searchParams.set('options', '-c default_transaction_read_only=on'));
    expect(await sentence({ DATABASE_URL: url })).toMatch(
      /^The database at postgresql:\S+ can only be read \(default_transaction_read_only is on\): switch that off/,
    );
  });

  it('since it is a standby', async () => {
    const standby = await startOwnCluster();
    try {
      await standby.stop();
      await writeFile(join(standby.data, 'standby.signal'), '');
      await standby.start();
      expect(await sentence({ DATABASE_URL: standby.url })).toMatch(
        /^The database at postgresql:\S+ is a standby, which can only be read: point DATABASE_URL at the primary/,
      );
    } finally {
      await standby.remove();
    }
  });
});

describe.concurrent('a database that goes away while the server', () => {
  it.each([
    ['registers as a node', 'INSERT INTO auth.server_nodes'],
    ['reads the schedules', 'FROM auth.job_schedules'],
  ])('%s', async (_, moment) => {
    const proxy = await startProxy(database.url, moment);
    expect(await sentence({ DATABASE_URL: proxy.url, NODE_NAME: CUT_OFF })).toMatch(
      /^The database at postgresql:\S+ cannot be reached or went away: .+\. Start again once PostgreSQL runs\.$/,
    );
    expect(proxy.hasCut()).toBe(true);
  });
});

describe.concurrent('the configuration', () => {
  it('is complained of at once, each variable with an example', async () => {
    const said = await refusal({ PORT: 'http', PROVIDER_TIMEOUT: 'soon', LOG_LEVEL: 'loud', MASTER_KEY: undefined });
    expect(said.split('\n')).toEqual([
      'The configuration is not usable:',
      '  - PORT="http" is not a whole number. Example: PORT=8080',
      expect.stringMatching(/^ {2}- PROVIDER_TIMEOUT="soon" is not a duration .*Example: PROVIDER_TIMEOUT=/),
      expect.stringMatching(/^ {2}- LOG_LEVEL="loud" is not one of .*Example: LOG_LEVEL=/),
      expect.stringMatching(/^ {2}- MASTER_KEY .* is needed with DATABASE_URL/),
    ]);
  });

  it('lacks what a database of one’s own needs, or opens the server to everybody', async () => {
    const said = await refusal({ MASTER_KEY: undefined, IDENTITY_PROVIDER: undefined, HOST: '0.0.0.0' });
    expect(said).toContain('HOST="0.0.0.0" is not a loopback address');
    expect(said).toMatch(/MASTER_KEY .* is needed with DATABASE_URL/);
    expect(said).toMatch(/ZITADEL_URL is needed with DATABASE_URL/);
  });

  it('holds a misspelling: a warning, and the server starts', () => {
    expect(first.logs()).toContainEqual(
      expect.objectContaining({ level: 40, msg: 'LOG_LEVLE is not a setting. Did you mean LOG_LEVEL?' }),
    );
  });
});

describe.concurrent('the data folder', () => {
  it('cannot be written', async () => {
    // Root can write everywhere except where the kernel forbids it.
    const folder = process.getuid?.() === 0 ? '/sys/family-hub' : '/family-hub';
    const said = await sentence({ ...EMBEDDED, DATA_DIR: folder });
    expect(said).toMatch(/not writable|cannot be made/);
    expect(said).toContain('set DATA_DIR');
  });

  it('is a file', async () => {
    const file = join(await processes.makeDataDir(), 'file');
    await writeFile(file, '');
    expect(await sentence({ ...EMBEDDED, DATA_DIR: file })).toBe(
      `The data folder ${file} cannot be created: a file is in its place: set DATA_DIR.`,
    );
  });
});

describe.concurrent('the master key', () => {
  it('of a database of one’s own is another: nothing is changed', async () => {
    const before = await keysOf(database.url);
    expect(before).toHaveLength(3);
    const said = await sentence({ MASTER_KEY: OTHER_KEY });
    expect(said).toMatch(/^The master key \(MASTER_KEY, id [\w-]+\) does not open this database's key ring/);
    expect(said).not.toContain(OTHER_KEY);
    expect(await keysOf(database.url)).toEqual(before);
  });

  it('is no key', async () => {
    expect(await sentence({ MASTER_KEY: 'open sesame' })).toBe(
      'MASTER_KEY does not hold a master key: 32 bytes in base64 are needed, as "openssl rand -base64 32" prints them.',
    );
    expect(await sentence({ MASTER_KEY: undefined, MASTER_KEY_FILE: '/no/such/file' })).toBe(
      'The master key file /no/such/file cannot be read (ENOENT). Set MASTER_KEY_FILE to a file that this user may read.',
    );
  });

  it('of the embedded database is replaced or gone: nothing is changed, and PostgreSQL is stopped again', async () => {
    const dataDir = await processes.makeDataDir();
    const embedded = { ...EMBEDDED, DATA_DIR: dataDir };
    const first = await processes.startNode({ ...env, ...embedded });
    const url = embeddedUrl(dataDir) ?? '';
    const before = await keysOf(url);
    expect(before).toHaveLength(3);
    first.kill('SIGTERM');
    await first.exited;

    const file = join(dataDir, 'master.key');
    await copyFile(file, `${file}.kept`);
    await writeFile(file, `${OTHER_KEY}\n`);
    expect(await sentence(embedded)).toContain(`${file}, id `);
    await rm(file);
    expect(await sentence(embedded)).toBe(
      `The database holds a key ring, but its master key is missing: ${file} is gone. Restore that file from a backup, or give the key as MASTER_KEY; nothing was changed. If it is lost for good, see "A lost master key" in docs/keys.md.`,
    );
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(postgresOf(dataDir)).toBeUndefined();
    expect(await processesIn(dataDir)).toEqual([]);

    await copyFile(`${file}.kept`, file);
    const last = await processes.startNode({ ...env, ...embedded });
    expect(await keysOf(url)).toEqual(before);
    last.kill('SIGTERM');
    expect(await last.exited).toEqual({ code: 0, signal: null });
  });
});

it('DATABASE_URL leads to a newer database', async () => {
  const newer = '29990101000000_of_the_future';
  await database.db.query(
    `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES (gen_random_uuid()::text, 'x', $1, now(), now(), 1)`,
    [newer],
  );
  try {
    const said = await sentence({});
    expect(said).toMatch(/^The database is newer than this server: it is at migration /);
    expect(said).toContain(newer);
    expect(said).toMatch(/up to \d{14}_\w+; start the newer server\.$/);
  } finally {
    await database.db.query('DELETE FROM public._prisma_migrations WHERE migration_name = $1', [newer]);
  }
});

it('no start that was refused is left as a node', async () => {
  const rows = await database.db.query(
    'SELECT state::text, count(*)::int FROM auth.server_nodes WHERE name <> $1 GROUP BY state',
    [CUT_OFF],
  );
  expect(rows).toEqual([{ state: 'gone', count: 1 }]);
});

/** A proxy to the database: once a statement contains the text, it closes all connections and accepts no more. */
async function startProxy(databaseUrl: string, moment: string): Promise<{ url: string; hasCut(): boolean }> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let hasCut = false;
  const proxy = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.pipe(client);
    client.on('data', (sent) => {
      if (sent.includes(moment)) {
        hasCut = true;
        proxy.close();
        for (const socket of sockets) socket.destroy();
      } else if (!upstream.destroyed) upstream.write(sent);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = otherUrl((changed) => {
    changed.port = String((proxy.address() as AddressInfo).port);
  });
  return { url, hasCut: () => hasCut };
}

/** Unsets the environment of the other tests. */
const EMBEDDED: Env = { DATABASE_URL: undefined, MASTER_KEY: undefined, IDENTITY_PROVIDER: undefined };

async function keysOf(url: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query('SELECT * FROM auth.data_protection_keys ORDER BY id')).rows;
  } finally {
    await client.end();
  }
}
