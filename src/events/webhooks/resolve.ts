/**
 * Resolves a host's addresses, once for each delivery. Node's lookup occupies one of the four threads that
 * file access and cryptography also use, and cannot be cancelled. So concurrent lookups of one name are
 * shared, and only a few run at a time: a receiver's slow name server must not block the process, nor other
 * receivers for long.
 */
import { lookup } from 'node:dns/promises';
import { familyOf } from '../../addresses.ts';

/** Returns a host's addresses; for an address, the address. Rejects with codes such as `ENOTFOUND`. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const MOST_AT_A_TIME = 3;

/** Creates a resolver that shares and limits the calls of `ask`. */
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

/** The system's resolver: one for the whole process, because the limit protects its threads. */
export const resolveHost = createResolver(async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address),
);
