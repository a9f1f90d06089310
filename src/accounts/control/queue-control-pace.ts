/**
 * A worker's pace: how much it may claim at once, whether by due time or in turn, and when it
 * should look again. Without pauses and limits it claims ahead, by due time, with a claim in
 * turn now and then while there is more than it can take; with them, and in the seconds after
 * the circuit closed, it claims no more than it can start at once.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import { slowStart } from '../../identity/circuit.rules.ts';
import { type ClaimedEntry, type ClaimOptions, claimDue } from '../claim.ts';
import { startsAllowed, untilNextToken } from './queue-control.rules.ts';
import { type Controls, claimWithinLimits, isControlled, loadControls, type Order } from './queue-control-claim.ts';

/** While more is due than can be taken at once, every so often a claim is made in turn. */
const TURN_EVERY_MS = 250;
/** A claim in vain past all that is paused may cost much: the next such one rests so many times as long, a second at the most. */
const REST_PER_CLAIM = 10;
const LONGEST_REST_MS = 1_000;
/** How often to look again for what is not announced: other nodes' attempts ending, a slow start growing. */
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
  /** Pauses or limits were set since the last look: what was claimed ahead goes back. */
  readonly isTightened: boolean;
  /** Pauses or limits were set or lifted since the last look: a claim may now find something. */
  readonly isChanged: boolean;
  /** When something changes by itself; undefined if nothing will. */
  readonly ms: number | undefined;
}

export type Pace = ReturnType<typeof createPace>;

export function createPace(db: Database, options: ClaimOptions, concurrency: number) {
  /** Pauses or limits are set: every claim is made in turn, and none ahead. */
  let isHeldShort = false;
  /** When the circuit closed, by performance.now(). */
  let closedAt = Number.NEGATIVE_INFINITY;
  /** The last claim by due time was full, or may have been but for the limits. */
  let isMoreDue = false;
  /** The limits let the last claim take nothing. */
  let wasLimited = false;
  let lastTurnAt = Number.NEGATIVE_INFINITY;
  /** Until then, claims look only at what is due first and last; by performance.now(). */
  let restUntil = Number.NEGATIVE_INFINITY;
  /** Such a claim found nothing, but did not look at all that is due. */
  let isPassedOver = false;
  /** The family that was claimed for last; nodes begin at different ones. */
  let lastFamily: string = randomUUID();

  const allowed = (): number => slowStart(concurrency, performance.now() - closedAt);
  const isShort = (): boolean => isHeldShort || allowed() < concurrency;

  const claimWithin = async (room: number, order: Order): Promise<ClaimedEntry[]> => {
    const turn = await db.transaction((tx) => claimWithinLimits(tx, options, room, order, lastFamily));
    lastFamily = turn.after;
    wasLimited = turn.isLimited;
    isPassedOver = turn.isPassedOver ?? false;
    return turn.entries;
  };

  const claimOldest = async (room: number): Promise<ClaimedEntry[]> => {
    const begun = performance.now();
    if (begun < restUntil) return claimWithin(room, 'ends');
    const entries = await claimWithin(room, 'oldest');
    const ended = performance.now();
    if (entries.length === 0 && !wasLimited)
      restUntil = ended + Math.min(LONGEST_REST_MS, REST_PER_CLAIM * (ended - begun));
    return entries;
  };

  return {
    isShort,
    /** How many entries to claim with so many in hand; 0 when it is not worth a statement yet. */
    room(inHand: number): number {
      if (isShort()) return Math.max(0, allowed() - inHand);
      const room = 2 * concurrency - inHand;
      return room < concurrency / 2 ? 0 : room;
    },
    /** Claims up to `room` entries; `isAll` when nothing more was to be had at that instant. */
    async claim(room: number): Promise<{ entries: ClaimedEntry[]; isAll: boolean }> {
      if (isMoreDue && performance.now() - lastTurnAt >= TURN_EVERY_MS) {
        const entries = await claimWithin(room, 'some families');
        if (!wasLimited) lastTurnAt = performance.now();
        return { entries, isAll: wasLimited };
      }
      if (isHeldShort) {
        const entries = await claimOldest(room);
        isMoreDue = entries.length > 0 || wasLimited;
        return { entries, isAll: entries.length === 0 };
      }
      wasLimited = false;
      isPassedOver = false;
      const entries = await claimDue(db, options, room);
      isMoreDue = entries.length === room;
      return { entries, isAll: !isMoreDue };
    },
    /** Reads what holds claims back, and keeps to it from now on. */
    async look(): Promise<Outlook> {
      const controls = await loadControls(db, options.provider);
      const wasHeldShort = isHeldShort;
      isHeldShort = isControlled(controls);
      // One from the future is from before the clock was set back: nobody knows how long ago. Instants
      // are rounded, and one of just now may look as if it were still to come.
      const sinceMs = controls.closedAt === null ? undefined : controls.now.getTime() - controls.closedAt.getTime();
      if (sinceMs !== undefined && sinceMs > -ROUNDED_MS) closedAt = performance.now() - Math.max(0, sinceMs);
      const isOpen = controls.circuitState !== 'closed';
      const isHeld = isOpen || controls.isQueuePaused;
      const probeAt = probeTime(controls);
      return {
        isOpen,
        isProbeDue: isOpen && !controls.isQueuePaused && probeAt !== null && probeAt <= controls.now,
        isHeld,
        isTightened: isHeldShort && !wasHeldShort,
        isChanged: isHeldShort !== wasHeldShort,
        ms: untilChange(
          controls,
          wasLimited && !isHeld,
          isPassedOver && !isHeld ? restUntil - performance.now() : undefined,
        ),
      };
    },
  };
}

/** When the circuit may be probed: by anybody, or anew once the probe under way has had its time. */
const probeTime = ({ circuitState, nextProbeAt, probeExpiresAt }: Controls): Date | null =>
  circuitState === 'open' ? nextProbeAt : probeExpiresAt;

/** Milliseconds until something that holds claims back changes by itself; undefined if nothing will. */
function untilChange(controls: Controls, wasLimited: boolean, restMs: number | undefined): number | undefined {
  const { now, nextPauseEndsAt, isAnyDue } = controls;
  const waits = [probeTime(controls), nextPauseEndsAt].flatMap((at) =>
    at !== null && at > now ? [at.getTime() - now.getTime()] : [],
  );
  // Other nodes' attempts count too, and their end is not announced.
  if (wasLimited && isAnyDue) waits.push(startsAllowed(controls) > 0 ? 0 : untilNextToken(controls) || LOOK_AGAIN_MS);
  if (restMs !== undefined) waits.push(Math.max(0, restMs));
  return waits.length === 0 ? undefined : Math.min(...waits);
}
