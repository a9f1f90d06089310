/**
 * A worker's pace: how many entries it may claim at once, and when it should check again what restricts claims.
 * Without limits it claims ahead, in few large statements; with limits, and in the seconds after the circuit
 * closed, it claims no more than it can start at once.
 */
import type { Database } from '../../database/database.ts';
import { slowStart } from '../../identity/circuit.rules.ts';
import { type ClaimedEntry, type ClaimOptions, claimDue } from '../claim.ts';
import { CLAIM_AHEAD_MS, type Held, roomFor, startsAllowed, untilNextToken } from './queue-control.rules.ts';
import { type Controls, claimWithinLimits, loadControls } from './queue-control-claim.ts';

/** Poll interval for changes that send no notification: attempts of other nodes end, a slow start progresses. */
export const CHECK_AGAIN_MS = 100;

/** Tolerance for rounding: two timestamps of the same moment differ by less. */
const ROUNDED_MS = 100;

/** What restricts claims, and what that means for the worker. */
export interface Restrictions {
  /** A due entry may be attempted as a probe. */
  readonly isProbeDue: boolean;
  /** Nothing may be claimed at all. */
  readonly isHeld: boolean;
  /** Limits were set or removed since the last check: another claim may find entries. */
  readonly isChanged: boolean;
  /** Milliseconds until something changes without a notification; undefined if nothing will. */
  readonly ms: number | undefined;
}

export function createPace(db: Database, options: ClaimOptions, concurrency: number) {
  let areLimitsSet = false;
  /** The duration of an attempt: an average in which the last `concurrency` attempts count most. */
  let attemptMs = CLAIM_AHEAD_MS;
  /** When the circuit closed, by performance.now(). */
  let closedAt = Number.NEGATIVE_INFINITY;
  /** The limits prevented the last claim from taking anything. */
  let wasLimited = false;

  const allowed = (): number => slowStart(concurrency, performance.now() - closedAt);
  const isShort = (): boolean => areLimitsSet || allowed() < concurrency;

  return {
    isShort,
    /** Call it when an attempt has ended that took `ms`. */
    ended(ms: number): void {
      attemptMs += (ms - attemptMs) / concurrency;
    },
    /** How many entries to claim; 0 if a statement is not worthwhile yet. */
    room(held: Held): number {
      if (isShort()) return Math.max(0, allowed() - held.calling - held.waiting);
      return roomFor(concurrency, attemptMs, held);
    },
    /** Claims up to `room` entries; `isAll` if there was nothing more to claim at that time. */
    async claim(room: number): Promise<{ entries: ClaimedEntry[]; isAll: boolean }> {
      if (!areLimitsSet) {
        wasLimited = false;
        const entries = await claimDue(db, options, room);
        return { entries, isAll: entries.length < room };
      }
      const { entries, isLimited } = await db.transaction((tx) => claimWithinLimits(tx, options, room));
      wasLimited = isLimited;
      return { entries, isAll: entries.length === 0 };
    },
    /** Reads what restricts claims, and applies it from now on. */
    async check(): Promise<Restrictions> {
      const controls = await loadControls(db, options.provider);
      const wereLimitsSet = areLimitsSet;
      areLimitsSet = controls.startsPerSecond !== null || controls.concurrency !== null;
      // If `closedAt` is in the future, the clock was set back since, and the time elapsed is unknown.
      // Timestamps are rounded, so one of just now may also appear to be in the future.
      const sinceMs = controls.closedAt === null ? undefined : controls.now.getTime() - controls.closedAt.getTime();
      if (sinceMs !== undefined && sinceMs > -ROUNDED_MS) closedAt = performance.now() - Math.max(0, sinceMs);
      const isOpen = controls.circuitState !== 'closed';
      const isHeld = isOpen || controls.isQueuePaused;
      const probeAt = probeTime(controls);
      return {
        isProbeDue: isOpen && !controls.isQueuePaused && probeAt !== null && probeAt <= controls.now,
        isHeld,
        isChanged: areLimitsSet !== wereLimitsSet,
        ms: untilChange(controls, wasLimited && !isHeld),
      };
    },
  };
}

/** When the circuit may be probed: by any node, or again after the probe in progress has expired. */
const probeTime = ({ circuitState, nextProbeAt, probeExpiresAt }: Controls): Date | null =>
  circuitState === 'open' ? nextProbeAt : probeExpiresAt;

/** Milliseconds until a restriction on claims changes without a notification; undefined if none will. */
function untilChange(controls: Controls, wasLimited: boolean): number | undefined {
  const { now, pauseEndsAt, isAnyDue } = controls;
  const waits = [probeTime(controls), pauseEndsAt].flatMap((at) =>
    at !== null && at > now ? [at.getTime() - now.getTime()] : [],
  );
  // Attempts of other nodes count too, and no notification says that they ended.
  if (wasLimited && isAnyDue) waits.push(startsAllowed(controls) > 0 ? 0 : untilNextToken(controls) || CHECK_AGAIN_MS);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
