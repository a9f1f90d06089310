/** The program `family-hub-jobs` against a real server: what people see, what scripts get, and how it ends. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { ADMIN, createToken, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { createProcesses, type Env, until } from '../support/process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const processes = createProcesses();
let database: TestDatabase;
let app: TestApp;
let familyId: string;
let ownerId: string;
let operator: Env;
const rarely = { description: 'For the test.', cron: '0 0 1 1 *', timeZone: 'UTC', misfirePolicy: 'run_once' } as const;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({
    url: database.url,
    config: WITH_ACCESS,
    moreJobs: [
      {
        ...rarely,
        name: 'FailingJob',
        run: async () => {
          throw new Error('The disk is full.');
        },
      },
    ],
  });
  ({ familyId, ownerId } = await seedFamily(database.db));
  await app.graphql('mutation { openCircuit(input: {reason: "quiet"}) { __typename } }', {}, ADMIN);
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, created_by_user_id, username, full_name, status, next_retry_at, completed_at, failed_at, last_error_code, last_error_message, encrypted_password)
     SELECT $1, $2, 'child_' || n, 'Child', CASE WHEN n <= 120 THEN 'completed' ELSE 'failed' END::auth.entry_status, NULL,
            CASE WHEN n <= 120 THEN now() END, CASE WHEN n > 120 THEN now() END,
            CASE WHEN n > 120 THEN 'USERNAME_REFUSED' END, CASE WHEN n > 120 THEN E'Refused \\x1b[31mred\\nby it.' END, NULL
       FROM generate_series(1, 123) AS n`,
    [familyId, ownerId],
  );
  const { token } = await createToken(app, { name: 'cli', role: 'OPERATOR' });
  operator = { FAMILY_HUB_URL: app.url, FAMILY_HUB_TOKEN: token };
});
afterEach(() => processes.endAll());
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

const run = (...args: string[]) => processes.runClient(operator, ...args);
const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
};

describe('help', () => {
  it('is what the program says without a command, and names every command, variable and exit code', async () => {
    const { code, stdout } = await processes.runClient({});
    expect(code).toBe(0);
    for (const name of ['jobs', 'run', 'queue', 'retry', 'pause', 'resume', 'watch', 'start', 'db:url', 'db:seed']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
    }
    for (const word of ['FAMILY_HUB_URL', 'FAMILY_HUB_TOKEN', '2 wrong usage', '4 not permitted'])
      expect(stdout).toContain(word);
    expect((await processes.runClient({}, 'help')).stdout).toBe(stdout);
    expect((await processes.runClient({}, '--version')).stdout).toBe(`${VERSION}\n`);
  });

  it('of a command names its options, with or without a server', async () => {
    const { code, stdout } = await processes.runClient({}, 'retry', '--help');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^Usage: family-hub-jobs retry <entry-id> .*--error-code/s),
    ]);
    expect((await processes.runClient({}, 'help', 'retry')).stdout).toBe(stdout);
  });
});

describe('a command line that is wrong ends with 2 and says what is', () => {
  it.each([
    [['jbos'], /^Unknown command "jbos"\. Did you mean "jobs"\?/],
    [['queue', '--famly', 'x'], /^Unknown option '--famly'\. "family-hub-jobs help queue"/],
    [['jobs', 'now'], /Unexpected argument 'now'/],
    [['queue', '--limit', 'all'], /--limit is a whole number/],
    [['queue', '--status', 'lost'], /"filter\.status\.0"/],
    [['run'], /Name the job to run/],
    [['retry'], /an entry’s id, a filter .*or --all/],
    [['retry', '--all', '--family', 'x'], /Give one of these/],
    [['pause', 'queue'], /Give a --reason/],
    [['pause', 'queue', '--reason', 'x', '--for', 'ever'], /--for is not a duration/],
    [['pause', 'RetentionJob', '--reason', 'x', '--family', 'x'], /--family goes with "queue"/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it.each([
    [{ FAMILY_HUB_URL: 'http://me:secret-word@127.0.0.1' }, /^FAMILY_HUB_URL is/],
    [{ FAMILY_HUB_URL: 'secret-word' }, /^FAMILY_HUB_URL is/],
    [{ FAMILY_HUB_TOKEN: 'secret-word\nsecret-word' }, /^FAMILY_HUB_TOKEN holds/],
  ])('a variable that is wrong is named without its value', async (env, message) => {
    const { code, stderr } = await processes.runClient({ ...operator, ...env }, 'jobs');
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).not.toContain('secret-word');
  });
});

describe('a server that', () => {
  it('does not answer: 3', async () => {
    const { code, stderr } = await processes.runClient({ FAMILY_HUB_URL: 'http://127.0.0.1:3' }, 'jobs');
    expect([code, stderr]).toEqual([3, 'The server at http://127.0.0.1:3 does not answer: ECONNREFUSED.\n']);
  });

  it('knows no such token, or does not permit it to its role: 4, as JSON too', async () => {
    const unknown = await processes.runClient({ FAMILY_HUB_URL: app.url }, 'jobs');
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('token')]);
    const { token } = await createToken(app, { name: 'looking', role: 'VIEWER' });
    const viewer = await processes.runClient(
      { ...operator, FAMILY_HUB_TOKEN: token },
      'retry',
      '--all',
      '--yes',
      '--json',
    );
    expect([viewer.code, viewer.stdout]).toEqual([4, '']);
    expect(JSON.parse(viewer.stderr)).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('VIEWER') });
  });

  it('is something else: says so', async () => {
    const { code, stderr } = await processes.runClient({ FAMILY_HUB_URL: `${app.url}/health` }, 'jobs');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/answered with status 404 and not with GraphQL/)]);
  });
});

describe('jobs and run', () => {
  it('lists the jobs for people and for scripts', async () => {
    const { stdout } = await run('jobs');
    expect(stdout).toMatch(/^JOB +STATE +NEXT FIRE +LAST RUN +STARTED +SCHEDULE\n/);
    expect(stdout).toMatch(/^ExpiredInvitationCleanupJob +waiting +20.*at 03:00 every day/m);
    const jobs = await json<{ name: string; cron: string }[]>('jobs');
    expect(jobs.map(({ name }) => name)).toContain('ManagedAccountRetryJob');
  });

  it('runs a job and waits for its end', async () => {
    const { code, stdout } = await run('run', 'ExpiredInvitationCleanupJob', '--wait', '--reason', 'by hand');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^ExpiredInvitationCleanupJob succeeded: deleted 0 \(run [0-9a-f-]{36}\)\n$/),
    ]);
    const [row] = await database.db.query(`SELECT reason FROM auth.audit_entries WHERE action = 'runJobNow'`);
    expect(row).toEqual({ reason: 'by hand' });
  });

  it('ends with 1 when the run fails, and when the server refuses', async () => {
    const failed = await run('run', 'FailingJob', '--wait');
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringMatching(/^FailingJob failed: .*disk is full/)]);
    const unknown = await run('run', 'NoJob', '--wait');
    expect([unknown.code, unknown.stdout]).toEqual([1, '']);
    expect(unknown.stderr).toContain('NoJob');
  });
});

describe('queue', () => {
  it('lists what matches, as many as asked for, and controls no terminal', async () => {
    const { stdout } = await run('queue', '--status', 'failed', '--error-code', 'username_refused');
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(stdout).toContain('USERNAME_REFUSED: Refused [31mred by it.');
    expect(stdout).not.toContain('\x1b');
    expect(await json('queue', '--family', familyId, '--limit', '110')).toHaveLength(110);
    expect(await json('queue', '--username', 'child_12', '--limit', '200')).toHaveLength(5);
    expect((await run('queue', '--limit', '2')).stdout).toMatch(/There are more; --limit shows them\.\n$/);
  });
});

describe('retry', () => {
  const NAMES = ['again_1', 'again_2', 'again_3'] as const;
  const statusOf = async (username: string): Promise<string | undefined> => {
    const [row] = await database.db.query<{ status: string }>(
      'SELECT status::text FROM auth.queued_managed_account_creations WHERE username = $1',
      [username],
    );
    return row?.status;
  };
  const fail = (): Promise<unknown[]> =>
    database.db.query(
      `UPDATE auth.queued_managed_account_creations
          SET status = 'failed', next_retry_at = NULL, failed_at = now(), last_error_code = 'PROVIDER_UNAVAILABLE'
        WHERE username = ANY ($1)`,
      [[...NAMES]],
    );
  const FILTER = (): string[] => ['--family', familyId, '--error-code', 'provider_unavailable'];

  beforeAll(async () => {
    const items = NAMES.map((username) => ({ familyId, username, fullName: 'Again', createdByUserId: ownerId }));
    const { body } = await app.graphql(
      `mutation ($items: [EnqueueAccountItem!]!) {
         enqueueAccounts(input: {items: $items}) { ... on EnqueueAccountsPayload { acceptedCount } } }`,
      { items },
      ADMIN,
    );
    expect(body).toEqual({ data: { enqueueAccounts: { acceptedCount: 3 } } });
  });
  beforeEach(fail);

  it('one entry, or says why not', async () => {
    const [entry] = await json<{ entryId: string }[]>('queue', '--username', 'again_1');
    const { code, stdout } = await run('retry', entry?.entryId ?? '');
    expect([code, stdout]).toEqual([0, 'again_1 is due now.\n']);
    expect(await statusOf('again_1')).toBe('pending');
    const [done] = await json<{ entryId: string }[]>('queue', '--status', 'completed', '--limit', '1');
    const refused = await run('retry', done?.entryId ?? '');
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([1, '', expect.stringContaining('completed')]);
    const [failed] = await json<{ entryId: string }[]>('queue', '--username', 'child_121');
    const gone = await run('retry', failed?.entryId ?? '', '--json');
    expect([gone.code, JSON.parse(gone.stderr).code]).toEqual([1, 'PASSWORD_DESTROYED']);
  });

  it('many: says how many and why not the others, and changes nothing without a yes', async () => {
    const { code, stdout, stderr } = await run('retry', '--all');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Left out: 3\. .*password.*\n3 match\. Add --yes/);
    expect(await statusOf('again_2')).toBe('failed');
  });

  it('many, without a question and waiting for the end', async () => {
    const { code, stdout } = await run('retry', ...FILTER(), '--yes', '--wait', '--reason', 'provider is back');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^3 due now, 0 skipped .*\(bulk action [0-9a-f-]{36}\)/)]);
    for (const name of NAMES) expect(await statusOf(name)).toBe('pending');
    const none = await run('retry', ...FILTER(), '--status', 'cancelled', '--yes');
    expect([none.code, none.stdout]).toEqual([0, 'No entry to retry matches.\n']);
  });

  it.skipIf(!existsSync('/usr/bin/script')).each([
    ['y\n', 0, 'pending'],
    ['n\n', 1, 'failed'],
    ['\x04', 1, 'failed'],
    ['\x03', 130, 'failed'],
  ])('many, at a terminal where %j is typed: ends with %i', async (typed, code, status) => {
    const program = [process.execPath, join(inject('serverSources'), 'cli/main.js'), 'retry', ...FILTER()];
    const terminal = spawn('/usr/bin/script', ['-qfec', program.map((word) => `'${word}'`).join(' '), '/dev/null'], {
      env: { PATH: process.env.PATH, SHELL: '/bin/sh', TERM: 'xterm', ...operator },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    const ended = new Promise((resolve) => terminal.once('close', resolve));
    await until('the question', () => shown.includes('Retry 3 entries? [y/N]'));
    terminal.stdin.write(typed);
    expect(await ended, shown).toBe(code);
    expect(await statusOf('again_3')).toBe(status);
  });
});

describe('pause and resume', () => {
  const pauses = async (): Promise<{ reason: string; paused_until: Date | null; family_id: string | null }[]> =>
    database.db.query('SELECT reason, paused_until, family_id FROM auth.queue_pauses ORDER BY family_id NULLS FIRST');

  it('the queue and a family', async () => {
    const began = Date.now();
    expect((await run('pause', 'queue', '--reason', 'maintenance', '--for', '2h')).stdout).toMatch(
      /^The queue is now paused until 20.*Z\.\n$/,
    );
    await run('pause', 'queue', '--family', familyId, '--reason', 'asked to', '--until', '2099-01-31T18:00:00Z');
    const [all, family] = await pauses();
    expect(all).toMatchObject({ reason: 'maintenance', family_id: null });
    expect(((all?.paused_until?.getTime() ?? 0) - began) / 3_600_000).toBeCloseTo(2, 1);
    expect(family).toEqual({ reason: 'asked to', family_id: familyId, paused_until: new Date('2099-01-31T18:00:00Z') });
    expect(await json('resume', 'queue')).toEqual({ isChanged: true });
    expect((await run('resume', 'queue')).stdout).toBe('The queue was already running.\n');
    expect(await json('resume', 'queue', '--family', familyId)).toEqual({ familyId, isChanged: true });
    expect(await pauses()).toEqual([]);
  });

  it('a job', async () => {
    const { code, stdout } = await run('pause', 'RetentionJob', '--reason', 'a restore is going on');
    expect([code, stdout]).toEqual([0, 'RetentionJob is now paused until it is resumed.\n']);
    expect((await run('jobs')).stdout).toMatch(/^RetentionJob +paused .*paused: a restore is going on$/m);
    expect((await run('resume', 'RetentionJob', '--reason', 'done')).stdout).toBe('RetentionJob is now running.\n');
    const unknown = await run('pause', 'NoJob', '--reason', 'x');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('NoJob')]);
  });
});

describe('watch', () => {
  /** A way to the server that can be cut. */
  async function openRoad() {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(Number(new URL(app.url).port), '127.0.0.1');
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await listen(0);
    const { port } = server.address() as AddressInfo;
    const cut = async (): Promise<void> => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    return { url: `http://127.0.0.1:${port}`, cut, mend: () => listen(port) };
  }
  let touched = 0;
  const touch = (username: string): Promise<unknown[]> =>
    database.db.query('UPDATE auth.queued_managed_account_creations SET last_error_code = $2 WHERE username = $1', [
      username,
      `SEEN_${touched++}`,
    ]);

  it('prints each change once, also those made while the connection was lost, and ends at Ctrl-C', async () => {
    const road = await openRoad();
    const env = { ...operator, FAMILY_HUB_URL: road.url };
    const program = await processes.startClient(env, 'watch', '--only', 'queued-creation', '--json');
    const seen = () =>
      program
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { cursor: string; queuedCreation: { username: string } });
    const names = () => seen().map(({ queuedCreation }) => queuedCreation.username);
    // Until the program has its cursor, changes are not its concern.
    await until('the first change', async () => (await touch('child_1')) && names().includes('child_1'));
    await road.cut();
    await until('the loss to be noticed', () => program.stderr().includes('The connection was lost'));
    await touch('child_2');
    await touch('child_3');
    await road.mend();
    await until('what was missed', () => names().includes('child_3'));
    program.kill('SIGINT');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(names().filter((name) => name !== 'child_1')).toEqual(['child_2', 'child_3']);
    await road.cut();

    const later = await processes.startClient(operator, 'watch', '--after', seen().at(-2)?.cursor ?? '');
    await until('the change after the cursor', () => later.stdout().includes('\n'));
    expect(later.stdout()).toMatch(/^20\S+Z QueuedCreation updated entryId=\S+ username=child_3 status=COMPLETED /);
    later.kill('SIGTERM');
    expect(await later.exited).toEqual({ code: 0, signal: null });
  });

  it.each([
    [['--after', 'nonsense'], 2, /cursor/],
    [['--only', 'weather'], 2, /"subjects\.0".*"ChangeSubject" enum/],
  ])('%j is refused', async (args, code, message) => {
    const { code: ended, stderr } = await run('watch', ...args);
    expect([ended, stderr]).toEqual([code, expect.stringMatching(message)]);
  });

  it('reaches no server: 3, and is not tried for ever', async () => {
    expect((await processes.runClient({ FAMILY_HUB_URL: 'http://127.0.0.1:3' }, 'watch')).code).toBe(3);
  });
});

it('the commands of the server are the same program', async () => {
  const dataDir = await processes.makeDataDir();
  const { code, stderr } = await processes.runClient({ DATA_DIR: dataDir }, 'db:url');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^There is no embedded database in /)]);
  const program = await processes.startClient(
    {
      DATABASE_URL: database.url,
      IDENTITY_PROVIDER: 'simulator',
      MASTER_KEY: 'short',
    },
    'start',
  );
  expect((await program.exited).code).toBe(1);
  expect(program.stderr()).toContain('MASTER_KEY');
});
