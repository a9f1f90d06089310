/**
 * The embedded database, with real processes: who starts it, who joins it, who stops it, and what
 * is left when any of them is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPostmaster } from '../../src/database/embedded/cluster.ts';
import { embeddedUrl, startEmbedded } from '../../src/database/embedded/embedded.ts';
import { explainFailure } from '../../src/database/embedded/failures.ts';
import { isAlive } from '../../src/database/embedded/processes.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

const PROGRAM = fileURLToPath(new URL('../support/embedded-member.ts', import.meta.url));

let dataDir: string;
let data: string;
let members: Member[];

interface Member {
  readonly child: ChildProcess;
  readonly answer: { url: string; isNew: boolean; refusal?: string };
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'family-hub-jobs-embedded-'));
  data = join(dataDir, 'postgres', 'cluster');
  members = [];
});

afterEach(async () => {
  for (const { child } of members) child.kill('SIGKILL');
  const postmaster = readPostmaster(data);
  if (postmaster !== undefined && isPostgres(postmaster.pid)) {
    process.kill(postmaster.pid, 'SIGQUIT');
    await expect.poll(() => isAlive(postmaster.pid), { timeout: 10_000 }).toBe(false);
  }
  await rm(dataDir, { recursive: true, force: true });
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

  it.runIf(process.getuid?.() === 0)('serves root too, wherever the folder lies, as another user', async () => {
    for (const mode of [0o700, 0o711]) {
      await chmod(dataDir, mode);
      const member = await startMember();
      await ask(member.answer.url, 'SELECT 1');
      expect((await stat(`/proc/${running().pid}`)).uid).not.toBe(0);
      await leave(member);
    }
  });

  it('has no URL before', () => {
    expect(embeddedUrl(dataDir)).toBeUndefined();
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
    expect(second.answer).toEqual({ url: first.answer.url, isNew: false });
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
      await expect.poll(() => ask(embedded.url, 'SELECT 1').catch(() => 'down'), { timeout: 15_000 }).not.toBe('down');
      expect(running().pid).not.toBe(pid);
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
    // This very process stands for the one that got the id.
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
      `The data folder ${file} cannot be made, a file is in its place: set DATA_DIR.`,
    );
    await expect(startEmbedded({ dataDir: join(file, 'below'), logger: silentLogger })).rejects.toThrow(
      'cannot be made, a file is in its place',
    );
  });

  it('not writable', async () => {
    // Root may write anywhere but where the kernel lets no one.
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
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const member: Member = { child, answer: JSON.parse(line) as Member['answer'] };
  members.push(member);
  return member;
}

async function leave({ child }: Member): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
}

async function kill({ child }: Member): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function running(): { pid: number } {
  const postmaster = readPostmaster(data);
  if (postmaster === undefined) throw new Error('PostgreSQL is not running.');
  return postmaster;
}

function isPostgres(pid: number): boolean {
  return pid !== process.pid && isAlive(pid);
}

async function memberCount(url: string): Promise<unknown> {
  const rows = await ask(
    url,
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'family-hub-jobs membership'`,
  );
  return rows[0]?.count;
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
