/** Starts, queries and kills processes that use the embedded database of a data folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect } from 'vitest';
import { readPostmaster } from '../../src/database/embedded/postmaster.ts';
import { isAlive } from '../../src/database/embedded/processes.ts';
import { until } from './process.ts';

const PROGRAM = fileURLToPath(new URL('embedded-member.ts', import.meta.url));

export interface Member {
  readonly child: ChildProcess;
  readonly answer: { url: string; isNew: boolean; folder: string; refusal?: string };
}

/** Starts a member. Resolves when it has joined or was refused. */
export async function startMember(dataDir: string): Promise<Member> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, answer: JSON.parse(line) as Member['answer'] };
}

export async function leave({ child }: Member): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
}

export async function kill({ child }: Member): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Ends the PostgreSQL of a data folder if it runs. */
export async function endPostgres(dataDir: string): Promise<void> {
  const postmaster = readPostmaster(join(dataDir, 'postgres', 'cluster'));
  if (postmaster === undefined || postmaster.pid === process.pid || !isAlive(postmaster.pid)) return;
  process.kill(postmaster.pid, 'SIGQUIT');
  await until('PostgreSQL to end', () => !isAlive(postmaster.pid));
}

/** Returns the rows of one statement, run on a new connection. */
export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
