/**
 * Asking for a host's addresses, once for each delivery. Node asks in one of the four threads that
 * files and ciphers need as well, and cannot give a question up: so a name that is being asked for
 * is asked for once whoever waits, and few at a time are, so that a slow name server of one
 * receiver holds up neither the process nor for long the other receivers.
 */
import { lookup } from 'node:dns/promises';
import { familyOf } from '../../addresses.ts';

/** Answers a host's addresses; an address is its own. Rejects with `ENOTFOUND` and the like. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const MOST_AT_A_TIME = 3;

/** Creates a resolver over a function that asks a name server. */
export function createResolver(ask: Resolve): Resolve {
  const asking = new Map<string, Promise<readonly string[]>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const askInTurn = async (host: string): Promise<readonly string[]> => {
    if (running >= MOST_AT_A_TIME) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await ask(host);
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };

  return (host) => {
    if (familyOf(host) !== undefined) return Promise.resolve([host]);
    let answer = asking.get(host);
    if (answer === undefined) {
      answer = askInTurn(host).finally(() => asking.delete(host));
      asking.set(host, answer);
    }
    return answer;
  };
}

/** The system's resolver; one for the whole process, whose threads it spares. */
export const resolveHost = createResolver(async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address),
);
