/**
 * The heartbeat: every few seconds a node writes that it is alive, its state and its work in progress,
 * marks silent nodes as gone, and reads whether an operator asked it to drain. It is one statement on a
 * separate timer, so nothing that follows delays the next heartbeat. A draining node sends heartbeats more
 * often, to show its progress. A heartbeat also returns the database’s time, and whether audit entries are
 * not chained yet.
 */
import { nodeSilenceMs } from '../config/node-silence.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { DatabaseClock } from '../database/database-clock.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { unavailability } from '../database/unavailable.ts';
import { loop } from '../work/loop.ts';

/** Heartbeats that are further apart than this many intervals have a gap between them. */
const LONGEST_GAP = 2;
/** The interval while draining, unless the node’s own is shorter. */
const DRAINING_INTERVAL_MS = 500;

export interface InHand {
  readonly attempts: number;
  readonly runs: number;
}

/** The operator who asked a node to drain, and the reason. */
export interface DrainAsk {
  readonly actor: string;
  readonly reason: string;
}

export interface HeartbeatOptions {
  readonly db: Pick<Database, 'query' | 'outage'>;
  readonly nodeId: string;
  readonly intervalMs: number;
  /** Updated with the database’s time at each heartbeat. */
  readonly clock: DatabaseClock;
  inHand(): InHand;
  /**
   * Called when the node’s row is missing, for example after a restore while it runs: inserts the row
   * again, with everything that was written to it.
   */
  register(): Promise<void>;
  /**
   * Called after each heartbeat of a running node, unless the previous call is still in progress: leases of
   * nodes that stopped may have expired. `wasSetBack`: the database’s clock is behind that of an earlier
   * heartbeat.
   */
  onBeat(wasSetBack: boolean): Promise<void>;
  /** An operator asked this node to drain; called once. */
  onDrainAsked(ask: DrainAsk): void;
  /** Called when audit entries are not chained yet: this node’s newest, or entries that another node left. */
  onUnchainedActs(): void;
}

export interface Heartbeat {
  /** Sets the state that heartbeats write, and writes it at once. Rejects if that write fails. */
  say(state: Exclude<NodeState, 'gone'>): Promise<void>;
  /** Sends a heartbeat now, since something may have changed. */
  beatNow(): void;
  /** Why the last heartbeat could not be written, for the readiness check; undefined when it was. */
  trouble(): string | undefined;
  /** Writes a last heartbeat with the work in progress, and stops. */
  stop(): Promise<void>;
}

/**
 * Sends heartbeats, one at a time, until it is stopped. A node that missed three is marked as gone, but
 * only by a node that has itself sent heartbeats without a gap for that long: after a database outage,
 * every node has missed some.
 */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { db, nodeId, intervalMs, clock, inHand, register, onBeat, onDrainAsked, onUnchainedActs } = options;
  const silenceMs = nodeSilenceMs({ HEARTBEAT_INTERVAL: intervalMs });
  let state: NodeState = 'starting';
  let isDrainAsked = false;
  let isFollowing = false;
  let wasSetBack = false;
  let last: Promise<unknown> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  /** By the database’s clock: the last heartbeat (`to`), and the first one since the last gap (`from`). */
  let steady: { readonly from: Date; readonly to: Date } | undefined;

  const writeOne = async (): Promise<Heard> => {
    const heard = await clock.measure(() =>
      writeBeat(db, { nodeId, state, inHand: inHand(), silenceMs, steady, gapMs: LONGEST_GAP * intervalMs }),
    );
    wasSetBack ||= heard.isSetBack;
    steady = { from: heard.isSteady && steady !== undefined ? steady.from : heard.now, to: heard.now };
    return heard;
  };
  /** Waits for the heartbeats in progress, so that the newest state is written last. */
  const beat = (): Promise<void> => {
    const beaten = last.then(async () => {
      let heard = await writeOne();
      if (!heard.isKnown) {
        await register();
        heard = await writeOne();
      }
      if (heard.hasUnchainedActs) onUnchainedActs();
      if (heard.ask === null || isDrainAsked) return;
      isDrainAsked = true;
      onDrainAsked(heard.ask);
    });
    last = beaten.then(
      () => {
        failure = undefined;
      },
      (error: unknown) => {
        failure = { error };
      },
    );
    return beaten;
  };
  const periodMs = (): number => (state === 'draining' ? Math.min(intervalMs, DRAINING_INTERVAL_MS) : intervalMs);
  const follow = (): void => {
    if (state !== 'running' || isFollowing) return;
    isFollowing = true;
    const isAfterStep = wasSetBack;
    wasSetBack = false;
    onBeat(isAfterStep)
      .catch((error: unknown) => {
        wasSetBack ||= isAfterStep;
        db.outage.warn(error, 'What follows a heartbeat failed');
      })
      .finally(() => {
        isFollowing = false;
      });
  };
  const beats = loop({
    name: 'A heartbeat',
    outage: db.outage,
    retryMs: intervalMs,
    async once() {
      const begun = performance.now();
      await beat();
      follow();
      return begun + periodMs() - performance.now();
    },
  });
  beats.wakeIn(intervalMs);

  return {
    say(next) {
      state = next;
      beats.wakeIn(periodMs());
      return beat();
    },
    beatNow: beats.wake,
    trouble: () => failure && `takes no heartbeat: ${unavailability(failure.error) ?? 'it cannot be reached'}`,
    async stop() {
      void beats.stop();
      await beat();
    },
  };
}

// A node marked as gone counts again when it sends another heartbeat: it was halted, or cut off from the
// database. A node that was draining when it fell silent is not counted as lost. Locked rows are skipped, so
// that two nodes that wake together do not wait for each other. A heartbeat from the future was written before
// the clock was set back. $6 and $7: the first and last of this node’s heartbeats without a gap.
const BEAT = `
  WITH beat AS (
    UPDATE auth.server_nodes
       SET last_beat_at = now(), state = $2::auth.node_state, attempts_in_hand = $3, runs_in_hand = $4, lost_at = NULL
     WHERE id = $1
    RETURNING drain_asked_at, drain_asked_by, drain_reason
  ), steady AS (
    SELECT $7::timestamptz >= now() - $8 * interval '1 millisecond' AND $7::timestamptz <= now() AS is_steady
  ), silent AS (
    UPDATE auth.server_nodes SET state = 'gone', lost_at = CASE WHEN state <> 'draining' THEN now() END
     WHERE id IN (SELECT id FROM auth.server_nodes
                   WHERE id <> $1 AND state <> 'gone'
                     AND (last_beat_at < now() - $5 * interval '1 millisecond'
                          OR last_beat_at > now() + $5 * interval '1 millisecond')
                     AND (SELECT is_steady FROM steady) AND $6::timestamptz <= now() - $5 * interval '1 millisecond'
                     FOR UPDATE SKIP LOCKED)
  )
  SELECT clock_timestamp() AS now,
         EXISTS (SELECT FROM beat) AS "isKnown",
         coalesce((SELECT is_steady FROM steady), false) AS "isSteady", coalesce($7::timestamptz > now(), false) AS "isSetBack",
         EXISTS (SELECT FROM auth.audit_entries WHERE link IS NULL) AS "hasUnchainedActs",
         (SELECT json_build_object('actor', coalesce(drain_asked_by, 'somebody'),
                                   'reason', coalesce(drain_reason, 'No reason was given.'))
            FROM beat WHERE drain_asked_at IS NOT NULL) AS ask`;

interface Heard {
  readonly now: Date;
  /** False when the node’s row is missing. */
  readonly isKnown: boolean;
  /** No gap between the previous heartbeat and this one. */
  readonly isSteady: boolean;
  readonly isSetBack: boolean;
  readonly hasUnchainedActs: boolean;
  readonly ask: DrainAsk | null;
}

interface Beat {
  readonly nodeId: string;
  readonly state: NodeState;
  readonly inHand: InHand;
  readonly silenceMs: number;
  readonly steady: { readonly from: Date; readonly to: Date } | undefined;
  readonly gapMs: number;
}

/** Writes one heartbeat and returns what was read with it. */
async function writeBeat(db: Queryable, { nodeId, state, inHand, silenceMs, steady, gapMs }: Beat): Promise<Heard> {
  const values = [nodeId, state, inHand.attempts, inHand.runs, silenceMs, steady?.from ?? null, steady?.to ?? null];
  const [heard] = await db.query<Heard>(BEAT, [...values, gapMs]);
  if (heard === undefined) throw new Error('A beat was not answered.');
  return heard;
}
