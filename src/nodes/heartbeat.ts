/**
 * The heartbeat: every few seconds a node writes that it is alive, its state and its work in progress,
 * marks silent nodes as gone, and reads whether it was asked to drain. It is one statement on its own
 * timer, so nothing that follows delays the next beat. A draining node beats faster, to show its
 * progress. A beat also returns the database's time, and whether audit entries are not chained yet.
 */
import { nodeSilenceMs } from '../config/node-silence.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { DatabaseClock } from '../database/database-clock.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { unavailability } from '../database/unavailable.ts';
import { loop } from '../work/loop.ts';

/** Beats that are further apart than so many intervals have a gap between them. */
const LONGEST_GAP = 2;
/** While draining; a node that beats faster anyhow goes on so. */
const DRAINING_INTERVAL_MS = 500;

export interface InHand {
  readonly attempts: number;
  readonly runs: number;
}

/** Who asked a node to drain, and why. */
export interface DrainAsk {
  readonly actor: string;
  readonly reason: string;
}

export interface HeartbeatOptions {
  readonly db: Pick<Database, 'query' | 'outage'>;
  readonly nodeId: string;
  readonly intervalMs: number;
  /** Learns the database's time from each beat. */
  readonly clock: DatabaseClock;
  inHand(): InHand;
  /** The node has no row, as after a restore under it: writes it again, with all that it announced. */
  register(): Promise<void>;
  /**
   * After a beat of a running node, unless the one before still goes on: leases of nodes that stopped
   * beating may have run out. `wasSetBack`: the database's clock shows less than at a beat before.
   */
  onBeat(wasSetBack: boolean): Promise<void>;
  /** An operator asked this node to drain; called once. */
  onDrainAsked(ask: DrainAsk): void;
  /** Acts stand in the audit trail that are not chained yet: this node's newest, or what another left. */
  onUnchainedActs(): void;
}

export interface Heartbeat {
  /** Says from now on that the node is about this, beginning at once. Rejects when that cannot be written. */
  say(state: Exclude<NodeState, 'gone'>): Promise<void>;
  /** Beats now, since something may have changed. */
  beatNow(): void;
  /** Why the last beat could not be written, for the readiness check; undefined when it was. */
  trouble(): string | undefined;
  /** Says a last time what is in hand, and beats no more. */
  stop(): Promise<void>;
}

/**
 * Beats until it is stopped, one beat at a time. Nodes that missed three beats are marked as gone, by
 * a node that has itself beaten for that long: after a database outage all have missed some.
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
  /** By the database's clock: the last beat, and the first of those without a gap before it. */
  let steady: { readonly from: Date; readonly to: Date } | undefined;

  const writeOne = async (): Promise<Heard> => {
    const heard = await clock.measure(() =>
      writeBeat(db, { nodeId, state, inHand: inHand(), silenceMs, steady, gapMs: LONGEST_GAP * intervalMs }),
    );
    wasSetBack ||= heard.isSetBack;
    steady = { from: heard.isSteady && steady !== undefined ? steady.from : heard.now, to: heard.now };
    return heard;
  };
  /** Begins after the beats that were begun before, so that the newest state is written last. */
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

// What a silent node says later counts again: it was halted, or cut off from the database. One that
// was stopping is not lost. Locked rows are passed over, so that two nodes that wake together do
// not wait for each other. A beat from the future is one from before the clock was set back.
// $6 and $7: this node's beats without a gap, until the one before.
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
  /** False: the node's row is gone. */
  readonly isKnown: boolean;
  /** No gap between the beat before and this one. */
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

/** One beat, and what is heard with it. */
async function writeBeat(db: Queryable, { nodeId, state, inHand, silenceMs, steady, gapMs }: Beat): Promise<Heard> {
  const values = [nodeId, state, inHand.attempts, inHand.runs, silenceMs, steady?.from ?? null, steady?.to ?? null];
  const [heard] = await db.query<Heard>(BEAT, [...values, gapMs]);
  if (heard === undefined) throw new Error('A beat was not answered.');
  return heard;
}
