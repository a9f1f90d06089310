/**
 * Guards against a file system that never responds: a data folder on a network whose server is down. A
 * child process tries it first, since a thread of this process that hangs in the kernel would block even
 * the exit.
 */
import { spawn } from 'node:child_process';
import type { Logger } from '../../telemetry/logger.ts';
import { StartError } from '../start-error.ts';

const SAID_AFTER_MS = 10_000;
const GIVEN_UP_AFTER_MS = 60_000;
const READING_GIVEN_UP_AFTER_MS = 10_000;

/**
 * Resolves once the folder’s file system has responded to a write, even with an error. Throws a StartError if
 * it does not within a minute.
 */
export async function fileSystemAnswers(folder: string, logger: Logger): Promise<void> {
  const saying = setTimeout(
    () => logger.warn(`Waiting for the data folder ${folder}: its file system does not answer`),
    SAID_AFTER_MS,
  );
  const write = 'mkdir -p "$0" && : > "$0/.probe-$$" && rm "$0/.probe-$$"';
  await responds(folder, write, GIVEN_UP_AFTER_MS).finally(() => clearTimeout(saying));
}

/** The same for a read, which changes nothing; throws a StartError after ten seconds. */
export const fileSystemReads = (folder: string): Promise<void> =>
  responds(folder, 'ls "$0/postgres"', READING_GIVEN_UP_AFTER_MS);

function responds(folder: string, script: string, patienceMs: number): Promise<void> {
  if (process.platform === 'win32') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const probe = spawn('/bin/sh', ['-c', script, folder], { cwd: '/', stdio: 'ignore' });
    const end = (outcome: () => void) => {
      clearTimeout(givingUp);
      outcome();
    };
    const givingUp = setTimeout(() => {
      probe.kill('SIGKILL');
      // Do not wait for it: it may hang where no signal reaches it.
      probe.unref();
      const said = `The file system of the data folder ${folder} has not answered for ${patienceMs / 1_000} s: see whether its server or disk is there, or set DATA_DIR to another folder.`;
      end(() => reject(new StartError(said)));
    }, patienceMs);
    // Any other problem with the folder is reported by the code that uses it.
    probe.once('error', () => end(resolve));
    probe.once('exit', () => end(resolve));
  });
}

/** Logs what is being waited for while a step takes long. */
export async function saying<T>(what: string, logger: Logger, step: Promise<T>): Promise<T> {
  const begun = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - begun) / 1_000);
    logger.warn(`Waiting for ${seconds} s now: ${what}`);
  }, SAID_AFTER_MS);
  return step.finally(() => clearInterval(timer));
}
