/**
 * Preloaded into a server process: measures the most CPU time that its main thread spent between two turns of the
 * event loop. Wall-clock time would grow on a busy machine; CPU time excludes other processes. SIGUSR2 prints the
 * maximum on stderr and resets it.
 */
import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`;

/** CPU time in milliseconds: of the thread where Linux reports it, otherwise of the process. */
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
