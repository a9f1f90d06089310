/**
 * The connection data of an embedded PostgreSQL: its port, and the passwords of its two roles, in files
 * that only their owner can read.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError } from './failures.ts';
import { DATABASE, OWNER } from './owner.ts';
import { readPostmaster } from './postmaster.ts';

export interface Connection {
  readonly port: number;
  /** The superuser’s password. */
  readonly password: string;
}

/** The superuser’s URL of a database in the cluster, for maintenance; undefined when there is no cluster. */
export function superuserUrl(folder: string, database: string): string | undefined {
  const connection = readOr(folder, 'connection.json');
  if (connection === undefined) return undefined;
  return urlOf(folder, 'postgres', (JSON.parse(connection) as Connection).password, database);
}

/** The URL of the server’s database for its owner, for the server and for psql; undefined when there is none. */
export function ownerUrl(folder: string): string | undefined {
  const password = readOr(folder, 'owner.password')?.trim();
  return password === undefined ? undefined : urlOf(folder, OWNER, password, DATABASE);
}

/** Returns the owner’s password, which the first call creates; of several concurrent calls, one wins. */
export async function ownerPassword(folder: string): Promise<string> {
  const file = join(folder, 'owner.password');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}

export async function readConnection(folder: string): Promise<Connection> {
  return JSON.parse(await readFile(join(folder, 'connection.json'), 'utf8')) as Connection;
}

export async function saveConnection(folder: string, connection: Connection): Promise<void> {
  const file = join(folder, 'connection.json');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

function urlOf(folder: string, role: string, password: string, database: string): string | undefined {
  const running = readPostmaster(join(folder, 'cluster'))?.port;
  const saved = readOr(folder, 'connection.json');
  const port = running ?? (saved === undefined ? undefined : (JSON.parse(saved) as Connection).port);
  return port === undefined ? undefined : `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`;
}

function readOr(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw explainFileError(error, folder);
  }
}
