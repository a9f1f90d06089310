/**
 * A DATABASE_URL with several hosts, on a primary and its standby: whatever opens a connection finds the server that
 * accepts writes, also after the standby was promoted.
 */
import { createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { freePort } from '../../src/database/embedded/cluster.ts';
import { type Listener, startListener } from '../../src/database/listener.ts';
import { migrate } from '../../src/database/migrations.ts';
import { routeTo } from '../../src/database/primary.ts';
import { isConnectionFailure } from '../../src/database/violations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createProcesses } from '../support/process.ts';
import { type Pair, startPair } from '../support/standby.ts';

let pair: Pair;
/** Accepts connections and never answers, as a frozen server does. */
let frozen: Server;
let down: number;
const processes = createProcesses();

beforeAll(async () => {
  frozen = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => frozen.listen(0, '127.0.0.1', resolve));
  [pair, down] = await Promise.all([startPair(), freePort()]);
});
afterAll(async () => {
  await processes.endAll();
  frozen?.close();
  await pair?.remove();
});

const hostOf = (url: string): string => new URL(url).host;
/** The database's URL with these hosts. */
const urlOf = (...hosts: string[]): string => {
  const url = new URL(pair.primary.url);
  return `postgresql://${url.username}:${url.password}@${hosts.join(',')}${url.pathname}`;
};
const local = (port: number): string => `127.0.0.1:${port}`;
const frozenHost = (): string => {
  const address = frozen.address();
  return local(typeof address === 'object' && address !== null ? address.port : 0);
};
/** Standby first, and all kinds of hosts that are no use. */
const everyHost = (): string =>
  urlOf(hostOf(pair.standbyUrl), local(down), frozenHost(), 'nowhere.invalid', hostOf(pair.primary.url));

async function portOf(url: string): Promise<number> {
  const { Client, connectionString } = routeTo(url);
  const client = new Client({ connectionString });
  await client.connect();
  await client.end();
  return client.port;
}

const openFor = async (url: string, work: (db: Database) => Promise<void>): Promise<void> => {
  const db = await openDatabase({ url, poolSize: 4, logger: silentLogger });
  await work(db).finally(() => db.close());
};
const isStandby = `SELECT pg_is_in_recovery() AS "isStandby"`;

describe('with several hosts', () => {
  it.each([
    ['first', () => urlOf(hostOf(pair.primary.url), hostOf(pair.standbyUrl))],
    ['after its standby', () => urlOf(hostOf(pair.standbyUrl), hostOf(pair.primary.url))],
    ['after one that is down', () => urlOf(local(down), hostOf(pair.primary.url))],
    ['after one that is frozen', () => urlOf(frozenHost(), hostOf(pair.primary.url))],
    ['after one that does not exist', () => urlOf('nowhere.invalid', hostOf(pair.primary.url))],
    ['after all of these', everyHost],
  ])('the primary is found %s', async (_, url) => {
    expect(await portOf(url())).toBe(Number(new URL(pair.primary.url).port));
  });

  it('every pool connects to it, and Prisma', async () => {
    await openFor(everyHost(), async (db) => {
      const answers = await Promise.all([
        ...[1, 2, 3].flatMap(() => [db.query(isStandby), db.reading.query(isStandby)]),
        db.prisma.$queryRawUnsafe(isStandby),
        db.transaction((tx) => tx.query(isStandby)),
      ]);
      expect(new Set(answers.flat().map((row) => JSON.stringify(row)))).toEqual(new Set(['{"isStandby":false}']));
    });
  });

  it('migrations are applied there', async () => {
    expect(await migrate({ url: everyHost(), logger: silentLogger })).toEqual({ applied: [] });
  });

  it('notices arrive from there', async () => {
    const heard: string[] = [];
    await openFor(everyHost(), async (db) => {
      const onPayload = (payload: string) => void heard.push(payload);
      const options = { db, directUrl: everyHost(), channel: 'hosts', logger: silentLogger };
      const listener: Listener = await startListener({ ...options, onPayload, onGap: () => undefined });
      await listener.send('hello');
      await expect.poll(() => heard).toEqual(['hello']);
      await listener.close();
    });
  });

  it('a statement that takes too long is cancelled there', async () => {
    const db = await openDatabase({ url: everyHost(), poolSize: 4, workTimeoutMs: 100, logger: silentLogger });
    await expect(db.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    const running = `SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()`;
    expect(await db.query(running)).toEqual([]);
    await db.close();
  });

  it('a wrong password is reported as one, and not as a missing primary', async () => {
    const url = everyHost().replace(/:[^:@]*@/, ':wrong@');
    await expect(portOf(url)).rejects.toMatchObject({ code: '28P01' });
  });

  it('a server that accepts no writes is not used, and the error says what each host answered', async () => {
    const url = urlOf(hostOf(pair.standbyUrl), frozenHost(), local(down));
    const error: unknown = await portOf(url).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: `no host accepts writes (${hostOf(pair.standbyUrl)}: read-only; ${frozenHost()}: no answer; ${local(down)}: connect ECONNREFUSED ${local(down)})`,
    });
    expect(isConnectionFailure(error)).toBe(true);
    const start = await processes.runToEnd({
      DATABASE_URL: url,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      IDENTITY_PROVIDER: 'simulator',
    });
    expect(start.code).toBe(1);
    expect(start.stderr).toMatch(
      /^The database cannot be reached at postgresql:\/\/\w+@127\S+: no host accepts writes \(.*Check DATABASE_URL/,
    );
    expect(start.stderr).not.toContain(new URL(pair.primary.url).password);
  });

  it('a single host that is a standby is refused when the URL asks for one that accepts writes', async () => {
    await expect(portOf(`${pair.standbyUrl}?target_session_attrs=read-write`)).rejects.toThrow(/: read-only\)$/);
  });

  it('db:url prints a URL that leads psql to the primary', async () => {
    const given = urlOf('db1', 'db2:5433');
    const { stdout } = await processes.runToEnd({ DATABASE_URL: given }, 'db:url');
    expect(stdout).toBe(`${given}?target_session_attrs=read-write\n`);
  });

  it('work, reads and notices go on at the standby once it is promoted', async () => {
    const heard: string[] = [];
    await openFor(everyHost(), async (db) => {
      let gaps = 0;
      const listener = await startListener({
        db,
        directUrl: everyHost(),
        channel: 'hosts',
        logger: silentLogger,
        onPayload: (payload) => void heard.push(payload),
        onGap: () => gaps++,
      });
      await pair.primary.crash();
      const failure = await db.query(isStandby).catch((error: unknown) => error);
      expect(isConnectionFailure(failure)).toBe(true);
      const insert = () => db.query(`INSERT INTO auth.notices (payload) VALUES ('x') RETURNING payload`);
      const inserted = expect.poll(() => insert().catch(() => [])).toEqual([{ payload: 'x' }]);
      await pair.promote();
      await inserted;
      for (const query of [db.query, db.reading.query]) expect(await query(isStandby)).toEqual([{ isStandby: false }]);
      await expect.poll(() => gaps).toBe(1);
      await listener.send('hello');
      await expect.poll(() => heard).toEqual(['hello']);
      await listener.close();
    });
    expect(await portOf(everyHost())).toBe(Number(new URL(pair.standbyUrl).port));
    const promoted = new pg.Client({ connectionString: pair.standbyUrl });
    await promoted.connect();
    expect((await promoted.query(`SELECT payload FROM auth.notices WHERE payload = 'x'`)).rowCount).toBe(1);
    await promoted.end();
  });
});
