/** Runs an example as its README says: copied to an empty folder, without the tree that it is in. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Env, until } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Output {
  stdout: string;
  stderr: string;
}

export interface Example {
  readonly folder: string;
  /** Runs a command line in the example's folder to its end. */
  run(command: string, env?: Env): Promise<Output & { code: number | null }>;
  /** Starts a command line and resolves when its standard output matches `ready`, with that match. */
  start(command: string, ready: RegExp, env?: Env): Promise<Output & { found: RegExpExecArray }>;
  /** Kills what was started, with its child processes, and waits for it. */
  stop(): Promise<void>;
  /** Stops, and deletes the copy. */
  remove(): Promise<void>;
}

/** Copies what is committed of `examples/<name>`, or is about to be. */
export async function copyExample(name: string): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), `family-hub-jobs-example-${name}-`));
  const within = `examples/${name}`;
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', within], { cwd: ROOT, encoding: 'utf8' });
  for (const path of files.trim().split('\n'))
    await cp(join(ROOT, path), join(folder, relative(within, path)), { recursive: true });

  const running: ChildProcess[] = [];
  /** In a process group of its own: npm starts a shell, which starts the program. */
  function launch(command: string, env: Env = {}) {
    const child = spawn('bash', ['-c', command], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output: Output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    running.push(child);
    return { child, output };
  }
  const stop = async (): Promise<void> => {
    for (const child of running.splice(0)) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      process.kill(-child.pid, 'SIGKILL');
      await once(child, 'exit');
    }
  };
  return {
    folder,
    async run(command, env) {
      const { child, output } = launch(command, env);
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, ...output };
    },
    async start(command, ready, env) {
      const { child, output } = launch(command, env);
      const found = await until(`"${command}" to be ready`, () => {
        if (child.exitCode !== null) throw new Error(`"${command}" ended: ${output.stdout}${output.stderr}`);
        return ready.exec(output.stdout);
      });
      return Object.assign(output, { found });
    },
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
