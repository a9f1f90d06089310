/**
 * Several servers that are killed, replaced and halted, and when each of them was healthy. Chaos tests need this to
 * know what to expect of which server.
 */
import type { ServerProcess } from './process.ts';

export interface Troupe {
  /** Kills a healthy server, random or with this process id, and starts another. Resolves when the new one is ready. */
  killOne(pid?: number): Promise<void>;
  /** Halts a random healthy server; the returned function resumes it. */
  haltOne(): () => void;
  kills(): number;
  /** The number of servers that were healthy at an instant, in epoch milliseconds. */
  countWell(at: number): number;
}

interface Member {
  readonly node: ServerProcess;
  /** The periods in which it was healthy; the last one may be open. */
  readonly spells: { readonly from: number; to: number }[];
}

/** Starts `size` servers and resolves when all are ready. `start` starts one. */
export async function createTroupe(size: number, start: () => Promise<ServerProcess>): Promise<Troupe> {
  const everyone: Member[] = [];
  let kills = 0;

  const join = async (): Promise<void> => {
    const node = await start();
    everyone.push({ node, spells: [{ from: Date.now(), to: Number.POSITIVE_INFINITY }] });
  };
  const isWellAt = ({ spells }: Member, at: number): boolean => spells.some(({ from, to }) => at >= from && at < to);
  const pick = (pid?: number): Member => {
    const well = everyone.filter(
      (member) => isWellAt(member, Date.now()) && (pid === undefined || member.node.pid === pid),
    );
    const member = well[Math.floor(well.length * Math.random())];
    if (member === undefined) throw new Error('No server is well: there is none to be killed or halted.');
    return member;
  };
  const fallIll = ({ spells }: Member): void => {
    const spell = spells.at(-1);
    if (spell !== undefined) spell.to = Date.now();
  };

  await Promise.all(Array.from({ length: size }, join));
  return {
    async killOne(pid) {
      const member = pick(pid);
      fallIll(member);
      member.node.kill('SIGKILL');
      await member.node.exited;
      kills += 1;
      await join();
    },
    haltOne() {
      const member = pick();
      fallIll(member);
      member.node.kill('SIGSTOP');
      return () => {
        member.node.kill('SIGCONT');
        member.spells.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
      };
    },
    kills: () => kills,
    countWell: (at) => everyone.filter((member) => isWellAt(member, at)).length,
  };
}
