/** How violated constraints and broken connections are recognized, from real errors of pg and of Prisma's client. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { isConnectionFailure, violation } from '../../src/database/violations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const NO_ONE = '00000000-0000-4000-8000-000000000000';

let database: TestDatabase;
let familyId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId } = await seedFamily(database.db));
});

afterAll(() => database.drop());

describe('violation', () => {
  it('names a unique index, also a partial one over an expression', async () => {
    const insert = (username: string) =>
      database.db.query(
        `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name) VALUES ($1, $2, 'Kim')`,
        [familyId, username],
      );
    await insert('kim');
    expect(violation(await failureOf(insert('KIM')))).toEqual({
      code: 'unique',
      constraint: 'queued_managed_account_creations_active_username_key',
      sqlState: '23505',
    });
  });

  it('names a foreign key and a check; a missing value has no constraint', async () => {
    const insert = (family: string, name: string | null, retries: number) =>
      database.db.query(
        `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, retry_count)
         VALUES ($1, $2, 'Lou', $3)`,
        [family, name, retries],
      );
    expect(violation(await failureOf(insert(NO_ONE, 'lou', 0)))).toEqual({
      code: 'foreign_key',
      constraint: 'queued_managed_account_creations_family_id_fkey',
      sqlState: '23503',
    });
    expect(violation(await failureOf(insert(familyId, 'lou', 6)))).toEqual({
      code: 'check',
      constraint: 'queued_managed_account_creations_retry_count_check',
      sqlState: '23514',
    });
    expect(violation(await failureOf(insert(familyId, null, 0)))).toEqual({
      code: 'not_null',
      constraint: undefined,
      sqlState: '23502',
    });
  });

  it("reads the same from Prisma's errors, model queries and raw ones", async () => {
    const { prisma } = database.db;
    await prisma.user.create({ data: { familyId, fullName: 'Mo', role: 'member', zitadelUserId: 'mo' } });
    expect(
      violation(
        await failureOf(
          prisma.user.create({ data: { familyId, fullName: 'Mo', role: 'member', zitadelUserId: 'mo' } }),
        ),
      ),
    ).toEqual({ code: 'unique', constraint: 'users_zitadel_user_id_key', sqlState: '23505' });
    expect(
      violation(await failureOf(prisma.user.create({ data: { familyId: NO_ONE, fullName: 'Mo', role: 'member' } }))),
    ).toEqual({ code: 'foreign_key', constraint: 'users_family_id_fkey', sqlState: '23503' });
    expect(
      violation(
        await failureOf(
          prisma.$executeRaw`INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, retry_count)
                             VALUES (${familyId}::uuid, 'nia', 'Nia', -1)`,
        ),
      ),
    ).toEqual({ code: 'check', constraint: 'queued_managed_account_creations_retry_count_check', sqlState: '23514' });
  });

  it('is nothing for any other error', async () => {
    expect(violation(await failureOf(database.db.query('SELECT 1 / 0')))).toBeUndefined();
    expect(violation(new Error('duplicate key value violates unique constraint "x"'))).toBeUndefined();
    expect(violation(undefined)).toBeUndefined();
  });
});

describe('isConnectionFailure', () => {
  it('is a refused connection', async () => {
    const url = new URL(database.url);
    url.port = '1';
    expect(
      isConnectionFailure(await failureOf(openDatabase({ url: url.href, poolSize: 1, logger: silentLogger }))),
    ).toBe(true);
  });

  it('is a connection that the server ends in the middle of a statement, through either', async () => {
    const db = await openDatabase({ url: database.url, poolSize: 1, logger: silentLogger });
    try {
      for (const query of [
        () => db.query('SELECT pg_terminate_backend(pg_backend_pid())'),
        () => db.prisma.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())`,
      ]) {
        const failure = await failureOf(query());
        expect(isConnectionFailure(failure)).toBe(true);
        expect(violation(failure)).toBeUndefined();
      }
    } finally {
      await db.close();
    }
  });

  it('is a connection that was closed under a statement', async () => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    const failure = failureOf(client.query('SELECT pg_sleep(60)'));
    const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
    expect(isConnectionFailure(await failure)).toBe(true);
  });

  it('is no broken invariant and no wrong statement', async () => {
    expect(isConnectionFailure(await failureOf(database.db.query('SELECT nonsense')))).toBe(false);
    expect(
      isConnectionFailure(await failureOf(database.db.query(`INSERT INTO auth.families (name) VALUES (NULL)`))),
    ).toBe(false);
  });
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: unknown) => error,
  );
}
