/**
 * A Prometheus for one test, Debian's, on loopback with its data in a folder that is removed afterwards; and
 * `promtool`, which comes with it.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/database/embedded/cluster.ts';
import { until } from './process.ts';

interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: string;
}

export interface Prometheus {
  /** The current value of an expression, one element per series. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  /** The names of all metrics that it has scraped. */
  metricNames(): Promise<string[]>;
  alerts(): Promise<FiringAlert[]>;
  stop(): Promise<void>;
}

/**
 * Starts it with this configuration file and resolves when it is ready. Throws an Error that names the package to
 * install when it is missing.
 */
export async function startPrometheus(configFile: string): Promise<Prometheus> {
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'family-hub-jobs-prometheus-'));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said += `${error.message}: install it with "apt-get install prometheus"`;
      resolve();
    });
    child.once('close', () => resolve());
  });
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  const base = `http://127.0.0.1:${port}`;
  const ask = async <Data>(path: string): Promise<Data> => {
    const answer = (await (await fetch(base + path)).json()) as { status: string; error?: string; data: Data };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  };
  try {
    await until('Prometheus to answer', async () => {
      if (isEnded) throw new Error(`Prometheus ended: ${said}`);
      return fetch(`${base}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw new Error(`Prometheus does not start: ${said}`, { cause: error });
  }
  return {
    async query(expression) {
      const { result } = await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
        `/api/v1/query?query=${encodeURIComponent(expression)}`,
      );
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    metricNames: () => ask<string[]>('/api/v1/label/__name__/values'),
    alerts: async () => (await ask<{ alerts: FiringAlert[] }>('/api/v1/alerts')).alerts,
    stop,
  };
}

/** Runs promtool in a folder and returns its exit code and output. */
export function promtool(folder: string, args: readonly string[], input = ''): Promise<{ code: number; said: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', args, { cwd: folder }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}
