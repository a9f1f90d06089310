/** A real server process with its own durable embedded database, and load on it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Tuning } from '../src/config/tuning.ts';
import { cpuOf, cpuOfPostgres } from './cpu.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The results of the load process; times in milliseconds. */
export interface Load {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

/** CPU time per request in microseconds, of the server and of PostgreSQL. */
export interface Cost {
  readonly ours: number;
  readonly postgres: number;
}

export type LoadKind = 'typename' | 'enqueue' | 'bulk' | 'page' | 'deep';

export interface BenchServer {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  /**
   * Sends `requests` from `callers` concurrent callers; returns rate, latency and CPU time. `deep` takes
   * the cursor to continue from.
   */
  load(kind: LoadKind, callers: number, requests: number, cursor?: string): Promise<Load & Cost>;
  graphql(query: string): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts the compiled server (`npm run build` first) on the given data folder or a new one, or on `DATABASE_URL`;
 * `tuning` overrides constants that no environment variable sets. With `ADMIN_TOKEN` all requests carry that token.
 */
export async function startBenchServer(
  env: Record<string, string> = {},
  tuning: Partial<Tuning> = {},
): Promise<BenchServer> {
  const dataDir = env.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
  const token = env.ADMIN_TOKEN ?? '';
  const module = new URL('../dist/config/tuning.js', import.meta.url).href;
  const preload = `import { TUNING } from '${module}'; Object.assign(TUNING, ${JSON.stringify(tuning)});`;
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, 'dist/main.js'],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', LOG_FORMAT: 'json', LOG_LEVEL: 'info', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  let port: string | undefined;
  while (port === undefined) {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    output += chunk.toString();
    port = /"port":(\d+)/.exec(output)?.[1];
  }
  child.stdout.resume();
  const url = `http://127.0.0.1:${port}`;
  const graphql = async (query: string): Promise<unknown> => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query }),
    });
    return answer.json();
  };
  const families = (await graphql('{ families { nodes { familyId members { nodes { userId } } } } }')) as {
    data: { families: { nodes: { familyId: string; members: { nodes: { userId: string }[] } }[] } };
  };
  const family = families.data.families.nodes[0];
  const ids = [family?.familyId ?? '', family?.members.nodes[0]?.userId ?? ''];
  return {
    url,
    dataDir,
    graphql,
    pid: child.pid ?? 0,
    async load(kind, callers, requests, cursor = '') {
      const cpu = () => ({
        ours: cpuOf(child.pid ?? 0),
        postgres: cpuOfPostgres(join(dataDir, 'postgres', 'cluster')),
      });
      const before = cpu();
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', 'bench/load.ts', url, String(callers), String(requests), kind, ...ids, cursor],
        { cwd: ROOT, env: { ...process.env, BENCH_TOKEN: token } },
      );
      const after = cpu();
      const each = (seconds: number): number => (seconds * 1_000_000) / requests;
      return {
        ...(JSON.parse(stdout) as Load),
        ours: each(after.ours - before.ours),
        postgres: each(after.postgres - before.postgres),
      };
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      if (env.DATA_DIR === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
