/**
 * The embedded database with real processes: which process starts it, joins it and stops it, and what remains when
 * any of them is killed.
 */
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCluster, startServer, stopServer } from '../../src/database/embedded/cluster.ts';
import { superuserUrl } from '../../src/database/embedded/connection.ts';
import { embeddedUrl, startEmbedded } from '../../src/database/embedded/embedded.ts';
import { explainFailure } from '../../src/database/embedded/failures.ts';
import { readPostmaster } from '../../src/database/embedded/postmaster.ts';
import { isAlive } from '../../src/database/embedded/processes.ts';
import { migrate } from '../../src/database/migrations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { makeOpenFolder, removeDataDir } from '../support/data-dir.ts';
import { ask, endPostgres, kill, leave, type Member, startMember as start } from '../support/embedded-members.ts';

let dataDir: string;
let data: string;
let members: Member[];

beforeEach(async () => {
  dataDir = await makeOpenFolder('family-hub-jobs-embedded-');
  data = join(dataDir, 'postgres', 'cluster');
  members = [];
});

afterEach(async () => {
  for (const { child } of members) child.kill('SIGKILL');
  await endPostgres(dataDir);
  await removeDataDir(dataDir);
});

describe('a new data folder', () => {
  it('gets a database that psql can reach, with the password for its owner only', async () => {
    const member = await startMember();
    expect(member.answer).toMatchObject({ isNew: true, url: embeddedUrl(dataDir) });
    const [row] = await ask(
      member.answer.url,
      `SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding, datlocale AS locale,
              current_setting('TimeZone') AS zone, current_setting('fsync') AS fsync,
              current_setting('listen_addresses') AS addresses
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(row).toEqual({
      name: 'family_hub',
      encoding: 'UTF8',
      locale: 'C.UTF-8',
      zone: 'UTC',
      fsync: 'on',
      addresses: '127.0.0.1',
    });
    expect((await stat(join(dataDir, 'postgres', 'connection.json'))).mode & 0o777).toBe(0o600);

    const url = new URL(member.answer.url);
    url.password = 'guessed';
    await expect(ask(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('is made by one of three processes that start at once, and serves all', async () => {
    const started = await Promise.all([startMember(), startMember(), startMember()]);
    expect(started.map(({ answer }) => answer.refusal)).toEqual([undefined, undefined, undefined]);
    expect(started.filter(({ answer }) => answer.isNew)).toHaveLength(1);
    expect(new Set(started.map(({ answer }) => answer.url)).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(['postgres']);
  });

  it('has no URL before', () => {
    expect(embeddedUrl(dataDir)).toBeUndefined();
  });
});

describe('the owner of the database', () => {
  const FORBIDDEN = [
    `SELECT pg_read_file('/etc/passwd')`,
    `COPY (SELECT 1) TO PROGRAM 'true'`,
    `CREATE ROLE another`,
    `ALTER ROLE family_hub SUPERUSER`,
    `ALTER SYSTEM SET log_statement = 'all'`,
    `SELECT rolpassword FROM pg_authid`,
  ];

  it('is all that a URL stands for: it reads no file, runs no program, makes no role', async () => {
    const member = await startMember();
    const [role] = await ask(
      member.answer.url,
      `SELECT rolname AS name, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
              ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid) AS memberships
         FROM pg_roles WHERE rolname = current_user`,
    );
    expect(role).toEqual({
      name: 'family_hub',
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      memberships: [],
    });
    for (const statement of FORBIDDEN)
      await expect(ask(member.answer.url, statement), statement).rejects.toThrow(/permission denied|must be superuser/);
    const superuser = new URL(member.answer.url);
    superuser.username = 'postgres';
    await expect(ask(superuser.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const modes = ['connection.json', 'owner.password'].map((name) => stat(join(dataDir, 'postgres', name)));
    expect((await Promise.all(modes)).map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('is given what an earlier version had left to the superuser', async () => {
    const folder = join(dataDir, 'postgres');
    const cluster = await openCluster(folder);
    expect(await startServer(cluster)).toMatchObject({ isSuccess: true });
    await ask(superuserUrl(folder, 'postgres') ?? '', 'CREATE DATABASE family_hub');
    const former = superuserUrl(folder, 'family_hub') ?? '';
    await migrate({ url: former, logger: silentLogger });
    await ask(former, `INSERT INTO auth.families (name) VALUES ('The Keepers')`);
    expect(await stopServer(cluster)).toMatchObject({ isSuccess: true });

    const { answer } = await startMember();
    expect(new URL(answer.url).username).toBe('family_hub');
    const left = await ask(
      answer.url,
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relowner = 10 AND relnamespace::regnamespace::text IN ('auth', 'public', 'identity_simulator')
       UNION ALL SELECT oid::regproc::text FROM pg_proc WHERE proowner = 10 AND pronamespace::regnamespace::text IN ('auth', 'public', 'identity_simulator')
       UNION ALL SELECT oid::regtype::text FROM pg_type WHERE typowner = 10 AND typnamespace::regnamespace::text IN ('auth', 'public', 'identity_simulator')
       UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = 10 AND nspname IN ('auth', 'public', 'identity_simulator')
       UNION ALL SELECT datname FROM pg_database WHERE datname = 'family_hub' AND datdba = 10`,
    );
    expect(left).toEqual([]);
    await ask(answer.url, 'ALTER TABLE auth.families ADD COLUMN probe int');
    expect(await ask(answer.url, 'SELECT name FROM auth.families')).toEqual([{ name: 'The Keepers' }]);
  });
});

describe('members', () => {
  it('share one PostgreSQL, and the last to leave stops it', async () => {
    const first = await startMember();
    const second = await startMember();
    const { pid } = running();
    expect(second.answer).toEqual({ ...first.answer, isNew: false });

    await leave(first);
    await ask(second.answer.url, 'SELECT 1');
    expect(running().pid).toBe(pid);

    await leave(second);
    expect(isAlive(pid)).toBe(false);
    expect(readPostmaster(data)).toBeUndefined();
  });

  it('keep data and URL over a stop', async () => {
    const first = await startMember();
    await ask(first.answer.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await leave(first);

    const second = await startMember();
    expect(second.answer).toMatchObject({ url: first.answer.url, isNew: false });
    expect(await ask(second.answer.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('stop PostgreSQL though the one that started it was killed', async () => {
    const starter = await startMember();
    const other = await startMember();
    const { pid } = running();
    await kill(starter);
    await ask(other.answer.url, 'SELECT 1');
    await expect.poll(() => memberCount(other.answer.url)).toBe(1);

    await leave(other);
    expect(isAlive(pid)).toBe(false);
  });

  it('take over what a killed process left running', async () => {
    await kill(await startMember());
    const { pid } = running();
    expect(isAlive(pid)).toBe(true);

    const next = await startMember();
    expect(running().pid).toBe(pid);
    await expect.poll(() => memberCount(next.answer.url)).toBe(1);
    await leave(next);
    expect(isAlive(pid)).toBe(false);
  });

  it('can leave and come at the same moment', async () => {
    const [leaving, staying] = await Promise.all([startMember(), startMember()]);
    const [, , coming] = await Promise.all([leave(leaving), leave(staying), startMember()]);
    await ask(coming.answer.url, 'SELECT 1');
  });
});

describe('a PostgreSQL that was killed hard', () => {
  it('recovers at the next start, with everything that was committed', async () => {
    const first = await startMember();
    await ask(first.answer.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const { pid } = running();
    await kill(first);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);

    const second = await startMember();
    expect(running().pid).not.toBe(pid);
    expect(await ask(second.answer.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('is started again by the process that uses it, on the same URL', async () => {
    const embedded = await startEmbedded({ dataDir, logger: silentLogger });
    try {
      const { pid } = running();
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => ask(embedded.url, 'SELECT 1').catch(() => 'down'), { timeout: 30_000 }).not.toBe('down');
      expect(running().pid).not.toBe(pid);
    } finally {
      await embedded.leave();
    }
    expect(readPostmaster(data)).toBeUndefined();
  });

  it('is started again however often it is killed, also while it starts', async () => {
    const embedded = await startEmbedded({ dataDir, logger: silentLogger });
    try {
      for (let killed = 0, last = 0; killed < 6; ) {
        const pid = readPostmaster(data)?.pid;
        if (pid === undefined || pid === last || !isAlive(pid)) {
          await delay(1);
          continue;
        }
        process.kill(pid, 'SIGKILL');
        last = pid;
        killed += 1;
      }
      await expect.poll(() => ask(embedded.url, 'SELECT 1').catch(() => 'down'), { timeout: 40_000 }).not.toBe('down');
    } finally {
      await embedded.leave();
    }
    expect(readPostmaster(data)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is not believed alive when its id went to another process', async () => {
    const first = await startMember();
    const lockFile = join(data, 'postmaster.pid');
    const { pid } = running();
    const lines = (await readFile(lockFile, 'utf8')).split('\n');
    await kill(first);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    // This process plays the one that the id was reused for.
    await writeFile(lockFile, [process.pid, ...lines.slice(1)].join('\n'));

    const second = await startMember();
    expect(running().pid).not.toBe(process.pid);
    await ask(second.answer.url, 'SELECT 1');
  });
});

describe('a data folder that cannot be used is refused in one sentence', () => {
  it('a file in its place', async () => {
    const file = join(dataDir, 'taken');
    await writeFile(file, '');
    await expect(startEmbedded({ dataDir: file, logger: silentLogger })).rejects.toThrow(
      `The data folder ${file} cannot be created: a file is in its place: set DATA_DIR.`,
    );
    await expect(startEmbedded({ dataDir: join(file, 'below'), logger: silentLogger })).rejects.toThrow(
      'cannot be created: a file is in its place',
    );
  });

  it('not writable', async () => {
    // Root can write everywhere except where the kernel forbids it.
    const folder = process.getuid?.() === 0 ? '/sys/data' : join(dataDir, 'closed', 'data');
    if (process.getuid?.() !== 0) await chmod(dataDir, 0o500);
    const refusal = startEmbedded({ dataDir: folder, logger: silentLogger });
    await expect(refusal).rejects.toMatchObject({ name: 'StartError' });
    await expect(refusal).rejects.toThrow(/not writable|cannot be made/);
    await chmod(dataDir, 0o700);
  });

  it('data of another major version', async () => {
    await leave(await startMember());
    await writeFile(join(data, 'PG_VERSION'), '17\n');
    const { answer } = await startMember();
    expect(answer.refusal).toContain('were written by PostgreSQL 17, and this server brings 18');
  });

  it('a full disk', async () => {
    const said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device';
    expect((await explainFailure('pg_ctl start', data, said)).message).toBe(
      `The disk that holds the data folder ${data} is full: make room, or set DATA_DIR.`,
    );
  });
});

async function startMember(): Promise<Member> {
  const member = await start(dataDir);
  members.push(member);
  return member;
}

function running(): { pid: number } {
  const postmaster = readPostmaster(data);
  if (postmaster === undefined) throw new Error('PostgreSQL is not running.');
  return postmaster;
}

async function memberCount(url: string): Promise<unknown> {
  const rows = await ask(
    url,
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'family-hub-jobs membership'`,
  );
  return rows[0]?.count;
}
