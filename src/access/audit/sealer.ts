/**
 * The sealer of a node: chains what was written, soon after. Every node has one and the lock lets
 * one at a time through, so that a node that ends leaves its rows to the others. It is woken by
 * its own node's acts and by the heartbeat, which sees what is left over, and asks nothing idly.
 *
 * It also bears witness: the end of the chain, as it saw it last, must still be there the next
 * time. Whoever cuts the tail of the trail under a running server is told of in its log.
 */
import type { Database, Transactional } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { anchorText, loadCut } from './anchors.ts';
import { type ChainPosition, isSame } from './chain.rules.ts';
import { type Finder, recordFinding } from './findings.ts';
import type { Anchor } from './proof.rules.ts';
import { type Sealed, sealEntries } from './seal.ts';

const BATCH = 500;
/** What is written meanwhile is chained with it; the whole second is for a busy database. */
const GATHERING_MS = 200;
/** A row may be signed long before its transaction commits: looked for again, less and less often. */
const LOOKS_MS = [400, 800, 1_600];

export interface SealerOptions {
  readonly db: Transactional & Pick<Database, 'outage'>;
  readonly keys: AuditKeys;
  readonly nodeId: string;
  readonly logger: Logger;
}

export interface Sealer {
  /** There is, or will soon be, something to chain. */
  wake(): void;
  /** Chains all that there is, unless another node is at it; answers how many rows it were. */
  seal(): Promise<number>;
  /** The end of the chain as this node saw it last, or as it was lost; undefined if it has not chained yet. */
  seen(): Anchor | undefined;
  /** Chains what is left, and is woken no more. */
  stop(): Promise<void>;
}

export function createSealer({ db, keys, nodeId, logger }: SealerOptions): Sealer {
  let looks = 0;
  let seen: Anchor | undefined;
  let lost: Anchor | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const chaining = loop({
    name: 'Chaining the audit trail',
    outage: db.outage,
    async once() {
      if ((await inTurn()) > 0) looks = 0;
      return LOOKS_MS[looks++] ?? UNTIL_WOKEN;
    },
  });
  const inTurn = (): Promise<number> => {
    const sealed = last.then(sealAll);
    last = sealed.catch(() => undefined);
    return sealed;
  };
  const sealAll = async (): Promise<number> => {
    let count = 0;
    for (let sealed = await sealOnce(); sealed !== undefined; sealed = await sealOnce()) {
      count += sealed.count;
      if (sealed.count < BATCH) break;
    }
    return count;
  };
  const sealOnce = async (): Promise<Sealed | undefined> => {
    const sealed = await sealEntries(db, keys, BATCH);
    if (sealed === undefined) return undefined;
    await bearWitness(sealed.before);
    // Of a trail without a chained row there is nothing to bear witness to.
    if (sealed.head.link > 0) seen = { ...sealed.head, isCut: false, at: Date.now() };
    for (const { sequence, problem } of sealed.broken) {
      logger.error({ sequence }, `The audit trail is broken. ${problem}`);
      await remember('chaining', problem);
    }
    return sealed;
  };
  const remember = (foundBy: Finder, problem: string): Promise<void> =>
    recordFinding(db, { foundBy, problem, nodeId }).catch((error: unknown) =>
      db.outage.warn(error, 'What is wrong with the audit trail could not be written down; the log has it'),
    );
  const bearWitness = async (found: ChainPosition): Promise<void> => {
    if (seen === undefined || (found.link === seen.link && isSame(found.chain, seen.chain))) return;
    const [row] = await db.query<{ chain: Buffer }>('SELECT chain FROM auth.audit_entries WHERE link = $1', [
      seen.link,
    ]);
    if (row !== undefined && isSame(row.chain, seen.chain)) return;
    const cut = await loadCut(db, keys);
    if (row === undefined && cut?.isGenuine && cut.link >= seen.link) return;
    lost ??= seen;
    logger.error(
      { place: seen.link, anchor: anchorText(keys, seen) },
      'The audit trail is broken: its end, as this node saw it, is not there any more. Rows were deleted, or the chain was written anew; verifyAuditTrail with this anchor shows it.',
    );
    await remember('witness', `The end of the trail, as a node saw it at place ${seen.link}, is not there any more.`);
  };

  return {
    wake() {
      looks = 0;
      chaining.wakeIn(GATHERING_MS);
    },
    seal: inTurn,
    seen: () => lost ?? seen,
    async stop() {
      void chaining.stop();
      await inTurn().catch((error: unknown) =>
        db.outage.warn(error, 'The last acts could not be chained; another node does it, or the next start'),
      );
    },
  };
}
