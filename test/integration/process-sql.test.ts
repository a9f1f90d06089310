/**
 * A server on its embedded database, and users who write to it with plain SQL, with their statements unchanged.
 * Also the two commands besides the server.
 */

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase } from '../support/database.ts';
import { createProcesses, postgresOf, type ServerProcess, until } from '../support/process.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const processes = createProcesses();
let dataDir: string;
let node: ServerProcess;
let url: string;
let psql: pg.Client;

beforeAll(async () => {
  dataDir = await processes.makeDataDir();
  node = await processes.startNode({ DATA_DIR: dataDir });
  const printed = await processes.runToEnd({ DATA_DIR: dataDir }, 'db:url');
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  url = printed.stdout.trimEnd();
  // A foreign connection: its application name is not ours.
  psql = new pg.Client({ connectionString: url, application_name: 'psql' });
  await psql.connect();
});

afterAll(async () => {
  await psql?.end();
  await processes.endAll();
});

it('the node has written down which identity provider it uses', async () => {
  const { rows } = await psql.query('SELECT state, provider FROM auth.server_nodes');
  expect(rows).toEqual([{ state: 'running', provider: 'simulator' }]);
});

describe('an entry inserted by hand', () => {
  it('with a placeholder for a password fails, and says how to enqueue properly', async () => {
    await psql.query(`
      INSERT INTO auth.queued_managed_account_creations (
        id, family_id, username, full_name, role, encrypted_password, created_by_user_id,
        retry_count, status, next_retry_at, created_at, updated_at
      ) VALUES (
        gen_random_uuid(), (SELECT id FROM auth.families LIMIT 1), 'testuser', 'Test User', 'managed_account',
        'ENCRYPTED_PASSWORD_PLACEHOLDER', (SELECT id FROM auth.users LIMIT 1),
        0, 'pending', NOW(), NOW(), NOW()
      )`);
    const entry = await until(
      'the failure',
      async () => {
        const { rows } = await psql.query(
          `SELECT status, retry_count, next_retry_at, last_error_code, last_error_message
           FROM auth.queued_managed_account_creations WHERE username = 'testuser' AND status NOT IN ('pending', 'processing')`,
        );
        return rows[0] as Record<string, unknown> | undefined;
      },
      // The trigger wakes the worker immediately; the requirement allows a minute.
      10_000,
    );
    expect(entry).toEqual({
      status: 'failed',
      retry_count: 0,
      next_retry_at: null,
      last_error_code: 'PASSWORD_NOT_SEALED',
      last_error_message: expect.stringMatching(/it is not sealed.*enqueueAccount/),
    });
  });
});

describe('invitations inserted by hand', () => {
  it('are taken as they are', async () => {
    await psql.query(`
      INSERT INTO auth.family_member_invitations (
        id, family_id, email, role, status, invitation_token, invitation_display_code, invited_by_user_id,
        expires_at, created_at, updated_at
      ) VALUES (
        gen_random_uuid(), (SELECT id FROM auth.families LIMIT 1), 'expired-35@example.com', 'member', 'expired',
        'token-1', 'ABCD-1234', (SELECT id FROM auth.users LIMIT 1),
        NOW() - INTERVAL '35 days', NOW() - INTERVAL '40 days', NOW()
      )`);
    await psql.query(`
      INSERT INTO auth.family_member_invitations
      SELECT gen_random_uuid(), family_id, other.email, role, other.status, 'token-' || other.email, invitation_display_code,
             invited_by_user_id, NOW() - other.age, created_at, updated_at
      FROM auth.family_member_invitations, (VALUES
        ('expired-29@example.com', 'expired'::auth.invitation_status, INTERVAL '29 days'),
        ('accepted-35@example.com', 'accepted', INTERVAL '35 days'),
        ('pending-35@example.com', 'pending', INTERVAL '35 days')
      ) AS other(email, status, age)`);
  });

  it('are deleted by runJobNow when they expired more than 30 days ago, and no others', async () => {
    const answer = await node.graphql(`mutation {
      runJobNow(input: { jobName: "ExpiredInvitationCleanupJob", wait: true }) {
        __typename ... on RunJobNowPayload { run { status trigger counts { name value } } }
      }
    }`);
    expect(answer).toEqual({
      data: {
        runJobNow: {
          __typename: 'RunJobNowPayload',
          run: { status: 'SUCCEEDED', trigger: 'MANUAL', counts: [{ name: 'deleted', value: 1 }] },
        },
      },
    });
    const { rows } = await psql.query('SELECT email FROM auth.family_member_invitations ORDER BY email');
    expect(rows.map(({ email }) => email)).toEqual([
      'accepted-35@example.com',
      'expired-29@example.com',
      'pending-35@example.com',
    ]);
  });
});

describe('npm run db:url', () => {
  it('prints a URL that PostgreSQL takes, and nothing else', () => {
    expect(url).toMatch(/^postgresql:\/\/family_hub:[\w-]+@127\.0\.0\.1:\d+\/family_hub$/);
  });

  it('prints DATABASE_URL where that is set', async () => {
    const given = 'postgresql://jobs:secret@db.example:5432/family_hub';
    // It needs none of the settings that a start needs.
    expect(await processes.runToEnd({ DATABASE_URL: given }, 'db:url')).toEqual({
      code: 0,
      signal: null,
      stdout: `${given}\n`,
      stderr: '',
    });
  });

  it('says so where there is no database yet', async () => {
    const empty = await processes.makeDataDir();
    expect(await processes.runToEnd({ DATA_DIR: empty }, 'db:url')).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `There is no embedded database in ${empty} yet. Start the server once with "npm start".\n`,
    });
  });
});

describe('the demo family', () => {
  it('is in a new embedded database, with an owner, once', async () => {
    expect(await familiesIn(url)).toEqual([{ name: 'The Examples', owners: 1 }]);
    const again = await processes.runToEnd({ DATA_DIR: dataDir }, 'db:seed');
    expect(again).toMatchObject({ code: 0, stdout: 'There are families already: nothing was added.\n', stderr: '' });
    expect(await familiesIn(url)).toHaveLength(1);
    // The command used the running PostgreSQL and left it running.
    expect(postgresOf(dataDir)).toBeDefined();
  });

  it('is in no database of one’s own unless asked for', async () => {
    const database = await createTestDatabase({ poolSize: 2 });
    const env = {
      DATABASE_URL: database.url,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      IDENTITY_PROVIDER: 'simulator',
    };
    try {
      const own = await processes.startNode(env);
      expect(await familiesIn(database.url)).toEqual([]);
      const seeded = await processes.runToEnd(env, 'db:seed');
      expect(seeded).toMatchObject({
        code: 0,
        stdout: 'Added the family "The Examples" with its owner.\n',
        stderr: '',
      });
      expect(await familiesIn(database.url)).toEqual([{ name: 'The Examples', owners: 1 }]);
      own.kill('SIGTERM');
      await own.exited;
    } finally {
      await database.drop();
    }
  });
});

async function familiesIn(databaseUrl: string): Promise<unknown[]> {
  const db: Database = await openDatabase({ url: databaseUrl, poolSize: 1, logger: silentLogger });
  try {
    return await db.query(
      `SELECT f.name, (SELECT count(*)::int FROM auth.users u WHERE u.family_id = f.id AND u.role = 'owner') AS owners
       FROM auth.families f`,
    );
  } finally {
    await db.close();
  }
}
