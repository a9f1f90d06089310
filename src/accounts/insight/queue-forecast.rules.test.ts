import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Spell } from './queue-forecast.rules.ts';
import { type DueMinute, emptyAt, type ForecastInput, forecast } from './queue-forecast.rules.ts';

const NOW = Date.UTC(2027, 2, 28, 0, 30, 20);
const MINUTE = 60_000;
const at = (ms: number): Date => new Date(NOW + ms);
const minute = (index: number, count: number, lastMs = 59_999): DueMinute => ({
  startsAt: at(index * MINUTE - 20_000),
  lastAt: at(index * MINUTE - 20_000 + lastMs),
  count,
});
const spell = (startMs: number, endMs: number, count: number): Spell => ({
  startedAt: at(startMs),
  finishedAt: at(endMs),
  count,
});
const IDLE: ForecastInput = {
  now: at(0),
  dueNowCount: 0,
  underWayCount: 0,
  dueMinutes: [],
  dueLaterCount: 0,
  lastDueAt: null,
  spells: [spell(-60_000, -50_000, 200)],
  startsPerSecond: null,
  circuitState: 'closed',
  nextProbeAt: null,
  isPaused: false,
  pausedUntil: null,
  pausedEntryCount: 0,
  liveNodeCount: 1,
};

const minutes = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 1_440 }), fc.integer({ min: 1, max: 5_000 }), fc.nat(59_999)), {
    selector: ([index]) => index,
    maxLength: 20,
  })
  .map((list) => list.sort(([one], [other]) => one - other).map((args) => minute(...args)));
const speed = fc.double({ min: 0.01, max: 5_000, noNaN: true });
const count = fc.nat(200_000);

describe('emptyAt', () => {
  it('is never in the past, and never before the last entry is due', () => {
    fc.assert(
      fc.property(count, minutes, speed, (due, list, perSecond) => {
        const empty = emptyAt(at(0), due, list, perSecond).getTime();
        expect(empty).toBeGreaterThanOrEqual(NOW);
        for (const { lastAt } of list) expect(empty).toBeGreaterThanOrEqual(lastAt.getTime());
      }),
    );
  });

  it('is never earlier with more entries, later retries or less speed', () => {
    fc.assert(
      fc.property(
        count,
        minutes,
        speed,
        fc.nat(),
        fc.integer({ min: 1, max: 5_000 }),
        (due, list, perSecond, which, more) => {
          const empty = emptyAt(at(0), due, list, perSecond);
          const latest = list.at(-1);
          expect(emptyAt(at(0), due + more, list, perSecond) >= empty).toBe(true);
          expect(emptyAt(at(0), due, list, perSecond / 2) >= empty).toBe(true);
          expect(emptyAt(at(more), due, list, perSecond) >= empty).toBe(true);
          if (latest === undefined) return;
          const grown = list.map((one, index) =>
            index === which % list.length ? { ...one, count: one.count + more } : one,
          );
          expect(emptyAt(at(0), due, grown, perSecond) >= empty).toBe(true);
          const shift = (date: Date): Date => new Date(date.getTime() + more * MINUTE);
          const later = { ...latest, startsAt: shift(latest.startsAt), lastAt: shift(latest.lastAt) };
          expect(emptyAt(at(0), due, [...list.slice(0, -1), later], perSecond) >= empty).toBe(true);
          // An entry that is due after all others are done moves the end to its time.
          const extra = { startsAt: shift(empty), lastAt: shift(empty), count: 1 };
          expect(emptyAt(at(0), due, [...list, extra], perSecond) > empty).toBe(true);
        },
      ),
    );
  });

  it.each<[string, number, DueMinute[], number, number]>([
    ['what is due now, one after the other', 100, [], 20, 5_000],
    ['a wait for what comes later', 100, [minute(10, 20)], 20, 10 * MINUTE - 20_000 + 59_999],
    ['a backlog that takes in what comes meanwhile', 6_000, [minute(1, 400), minute(2, 200)], 20, 330_000],
    ['more in a minute than a minute can do', 0, [minute(1, 2_400)], 20, 40_000 + 120_000],
  ])('is reckoned with %s', (_what, due, list, perSecond, ms) => {
    expect(emptyAt(at(0), due, list, perSecond)).toEqual(at(ms));
  });

  it('is an instant that can be written, however slow it is', () => {
    expect(emptyAt(at(0), 2_000_000_000, [], 0.000_1).toISOString()).toBe('9999-12-31T00:00:00.000Z');
  });
});

describe('the forecast', () => {
  it('of an empty queue is now, whatever holds it', () => {
    expect(forecast({ ...IDLE, isPaused: true, liveNodeCount: 0, spells: [] })).toMatchObject({
      emptyAt: at(0),
      unknownReason: null,
      explanation: 'The queue is empty.',
    });
  });

  it('explains its assumptions', () => {
    expect(forecast({ ...IDLE, dueNowCount: 398, underWayCount: 2, dueMinutes: [minute(1, 1, 0)] })).toEqual({
      emptyAt: at(40_050),
      unknownReason: null,
      throughput: 20,
      explanation:
        'Due or in progress: 400 entries. Due within 24 hours: 1 entry. In the last 5 minutes 200 attempts ended in 10 s of work: 20 per second. This assumes that every attempt succeeds and nothing new is enqueued.',
    });
  });

  it('keeps to a limit that is below the measured speed, and to no other', () => {
    const due = { ...IDLE, dueNowCount: 100 };
    expect(forecast({ ...due, startsPerSecond: 5 })).toMatchObject({ emptyAt: at(20_000), throughput: 20 });
    expect(forecast({ ...due, startsPerSecond: 5 }).explanation).toContain('The limit allows 5 per second.');
    expect(forecast({ ...due, startsPerSecond: 50 })).toMatchObject({ emptyAt: at(5_000) });
  });

  it('waits for a pause that has an end, and takes in what is due in more than a day', () => {
    const due = { ...IDLE, dueNowCount: 100 };
    const paused = forecast({ ...due, isPaused: true, pausedUntil: at(60_000) });
    expect(paused.emptyAt).toEqual(at(65_000));
    expect(paused.explanation).toContain('The end of the queue’s pause is included.');
    expect(paused.explanation).not.toMatch(/\d{4}-\d\d/);
    const later = { dueLaterCount: 20, lastDueAt: at(90 * 60 * MINUTE) };
    expect(forecast({ ...due, ...later }).emptyAt).toEqual(at(90 * 60 * MINUTE + 1_000));
  });

  it.each<[Partial<ForecastInput>, string]>([
    [{ circuitState: 'open' }, 'CIRCUIT_OPEN'],
    [{ circuitState: 'half_open' }, 'CIRCUIT_OPEN'],
    [{ isPaused: true }, 'QUEUE_PAUSED'],
    [{ pausedEntryCount: 3 }, 'QUEUE_PAUSED'],
    [{ liveNodeCount: 0 }, 'NO_LIVE_NODE'],
    [{ spells: [] }, 'NOT_MEASURED'],
  ])('with %j is unknown: %s', (changes, reason) => {
    const told = forecast({ ...IDLE, dueNowCount: 1, ...changes });
    expect(told).toMatchObject({ emptyAt: null, unknownReason: reason });
    expect(told.explanation).toContain('It is not known when the queue will be empty: ');
  });

  it('promises probes only where there will be one', () => {
    const told = (nextProbeAt: Date | null) =>
      forecast({ ...IDLE, dueNowCount: 1, circuitState: 'open', nextProbeAt }).explanation;
    expect(told(at(30_000))).toContain('only probes are attempted');
    expect(told(null)).toContain('opened by hand, and nothing is attempted until someone closes it');
  });

  it('is known or has a reason, never both', () => {
    fc.assert(
      fc.property(
        fc.record({
          dueNowCount: fc.nat(3),
          underWayCount: fc.nat(3),
          circuitState: fc.constantFrom('closed' as const, 'open' as const, 'half_open' as const),
          isPaused: fc.boolean(),
          pausedUntil: fc.constantFrom(null, at(1_000), at(-1_000)),
          pausedEntryCount: fc.nat(1),
          liveNodeCount: fc.nat(1),
          spells: fc.constantFrom([], IDLE.spells),
          dueMinutes: minutes,
        }),
        (changes) => {
          const { emptyAt: empty, unknownReason } = forecast({ ...IDLE, ...changes });
          expect((empty === null) !== (unknownReason === null)).toBe(true);
          if (empty !== null) expect(empty.getTime()).toBeGreaterThanOrEqual(NOW);
        },
      ),
    );
  });
});
