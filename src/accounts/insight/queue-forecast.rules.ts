/**
 * When the queue will be empty: the entries due at each time, processed at the measured speed. A
 * forecast explains its assumptions, and says so when the end is unknown.
 */
import type { CircuitState } from '../../database/generated/prisma/enums.ts';

/** Why `emptyAt` cannot be known. */
export type UnknownReason = 'CIRCUIT_OPEN' | 'QUEUE_PAUSED' | 'NO_LIVE_NODE' | 'NOT_MEASURED';

/** Entries that become due within one minute. */
export interface DueMinute {
  readonly startsAt: Date;
  /** When the last of them is due. */
  readonly lastAt: Date;
  readonly count: number;
}

export interface ForecastInput {
  readonly now: Date;
  readonly dueNowCount: number;
  readonly underWayCount: number;
  readonly dueMinutes: readonly DueMinute[];
  /** Entries that become due after `dueMinutes`; `lastDueAt` is when the last of them becomes due. */
  readonly dueLaterCount: number;
  readonly lastDueAt: Date | null;
  readonly spells: readonly Spell[];
  readonly startsPerSecond: number | null;
  readonly circuitState: CircuitState;
  /** When the next probe is allowed; null while an operator keeps the circuit open without an end. */
  readonly nextProbeAt: Date | null;
  /** Whether the whole queue is paused; `pausedUntil` is null if it is paused until it is resumed. */
  readonly isPaused: boolean;
  readonly pausedUntil: Date | null;
  /** Entries of paused families. */
  readonly pausedEntryCount: number;
  readonly liveNodeCount: number;
}

export interface Forecast {
  readonly emptyAt: Date | null;
  readonly unknownReason: UnknownReason | null;
  /** Attempts per second while there was work; null if none was measured. */
  readonly throughput: number | null;
  readonly explanation: string;
}

/** The latest timestamp that is returned: ISO 8601 writes years after 9999 differently. */
const LATEST = Date.UTC(9999, 11, 31);

/** Returns when all entries are done if work begins at `from` and proceeds at `perSecond`, above 0. */
export function emptyAt(from: Date, dueNowCount: number, minutes: readonly DueMinute[], perSecond: number): Date {
  let at = from.getTime() + (dueNowCount * 1_000) / perSecond;
  for (const { startsAt, lastAt, count } of minutes) {
    // The entries fall due over the whole minute, so the last one may be done as soon as it is due.
    at = Math.max(Math.max(at, startsAt.getTime()) + (count * 1_000) / perSecond, lastAt.getTime());
  }
  return new Date(Math.min(Math.ceil(at), LATEST));
}

/**
 * Computes the forecast. The end of a pause is included; anything else that holds up the queue makes `emptyAt`
 * null.
 */
export function forecast(input: ForecastInput): Forecast {
  const { now, dueMinutes, dueLaterCount, lastDueAt, startsPerSecond } = input;
  const waiting = input.dueNowCount + input.underWayCount;
  const within = dueMinutes.reduce((sum, { count }) => sum + count, 0);
  const measured = measuredSpeed(input.spells);
  const throughput = measured?.perSecond ?? null;
  if (waiting + within + dueLaterCount === 0)
    return { emptyAt: now, unknownReason: null, throughput, explanation: 'The queue is empty.' };

  const known = [`Due or in progress: ${entries(waiting)}. Due within 24 hours: ${entries(within)}.`];
  if (dueLaterCount > 0) known.push(`Due later: ${entries(dueLaterCount)}.`);
  const unknown = whyUnknown(input);
  if (unknown !== null || measured === null) {
    const [unknownReason, why] = unknown ?? NOT_MEASURED;
    return { emptyAt: null, unknownReason, throughput, explanation: [...known, why].join(' ') };
  }

  const speed = speedWithin(measured, startsPerSecond);
  known.push(
    `In the last 5 minutes ${measured.count.toLocaleString('en-US')} attempt${measured.count === 1 ? '' : 's'} ended in ${inWords(measured.busyMs / 1_000)} s of work: ${inWords(measured.perSecond)} per second.`,
  );
  if (speed < measured.perSecond) known.push(`The limit allows ${startsPerSecond} per second.`);
  const { pausedUntil } = input;
  const isHeld = input.isPaused && pausedUntil !== null && pausedUntil > now;
  if (isHeld) known.push('The end of the queue’s pause is included.');
  known.push('This assumes that every attempt succeeds and nothing new is enqueued.');
  const later =
    dueLaterCount > 0 && lastDueAt !== null ? [{ startsAt: lastDueAt, lastAt: lastDueAt, count: dueLaterCount }] : [];
  if (later.length > 0) known.push('Entries due later than in 24 hours are counted at the last one’s time.');
  return {
    emptyAt: emptyAt(isHeld ? pausedUntil : now, waiting, [...dueMinutes, ...later], speed),
    unknownReason: null,
    throughput,
    explanation: known.join(' '),
  };
}

const NOT_MEASURED = [
  'NOT_MEASURED',
  'It is not known when the queue will be empty: no attempt ended in the last 5 minutes, so there is no measured speed.',
] as const;

function whyUnknown(input: ForecastInput): readonly [UnknownReason, string] | null {
  const { circuitState, nextProbeAt, isPaused, pausedUntil, pausedEntryCount, liveNodeCount } = input;
  if (circuitState === 'open' && nextProbeAt === null)
    return [
      'CIRCUIT_OPEN',
      'It is not known when the queue will be empty: the circuit was opened by hand, and nothing is attempted until someone closes it.',
    ];
  if (circuitState !== 'closed')
    return [
      'CIRCUIT_OPEN',
      'It is not known when the queue will be empty: the circuit is not closed, and only probes are attempted.',
    ];
  if (isPaused && pausedUntil === null)
    return ['QUEUE_PAUSED', 'It is not known when the queue will be empty: it is paused until someone resumes it.'];
  if (pausedEntryCount > 0)
    return [
      'QUEUE_PAUSED',
      `It is not known when the queue will be empty: ${entries(pausedEntryCount)} of paused families wait.`,
    ];
  if (liveNodeCount === 0) return ['NO_LIVE_NODE', 'It is not known when the queue will be empty: no node is running.'];
  return null;
}

const entries = (count: number): string => (count === 1 ? '1 entry' : `${count.toLocaleString('en-US')} entries`);
/** Three significant digits: more would claim a precision that does not exist. */
const inWords = (value: number): string => String(Number(value.toPrecision(3)));

/** Attempts that ended within one second: a spell of work from the first one’s start to the last one’s end. */
export interface Spell {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly count: number;
}

export interface Speed {
  readonly perSecond: number;
  /** The measurement: `count` attempts in `busyMs` of work. */
  readonly count: number;
  readonly busyMs: number;
}

/** Attempts per second of the time in which some were in progress; null if there were none. */
export function measuredSpeed(spells: readonly Spell[]): Speed | null {
  let count = 0;
  let busyMs = 0;
  let through = Number.NEGATIVE_INFINITY;
  for (const spell of [...spells].sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime())) {
    count += spell.count;
    const end = spell.finishedAt.getTime();
    busyMs += Math.max(0, end - Math.max(through, spell.startedAt.getTime()));
    through = Math.max(through, end);
  }
  // The clock has milliseconds: work that seems to take 0 ms took up to 1 ms.
  return count === 0 ? null : { perSecond: (count * 1_000) / Math.max(1, busyMs), count, busyMs };
}

/** The speed of the forecast, above 0: the measured one, at most the limit on starts if there is one. */
export function speedWithin({ perSecond }: Speed, startsPerSecond: number | null): number {
  return startsPerSecond === null ? perSecond : Math.min(perSecond, startsPerSecond);
}

/** How long `count` attempts take, in milliseconds; null if no speed was measured. */
export function timeFor(count: number, measured: Speed | null, startsPerSecond: number | null): number | null {
  return measured === null ? null : Math.round((count * 1_000) / speedWithin(measured, startsPerSecond));
}
