/**
 * Real server processes, and the identity provider simulator as a process that outlives them. Programs run in a
 * separate folder with none of our environment, so that no `.env` and no local setting changes the outcome.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inject } from 'vitest';
import type { Tuning } from '../../src/config/tuning.ts';
import { readPostmaster } from '../../src/database/embedded/postmaster.ts';
import { isAlive } from '../../src/database/embedded/processes.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import type { SimulatorCalls } from '../../src/identity/simulator/simulator.ts';
import { makeOpenFolder, removeDataDir } from './data-dir.ts';
import type {} from './global-setup.ts';

const SERVER_ENV = { LOG_FORMAT: 'json', PORT: '0' };
const POLL_MS = 10;

/** A module that Node loads before the program to change its constants, since no environment variable can. */
const preload = (sources: string, tuning: Partial<Tuning>): string =>
  `data:text/javascript,${encodeURIComponent(`import { TUNING } from '${pathToFileURL(join(sources, 'config/tuning.js')).href}'; Object.assign(TUNING, ${JSON.stringify(tuning)});`)}`;

export type Env = Readonly<Record<string, string | undefined>>;
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
type Ended = Exit & { readonly stdout: string; readonly stderr: string };
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface RunningProgram {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
}

export interface ServerProcess extends RunningProgram {
  /** Without a path: http://127.0.0.1:4000 */
  readonly url: string;
  /** Time from the start of the process to its ready line. */
  readonly readyAfterMs: number;
  logs(): LogLine[];
  /** The response body; `data` has the type that the caller names. */
  graphql<Data>(query: string, variables?: object): Promise<{ data: Data; errors?: { message: string }[] }>;
}

export interface ProviderProcess extends RunningProgram {
  /** The environment that makes a server use it. */
  readonly env: Env;
  readonly token: string;
  setFaults(faults: readonly FaultOrder[]): Promise<void>;
  calls(): Promise<SimulatorCalls>;
}

export type Processes = ReturnType<typeof createProcesses>;

/**
 * The processes and folders of one test file, run from `sources`, a folder with `main.js`. Call `endAll` in
 * afterEach or afterAll.
 */
export function createProcesses(sources: string = inject('serverSources')) {
  const server = join(sources, 'main.js');
  const programs: (RunningProgram & { readonly child: ChildProcess })[] = [];
  const dataDirs: string[] = [];
  let workingFolder: Promise<string> | undefined;

  async function run(
    program: string,
    args: readonly string[],
    env: Env,
    tuning?: Partial<Tuning>,
  ): Promise<RunningProgram> {
    workingFolder ??= mkdtemp(join(tmpdir(), 'family-hub-jobs-process-'));
    const imports = tuning === undefined ? [] : ['--import', preload(sources, tuning)];
    const child = spawn(process.execPath, ['--enable-source-maps', ...imports, program, ...args], {
      cwd: await workingFolder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    const exited = new Promise<Exit>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    const started = {
      child,
      pid: child.pid ?? -1,
      exited,
      stdout: () => output.stdout,
      stderr: () => output.stderr,
      kill: (signal: NodeJS.Signals) => void child.kill(signal),
    };
    programs.push(started);
    return started;
  }

  /** Starts the server without waiting until it is ready. */
  const startProgram = (env: Env, ...args: string[]): Promise<RunningProgram> =>
    run(server, args, { ...SERVER_ENV, ...env });

  const toEnd = async (program: RunningProgram, what: string): Promise<Ended> => {
    const exit = await within(90_000, `${what} to end`, program.exited);
    return { ...exit, stdout: program.stdout(), stderr: program.stderr() };
  };
  /** Starts the program `family-hub-jobs`. */
  const startClient = (env: Env, ...args: string[]): Promise<RunningProgram> =>
    run(join(sources, 'cli/main.js'), args, env);

  return {
    startProgram,
    startClient,

    /** Runs the program `family-hub-jobs` until it exits. */
    runClient: async (env: Env, ...args: string[]): Promise<Ended> =>
      toEnd(await startClient(env, ...args), args.join(' ')),

    /** Runs the server until it exits, for commands and for refused starts. */
    runToEnd: async (env: Env, ...args: string[]): Promise<Ended> =>
      toEnd(await startProgram(env, ...args), args.join(' ') || 'the server'),

    /**
     * Starts a server, with the constants of `tuning` if given. Resolves when it is ready; rejects with its error
     * output when it exits before.
     */
    async startNode(env: Env, tuning?: Partial<Tuning>): Promise<ServerProcess> {
      const begun = performance.now();
      const program = await run(server, [], { ...SERVER_ENV, ...env }, tuning);
      const ready = await readyLine(program, 'a server', (line) => /"msg":"[^"]* is ready after/.test(line));
      const readyAfterMs = Math.round(performance.now() - begun);
      const url = `http://127.0.0.1:${(JSON.parse(ready) as { port: number }).port}`;
      return {
        ...program,
        url,
        readyAfterMs,
        logs: () => completeLines(program.stdout()).map((line) => JSON.parse(line) as LogLine),
        graphql: (query, variables) => ask(url, query, variables),
      };
    },

    /** Starts the simulator on a migrated database. */
    async startProvider(options: { databaseUrl: string; latencyMs?: number }): Promise<ProviderProcess> {
      const { databaseUrl, latencyMs = 0 } = options;
      const program = await run(
        join(sources, 'identity/simulator/standalone.js'),
        ['--database-url', databaseUrl, '--latency-ms', String(latencyMs)],
        {},
      );
      const ready = JSON.parse(await readyLine(program, 'the provider', () => true));
      const { url, organizationId, token } = ready as Record<'url' | 'organizationId' | 'token', string>;
      const control = async (path: string, init: RequestInit = {}): Promise<unknown> => {
        const response = await fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}` } });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return response.json();
      };
      return {
        ...program,
        token,
        env: {
          IDENTITY_PROVIDER: 'zitadel',
          ZITADEL_URL: url,
          ZITADEL_TOKEN: token,
          ZITADEL_ORGANIZATION_ID: organizationId,
        },
        setFaults: async (faults) => {
          await control('/simulator/faults', { method: 'POST', body: JSON.stringify(faults) });
        },
        calls: () => control('/simulator/calls') as Promise<SimulatorCalls>,
      };
    },

    /** Creates a folder for an embedded database; `endAll` stops its PostgreSQL. */
    async makeDataDir(): Promise<string> {
      const folder = await makeOpenFolder('family-hub-jobs-data-');
      dataDirs.push(folder);
      return folder;
    },

    /** Kills every process that still runs, stops PostgreSQL in the data folders, and removes the folders. */
    async endAll(): Promise<void> {
      for (const { child, exited } of programs.splice(0)) {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
        await exited.catch(() => undefined);
      }
      for (const folder of dataDirs.splice(0)) {
        const pid = postgresOf(folder);
        if (pid !== undefined) {
          process.kill(pid, 'SIGQUIT');
          await until('PostgreSQL to end', () => !isAlive(pid));
        }
        await removeDataDir(folder);
      }
      if (workingFolder !== undefined) await rm(await workingFolder, { recursive: true, force: true });
      workingFolder = undefined;
    },
  };
}

/** The process id of the PostgreSQL that runs in a data folder, or undefined. */
export function postgresOf(dataDir: string): number | undefined {
  const pid = readPostmaster(join(dataDir, 'postgres', 'cluster'))?.pid;
  return pid !== undefined && pid !== process.pid && isAlive(pid) ? pid : undefined;
}

/** The processes whose working directory lies in a folder, such as PostgreSQL's in its data folder. Linux only. */
export async function processesIn(folder: string): Promise<number[]> {
  const ids = (await readdir('/proc')).map(Number).filter((id) => id > 0);
  const folders = await Promise.all(ids.map((id) => readlink(`/proc/${id}/cwd`).catch(() => '')));
  return ids.filter((_, index) => folders[index]?.startsWith(folder));
}

/** Polls until the result is not undefined, null or false, and returns it. Throws an Error after the timeout. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 45_000,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== null && answer !== false)
      return answer as Exclude<T, undefined | null | false>;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await delay(POLL_MS);
  }
}

/** The promise's outcome, or an Error after the timeout. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  const gaveUp = new AbortController();
  const tooLate = delay(timeoutMs, undefined, { signal: gaveUp.signal }).then(() => {
    throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
  });
  tooLate.catch(() => undefined);
  return Promise.race([promise, tooLate]).finally(() => gaveUp.abort());
}

async function readyLine(program: RunningProgram, what: string, isReady: (line: string) => boolean): Promise<string> {
  let exit: Exit | undefined;
  void program.exited.then((value) => {
    exit = value;
  });
  return until(
    `${what} to be ready`,
    () => {
      if (exit !== undefined) throw new Error(`${what} ended (${JSON.stringify(exit)}): ${program.stderr()}`);
      return completeLines(program.stdout()).find(isReady);
    },
    90_000,
  );
}

const completeLines = (text: string): string[] => text.split('\n').slice(0, -1);

async function ask<Data>(url: string, query: string, variables?: object) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data: Data; errors?: { message: string }[] };
}
