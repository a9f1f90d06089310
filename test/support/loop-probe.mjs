/**
 * Preloaded into a server's process: the most processor time that its main thread spent between two
 * turns of the event loop. Not the time by a clock, which a busy machine stretches: what others take
 * of a processor is not counted. SIGUSR2 prints it on stderr and begins anew.
 */
import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`;

/** Milliseconds; of the thread where Linux tells, else of the process. */
function spentMs() {
  try {
    return Number(readFileSync(SCHEDULE, 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
}

if (isMainThread) {
  let last = spentMs();
  let longest = 0;
  const turn = () => {
    const now = spentMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  setInterval(turn, 5).unref();
  process.on('SIGUSR2', () => {
    turn();
    writeSync(2, `${JSON.stringify({ longestTurnMs: longest })}\n`);
    longest = 0;
  });
}
