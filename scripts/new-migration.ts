/**
 * Writes the migration from the schema.prisma of the last commit to the one in the folder, for
 * you to read, complete (what Prisma's schema language cannot say) and commit with it:
 *
 *   npx tsx scripts/new-migration.ts add_something
 *
 * The engine compares the two files, but needs a database that it can connect to.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbedded } from '../src/database/embedded/embedded.ts';
import { loadEngine } from '../src/database/migration-engine.ts';
import { MIGRATIONS_DIRECTORY } from '../src/database/migrations.ts';
import { routeTo } from '../src/database/primary.ts';
import { StartError } from '../src/database/start-error.ts';
import { silentLogger } from '../src/telemetry/logger.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCHEMA = 'prisma/schema.prisma';

async function main(name: string | undefined): Promise<void> {
  if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new StartError(
      'Give the migration a name in lower case, for example: npx tsx scripts/new-migration.ts add_x',
    );
  }
  const committed = execFileSync('git', ['show', `HEAD:${SCHEMA}`], { cwd: ROOT, encoding: 'utf8' });
  const sql = await diff(committed, await readFile(join(ROOT, SCHEMA), 'utf8'));
  if (sql.trim() === '' || sql.includes('This is an empty migration')) {
    throw new StartError(`${SCHEMA} says the same as in the last commit: there is nothing to migrate.`);
  }
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(MIGRATIONS_DIRECTORY, `${stamp}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), sql);
  console.log(`Wrote ${relative(process.cwd(), join(folder, 'migration.sql'))}: read it before you commit it.`);
}

async function diff(from: string, to: string): Promise<string> {
  const given = process.env.DATABASE_URL;
  const embedded =
    given === undefined || given === ''
      ? await startEmbedded({ dataDir: process.env.DATA_DIR ?? join(ROOT, '.data'), logger: silentLogger })
      : undefined;
  const pool = new pg.Pool({ ...routeTo(embedded?.url ?? given ?? ''), max: 1 });
  try {
    const engine = await loadEngine(pool);
    try {
      return await engine.diff(from, to);
    } finally {
      engine.free();
    }
  } finally {
    await pool.end();
    await embedded?.leave();
  }
}

try {
  await main(process.argv[2]);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
