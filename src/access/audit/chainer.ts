/**
 * Chains audit entries shortly after they are written. Every node has a chainer and a lock admits one at a
 * time, so that the other nodes chain the entries that a stopped node left. It does not poll: its own node's
 * audit entries wake it, and so does the heartbeat, which finds entries left over.
 */
import type { Database, Transactional } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { type Chained, chainEntries } from './chain.ts';

const BATCH = 500;
/** Entries written meanwhile are chained together. The rest of the promised second is for a busy database. */
const GATHERING_MS = 200;
/** An entry may be signed long before its transaction commits: check again, with growing delays. */
const CHECKS_MS = [400, 800, 1_600];

export interface ChainerOptions {
  readonly db: Transactional & Pick<Database, 'outage'>;
  readonly keys: AuditKeys;
  readonly logger: Logger;
}

export interface Chainer {
  /** Call when there is, or will soon be, an entry to chain. */
  wake(): void;
  /** Chains all entries, unless another node is chaining. Returns how many it chained. */
  chain(): Promise<number>;
  /** Stops the loop and chains what is left. */
  stop(): Promise<void>;
}

export function createChainer({ db, keys, logger }: ChainerOptions): Chainer {
  let checks = 0;
  let last: Promise<unknown> = Promise.resolve();

  const chaining = loop({
    name: 'Chaining the audit trail',
    outage: db.outage,
    async once() {
      if ((await inTurn()) > 0) checks = 0;
      return CHECKS_MS[checks++] ?? UNTIL_WOKEN;
    },
  });
  const inTurn = (): Promise<number> => {
    const chained = last.then(chainAll);
    last = chained.catch(() => undefined);
    return chained;
  };
  const chainAll = async (): Promise<number> => {
    let count = 0;
    for (let chained = await chainOnce(); chained !== undefined; chained = await chainOnce()) {
      count += chained.count;
      if (chained.count < BATCH) break;
    }
    return count;
  };
  const chainOnce = async (): Promise<Chained | undefined> => {
    const chained = await chainEntries(db, keys, BATCH);
    for (const { sequence, problem } of chained?.broken ?? [])
      logger.error({ sequence }, `The audit trail is broken. ${problem}`);
    return chained;
  };

  return {
    wake() {
      checks = 0;
      chaining.wakeIn(GATHERING_MS);
    },
    chain: inTurn,
    async stop() {
      void chaining.stop();
      await inTurn().catch((error: unknown) =>
        db.outage.warn(
          error,
          'The last audit entries could not be chained; another node chains them, or the next start',
        ),
      );
    },
  };
}
