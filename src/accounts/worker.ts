/**
 * A node's worker. When woken, it claims due entries until none is left, with at most
 * PROVIDER_CONCURRENCY attempts in flight; then it sleeps until the next entry falls due. While the
 * circuit is not closed, it claims only a probe, when one is due. In the seconds after the circuit
 * closed, and while limits are set, it claims no more than it can start at once.
 */

import { releaseProbe } from '../identity/circuit.ts';
import { inSpan, markFailed, type Span } from '../telemetry/tracing.ts';
import { within } from '../within.ts';
import type { Services } from '../work/context.ts';
import { loop, UNTIL_WOKEN } from '../work/loop.ts';
import { announce } from '../work/unit.ts';
import { type AttemptServices, longestAttemptMs, makeAttempt } from './attempt.ts';
import { type ClaimedEntry, claimOptions, claimProbe, giveBack, nextDueInMs } from './claim.ts';
import { createHolds } from './control/holds.ts';
import { CHECK_AGAIN_MS, createPace } from './control/queue-control-pace.ts';
import { createOutcomeWriter, type OutcomeServices } from './outcomes.ts';

/** The services that a worker needs. */
export type WorkerServices = OutcomeServices & AttemptServices & Pick<Services, 'nodeId'>;

export interface Worker {
  /** Claims due entries now; several wakes in a row count as one. */
  wake(): void;
  /** Call it after the circuit, a pause or a limit changed: the worker reads them again before it claims more. */
  reconsider(): void;
  attemptsInHand(): number;
  /**
   * Stops claiming, releases claimed entries whose attempt has not started, and waits for attempts in progress.
   * Resolves after `timeoutMs` at the latest.
   */
  stop(timeoutMs: number): Promise<void>;
}

/** Delay before querying when the next entry falls due: a worker that is soon busy again does not need to know. */
const IDLE_MS = 20;

/** Creates the worker; it does nothing until it is woken. */
export function createWorker(services: WorkerServices): Worker {
  const { db, provider, config, logger } = services;
  const { PROVIDER_CONCURRENCY: concurrency, PROVIDER_TIMEOUT: timeoutMs, LEASE_DURATION: leaseMs } = config;
  const metrics = services.metrics.queue;
  const claim = claimOptions(services);
  const outcomes = createOutcomeWriter(services, () => void returnUnstarted());
  /** Entries claimed ahead, so that a free slot is filled without a database round trip. */
  let waiting: { entry: ClaimedEntry; probeToken?: string }[] = [];
  /** Number of attempts that are calling the provider; at most `concurrency`. */
  let calling = 0;
  /** Attempts that are calling the provider or whose outcome is being written. */
  const attempts = new Set<Promise<void>>();
  let slotFreed: (() => void) | undefined;
  /** Circuit, pauses and limits must be read before the next claim; a new node has not read them yet. */
  let mustCheck = true;
  /** Next change without a notification (a probe is due, a pause ends, limits allow a start), by performance.now(). */
  let changesAt = UNTIL_WOKEN;
  /** Nothing may be claimed until then, by performance.now(), unless a notification says that it changed. */
  let heldUntil = 0;
  let isAwake = false;
  const pace = createPace(db, claim, concurrency);

  const claims = loop({
    name: 'Claiming due entries',
    outage: db.outage,
    async once(stopping) {
      if (performance.now() >= changesAt) changesAt = UNTIL_WOKEN;
      await claimAllDue(stopping);
      if (!claims.isWoken() && performance.now() >= heldUntil) dueTimer.wakeIn(IDLE_MS);
      return changesAt - performance.now();
    },
  });
  /** A separate loop, so that claims do not wait for this query. */
  const dueTimer = loop({
    name: 'Asking when the next entry falls due',
    outage: db.outage,
    async once() {
      claims.wakeIn(await nextDueInMs(db));
      return UNTIL_WOKEN;
    },
  });

  const holds = createHolds(services);

  const claimAllDue = async (stopping: AbortSignal): Promise<void> => {
    while (!stopping.aborted) {
      if (mustCheck && (await checkControls(stopping)) === 'held') return;
      const room = pace.room({ calling, waiting: waiting.length, unwritten: attempts.size - calling });
      if (room === 0) {
        await slotFree(pace.isShort());
        continue;
      }
      const { entries, isAll } = await pace.claim(room);
      if (stopping.aborted) return returnEntries(entries);
      take(entries);
      if (!isAll) continue;
      // If nothing was claimed, either nothing is due, or the circuit, a pause or a limit prevents it.
      if (entries.length > 0 || (await checkControls(stopping)) !== 'changed') return;
    }
  };

  const slotFree = (isShort: boolean): Promise<void> =>
    new Promise((resolve) => {
      const again = isShort ? setTimeout(resolve, CHECK_AGAIN_MS) : undefined;
      slotFreed = () => {
        clearTimeout(again);
        resolve();
      };
    });

  /** Reads circuit, pauses and limits, and when they next change without a notification; sends a probe if one is due. */
  const checkControls = async (stopping: AbortSignal): Promise<'held' | 'free' | 'changed'> => {
    // A queue that fills while nothing may be claimed would otherwise read them for each entry.
    if (performance.now() < heldUntil) {
      changesAt = Math.min(changesAt, heldUntil);
      return 'held';
    }
    // Entries claimed ahead may be paused by now, or exceed a new limit.
    if (mustCheck) void returnUnstarted();
    // Reset before the query, so that a change during the query causes another one.
    mustCheck = false;
    const { isHeld, isChanged, isProbeDue, ms } = await pace.check().catch((error: unknown) => {
      mustCheck = true;
      throw error;
    });
    if (isHeld) void returnUnstarted();
    if (ms !== undefined) changesAt = performance.now() + Math.max(ms, 10);
    if (isHeld && !isProbeDue && !mustCheck) heldUntil = Math.min(changesAt, performance.now() + CHECK_AGAIN_MS);
    mustCheck ||= isHeld; // The slow start begins when the circuit closes.
    if (isProbeDue && !stopping.aborted) await probe();
    return isHeld ? 'held' : isChanged ? 'changed' : 'free';
  };

  const probe = async (): Promise<void> => {
    const probe = await claimProbe(db, claim);
    if (probe === undefined) return;
    announce(services, 'circuitProbed');
    take([probe.entry], probe.probeToken);
  };

  const take = (entries: ClaimedEntry[], probeToken?: string): void => {
    if (entries.length === 0) return;
    metrics.claimed.inc(entries.length);
    metrics.claimBatch.observe(entries.length);
    announce(services, 'entriesClaimed');
    for (const entry of entries) waiting.push({ entry, probeToken });
    startWaiting();
  };

  /** Starts attempts in the free slots; releases entries whose lease is too short by now. */
  const startWaiting = (): void => {
    const tooLate: ClaimedEntry[] = [];
    while (calling < concurrency) {
      const next = waiting.shift();
      if (next === undefined) break;
      if (next.entry.heldMs() + longestAttemptMs(timeoutMs) < leaseMs) start(next.entry, next.probeToken);
      else if (next.probeToken === undefined) tooLate.push(next.entry);
      else void returnEntries([next.entry], null, next.probeToken);
    }
    void returnEntries(tooLate);
  };

  const start = (entry: ClaimedEntry, probeToken?: string): void => {
    calling++;
    const attempt = inSpan('attempt account creation', { kind: 'consumer', traceOf: entry.id }, (span) =>
      run(entry, probeToken, span),
    ).finally(() => {
      attempts.delete(attempt);
      slotFreed?.();
    });
    attempts.add(attempt);
  };

  /** Runs one attempt until its outcome is written. */
  const run = async (entry: ClaimedEntry, probeToken?: string, span?: Span): Promise<void> => {
    const startedAt = entry.now();
    span?.setAttributes({ 'family_hub.entry_id': entry.id, 'family_hub.attempt': entry.attemptNumber });
    const begun = performance.now();
    try {
      const result = await makeAttempt(entry, services).finally(() => {
        calling--;
        pace.ended(performance.now() - begun);
        startWaiting();
        slotFreed?.();
      });
      if (result.kind === 'postponed') return await returnEntries([entry], result.until, probeToken);
      if (result.kind === 'failure') markFailed(span, result.code);
      await outcomes.write({ entry, result, startedAt, finishedAt: entry.now(), probeToken });
    } catch (error) {
      // Nothing was written: the lease expires, and the next attempt looks up the account first.
      logger.error(
        { err: error, jobId: entry.id },
        'An attempt broke off; its entry is taken over when the lease ends',
      );
    }
  };

  /** Releases the entries that were claimed ahead, except a probe. */
  const returnUnstarted = (): Promise<void> => {
    const unstarted = waiting.filter(({ probeToken }) => probeToken === undefined);
    waiting = waiting.filter(({ probeToken }) => probeToken !== undefined);
    return returnEntries(unstarted.map(({ entry }) => entry));
  };

  /** Releases entries, and the right to probe if `probe` is a token, so that other nodes can claim both. */
  const returnEntries = async (entries: ClaimedEntry[], notBefore: Date | null = null, probe = ''): Promise<void> => {
    if (entries.length === 0) return;
    try {
      await giveBack(db, entries, notBefore);
      if (probe !== '' && (await releaseProbe(db, provider.name, probe))) announce(services, 'circuitProbed');
      announce(services, 'entriesGivenBack');
    } catch (error) {
      db.outage.warn(error, 'Entries could not be given back; they are taken over when their leases end');
    }
  };

  return {
    wake() {
      claims.wake();
      if (!isAwake) holds.wake();
      isAwake = true;
    },
    reconsider() {
      mustCheck = true;
      heldUntil = 0;
      slotFreed?.();
      claims.wake();
      holds.wake();
    },
    attemptsInHand: () => attempts.size,
    async stop(timeout) {
      const loops = [claims, holds, dueTimer].map((one) => one.stop());
      slotFreed?.();
      const unstarted = waiting.map(({ entry }) => entry);
      waiting = [];
      const ended = (async () => {
        await returnEntries(unstarted);
        await Promise.all(loops);
        while (attempts.size > 0) await Promise.allSettled([...attempts]);
      })();
      await within(timeout, ended);
      if (attempts.size > 0)
        logger.warn(
          { attempts: attempts.size },
          'Attempts did not end in time; their entries are taken over when the leases end',
        );
    },
  };
}
