/** A peer as a contestant: the parent's side of its process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Contestant } from './contestant.ts';

export interface PeerSetting {
  readonly url: string;
  readonly providerUrl: string;
  readonly familyId: string;
  readonly redisPort?: number;
  /** Empties the tables of account.ts. */
  readonly clearAccounts: () => Promise<unknown>;
}

/** Starts a peer by its name in worker.ts. */
export async function startPeer(name: string, setting: PeerSetting): Promise<Contestant> {
  const { url, providerUrl, familyId, redisPort = 0, clearAccounts } = setting;
  const child = fork(new URL('./worker.ts', import.meta.url), [name, providerUrl, familyId, String(redisPort)], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, PEERS_DATABASE_URL: url },
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const message = async (): Promise<unknown> => (await Promise.race([once(child, 'message'), ended]))[0];
  await message();
  const ask = async (command: string, count = 0): Promise<number> => {
    child.send({ command, count });
    const { result, error } = (await message()) as { result: number; error?: string };
    if (error !== undefined) throw new Error(`${name}, ${command}: ${error}`);
    return result;
  };
  return {
    name,
    pid: child.pid ?? 0,
    async clear() {
      await ask('clear');
      await clearAccounts();
    },
    enqueueBulk: (count) => ask('enqueueBulk', count),
    enqueueSingly: (count) => ask('enqueueSingly', count),
    startWork: async () => void (await ask('startWork')),
    stopWork: async () => void (await ask('stopWork')),
    unfinished: () => ask('unfinished'),
    enqueueOne: () => ask('enqueueOne'),
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
