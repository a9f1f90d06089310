/**
 * A worker's pace: how many entries it may claim at once, and when it should look again at what holds
 * claims back. Without limits it claims ahead; with them, and in the seconds after the circuit closed,
 * it claims no more than it can start at once.
 */
import type { Database } from '../../database/database.ts';
import { slowStart } from '../../identity/circuit.rules.ts';
import { type ClaimedEntry, type ClaimOptions, claimDue } from '../claim.ts';
import { startsAllowed, untilNextToken } from './queue-control.rules.ts';
import { type Controls, claimWithinLimits, loadControls } from './queue-control-claim.ts';

/** How often to look again for what sends no notice: other nodes' attempts that end, a slow start that grows. */
export const LOOK_AGAIN_MS = 100;

/** More than the instants of one moment differ by when they are rounded. */
const ROUNDED_MS = 100;

/** What holds claims back, and what that means for the worker. */
export interface Outlook {
  /** The circuit is not closed. */
  readonly isOpen: boolean;
  /** A due entry may be let through as a probe. */
  readonly isProbeDue: boolean;
  /** Nothing may be claimed at all. */
  readonly isHeld: boolean;
  /** Limits were set or lifted since the last look: a claim may now find something. */
  readonly isChanged: boolean;
  /** Milliseconds until something changes without a notice; undefined if nothing will. */
  readonly ms: number | undefined;
}

export function createPace(db: Database, options: ClaimOptions, concurrency: number) {
  let areLimitsSet = false;
  /** When the circuit closed, by performance.now(). */
  let closedAt = Number.NEGATIVE_INFINITY;
  /** The limits let the last claim take nothing. */
  let wasLimited = false;

  const allowed = (): number => slowStart(concurrency, performance.now() - closedAt);
  const isShort = (): boolean => areLimitsSet || allowed() < concurrency;

  return {
    isShort,
    /** How many entries to claim with so many in hand; 0 when it is not worth a statement yet. */
    room(inHand: number): number {
      if (isShort()) return Math.max(0, allowed() - inHand);
      const room = 2 * concurrency - inHand;
      return room < concurrency / 2 ? 0 : room;
    },
    /** Claims up to `room` entries; `isAll` when there was nothing more to claim at that instant. */
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
    /** Reads what holds claims back, and keeps to it from now on. */
    async look(): Promise<Outlook> {
      const controls = await loadControls(db, options.provider);
      const wereLimitsSet = areLimitsSet;
      areLimitsSet = controls.startsPerSecond !== null || controls.concurrency !== null;
      // An instant of the future is from before the clock was set back: how long ago is not known. Instants
      // are rounded, and one of just now may seem to be still to come.
      const sinceMs = controls.closedAt === null ? undefined : controls.now.getTime() - controls.closedAt.getTime();
      if (sinceMs !== undefined && sinceMs > -ROUNDED_MS) closedAt = performance.now() - Math.max(0, sinceMs);
      const isOpen = controls.circuitState !== 'closed';
      const isHeld = isOpen || controls.isQueuePaused;
      const probeAt = probeTime(controls);
      return {
        isOpen,
        isProbeDue: isOpen && !controls.isQueuePaused && probeAt !== null && probeAt <= controls.now,
        isHeld,
        isChanged: areLimitsSet !== wereLimitsSet,
        ms: untilChange(controls, wasLimited && !isHeld),
      };
    },
  };
}

/** When the circuit may be probed: by any node, or again once the probe under way has had its time. */
const probeTime = ({ circuitState, nextProbeAt, probeExpiresAt }: Controls): Date | null =>
  circuitState === 'open' ? nextProbeAt : probeExpiresAt;

/** Milliseconds until something that holds claims back changes without a notice; undefined if nothing will. */
function untilChange(controls: Controls, wasLimited: boolean): number | undefined {
  const { now, pauseEndsAt, isAnyDue } = controls;
  const waits = [probeTime(controls), pauseEndsAt].flatMap((at) =>
    at !== null && at > now ? [at.getTime() - now.getTime()] : [],
  );
  // Other nodes' attempts count too, and no notice says that they ended.
  if (wasLimited && isAnyDue) waits.push(startsAllowed(controls) > 0 ? 0 : untilNextToken(controls) || LOOK_AGAIN_MS);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
