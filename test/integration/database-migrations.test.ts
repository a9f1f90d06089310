/**
 * Migrations at start: applied once however many nodes start, completely or not at all, and refused on a foreign
 * database.
 */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS_DIRECTORY, migrate } from '../../src/database/migrations.ts';
import { StartError } from '../../src/database/start-error.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createEmptyDatabase } from '../support/database.ts';

let database: { url: string; drop(): Promise<void> };
let directory: string;
let ours: string[];

beforeEach(async () => {
  database = await createEmptyDatabase();
  directory = await mkdtemp(join(tmpdir(), 'family-hub-jobs-migrations-'));
  await cp(MIGRATIONS_DIRECTORY, directory, { recursive: true });
  ours = (await readdir(directory, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

describe('migrate', () => {
  it('applies all to an empty database, and then nothing', async () => {
    expect(await run()).toEqual({ applied: ours });
    expect(await run()).toEqual({ applied: [] });
    expect(
      await ask(
        'SELECT migration_name AS name, finished_at IS NOT NULL AS "isFinished", logs FROM public._prisma_migrations ORDER BY started_at',
      ),
    ).toEqual(ours.map((name) => ({ name, isFinished: true, logs: null })));
  });

  it('applies each once when four nodes start at once', async () => {
    await add('20990101000000_more', 'CREATE TABLE auth.more (id int);');
    const results = await Promise.all([run(), run(), run(), run()]);
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual([...ours, '20990101000000_more']);
    expect(await ask('SELECT count(*)::int AS count FROM public._prisma_migrations')).toEqual([
      { count: ours.length + 1 },
    ]);
  });

  it('waits for another node that is migrating', async () => {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock(4712021303)');
    const waiting = run();
    await expect
      .poll(() => ask(`SELECT 1 AS one FROM pg_locks WHERE ${ADVISORY} AND NOT granted`))
      .toEqual([{ one: 1 }]);
    await other.query('COMMIT');
    await other.end();
    expect(await waiting).toEqual({ applied: ours });
  });

  it('applies a later one to a database in use, and keeps its rows', async () => {
    await run();
    await ask(`INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
      VALUES ('Nightly', '0 3 * * *', 'UTC', 'skip', '2026-01-02 03:00:00+00')`);
    await add('20990101000000_labels', `ALTER TABLE auth.job_schedules ADD COLUMN label text NOT NULL DEFAULT 'none';`);
    expect(await run()).toEqual({ applied: ['20990101000000_labels'] });
    expect(await ask('SELECT name, label, resolved_through AS settled FROM auth.job_schedules')).toEqual([
      { name: 'Nightly', label: 'none', settled: new Date('2026-01-02T03:00:00Z') },
    ]);
  });

  it('lets a later one say which columns of a table count as a change', async () => {
    await run();
    await ask(`INSERT INTO auth.identity_circuits (provider) VALUES ('zitadel'), ('simulator')`);
    const changed = async (update: string): Promise<unknown> => {
      await ask(`TRUNCATE auth.changes; UPDATE auth.identity_circuits SET ${update} WHERE provider = 'zitadel'`);
      return ask('SELECT topic, kind, keys FROM auth.changes');
    };
    const change = { topic: 'circuit', kind: 'updated', keys: ['zitadel'] };
    expect(await changed('failed_probes = 1')).toEqual([]);
    expect(await changed(`reason = 'by hand'`)).toEqual([change]);

    await add(
      '20990101000000_probes',
      `CALL auth.track_changes('circuit', 'auth.identity_circuits', key => 'provider', columns => 'failed_probes');`,
    );
    await run();
    expect(await changed('failed_probes = 2')).toEqual([change]);
    expect(await changed(`reason = 'of the network'`)).toEqual([]);
  });

  it('keeps nothing of a migration that fails, and everything before it', async () => {
    await add('20990101000000_good', 'CREATE TABLE auth.good (id int);');
    await add('20990102000000_bad', 'CREATE TABLE auth.half (id int); SELECT 1 / 0;');
    const failure = run();
    await expect(failure).rejects.toBeInstanceOf(StartError);
    await expect(failure).rejects.toThrow(
      'Migration 20990102000000_bad cannot be applied (division by zero, SQLSTATE 22012); the database is as it was before it.',
    );
    expect(
      await ask(`SELECT to_regclass('auth.good') IS NOT NULL AS good, to_regclass('auth.half') IS NOT NULL AS half`),
    ).toEqual([{ good: true, half: false }]);

    await add('20990102000000_bad', 'CREATE TABLE auth.half (id int);');
    expect(await run()).toEqual({ applied: ['20990102000000_bad'] });
  });

  it('takes a function body with semicolons whole', async () => {
    await add(
      '20990101000000_function',
      'CREATE FUNCTION auth.two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$;',
    );
    await run();
    expect(await ask('SELECT auth.two() AS two')).toEqual([{ two: 2 }]);
  });

  it('refuses a database of a newer version, naming both', async () => {
    await add('20990101000000_future', 'CREATE TABLE auth.future (id int);');
    await run();
    await rm(join(directory, '20990101000000_future'), { recursive: true });
    const refusal = run();
    await expect(refusal).rejects.toBeInstanceOf(StartError);
    await expect(refusal).rejects.toThrow('20990101000000_future');
    await expect(refusal).rejects.toThrow(`knows them up to ${ours.at(-1)}`);
  });

  it('refuses a migration that was changed after it was applied', async () => {
    await add('20990101000000_more', 'CREATE TABLE auth.more (id int);');
    await run();
    await add('20990101000000_more', 'CREATE TABLE auth.more (id bigint);');
    await expect(run()).rejects.toThrow('Migration 20990101000000_more was changed after it had been applied');
  });

  it('refuses one that Prisma left half-done, saying what to do', async () => {
    await run();
    await ask(
      `INSERT INTO public._prisma_migrations (id, checksum, migration_name, logs)
       VALUES (gen_random_uuid()::text, 'x', '${ours.at(-1)}', 'it broke')`,
    );
    await expect(run()).rejects.toThrow(`npx prisma migrate resolve --rolled-back ${ours.at(-1)}`);
  });

  it('leaves no lock behind', async () => {
    await run();
    expect(await ask(`SELECT 1 FROM pg_locks WHERE ${ADVISORY}`)).toEqual([]);
  });
});

/** Only locks of this database: other tests hold locks in the same cluster. */
const ADVISORY = `locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

function run(): Promise<{ applied: string[] }> {
  return migrate({ url: database.url, logger: silentLogger, directory });
}

async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
