import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { countDue, dueInstants } from '../calendar/due.rules.ts';
import { type ResolveInput, resolveFires } from './resolve.rules.ts';

const at = (time: string) => new Date(`2026-06-10T${time}Z`);
type Overrides = Partial<Omit<ResolveInput, 'schedule'>> & { schedule?: Partial<ResolveInput['schedule']> };

const input = ({ schedule, ...rest }: Overrides): ResolveInput => ({
  schedule: {
    cron: '0 * * * *',
    timeZone: 'UTC',
    misfirePolicy: 'run_once',
    resolvedThrough: at('00:00:00'),
    pausedAt: null,
    pausedUntil: null,
    pausedBy: null,
    pauseReason: null,
    ...schedule,
  },
  now: at('03:00:00.020'),
  upSince: at('03:00:00.010'),
  runningSince: null,
  ...rest,
});

/** One text per row: first, last if it is a gap, count, outcome, and * where a run starts. */
const rows = (overrides: Overrides) =>
  resolveFires(input(overrides))?.fires.map(({ firedAt, throughAt, count, outcome, starts }) => {
    const short = (date: Date) => date.toISOString().slice(11, 16);
    return `${short(firedAt)}${count > 1 ? `-${short(throughAt)} ${count}x` : ''} ${outcome}${starts ? ' *' : ''}`;
  });

describe('what was due', () => {
  it('nothing: null', () => {
    expect(resolveFires(input({ now: at('00:59:59.999') }))).toBeNull();
  });

  it('just now: on time, up to the tolerance, also on a node that has just come up', () => {
    const schedule = { resolvedThrough: at('02:00:00') };
    expect(rows({ schedule })).toEqual(['03:00 on_time *']);
    expect(rows({ schedule, now: at('03:00:05') })).toEqual(['03:00 on_time *']);
  });

  it('after the tolerance: late on a node that was up, caught up by one that was not', () => {
    const schedule = { resolvedThrough: at('02:00:00') };
    expect(rows({ schedule, now: at('03:00:05.001'), upSince: at('03:00:00') })).toEqual(['03:00 late *']);
    expect(rows({ schedule, now: at('03:00:05.001'), upSince: at('03:00:00.001') })).toEqual(['03:00 caught_up *']);
  });

  it('moves the watermark to the newest instant', () => {
    expect(resolveFires(input({ now: at('03:59:00') }))?.through).toEqual(at('03:00:00'));
  });
});

describe('down from 00:00 to 04:10', () => {
  const down = { now: at('04:10:00'), upSince: at('04:10:00') };
  it.each<[MisfirePolicy, string[]]>([
    ['run_once', ['01:00-03:00 3x skipped_policy', '04:00 caught_up *']],
    ['skip', ['01:00-04:00 4x skipped_policy']],
    ['run_all', ['01:00 caught_up *', '02:00 caught_up', '03:00 caught_up', '04:00 caught_up']],
  ])('%s', (misfirePolicy, expected) => {
    expect(rows({ ...down, schedule: { misfirePolicy } })).toEqual(expected);
  });

  it('run_all up to a bound, oldest first', () => {
    expect(rows({ ...down, schedule: { misfirePolicy: 'run_all' }, runAllLimit: 2 })).toEqual([
      '01:00 caught_up *',
      '02:00 caught_up',
      '03:00-04:00 2x missed',
    ]);
  });

  it('outside the window: missed', () => {
    expect(rows({ ...down, windowMs: 2 * 3_600_000 })).toEqual([
      '01:00-02:00 2x missed',
      '03:00 skipped_policy',
      '04:00 caught_up *',
    ]);
    expect(rows({ ...down, windowMs: 1000 })).toEqual(['01:00-04:00 4x missed']);
  });
});

describe('back just in time for an instant', () => {
  it.each<[MisfirePolicy, string[]]>([
    ['run_once', ['01:00-02:00 2x skipped_policy', '03:00 on_time *']],
    ['skip', ['01:00-02:00 2x skipped_policy', '03:00 on_time *']],
    ['run_all', ['01:00 caught_up', '02:00 caught_up', '03:00 on_time *']],
  ])('%s', (misfirePolicy, expected) => {
    expect(rows({ schedule: { misfirePolicy } })).toEqual(expected);
  });
});

describe('paused', () => {
  const pause = { pausedBy: 'ann', pauseReason: 'Provider moves house.' };

  it('still: skipped, and what was missed before is owed', () => {
    const schedule = { ...pause, pausedAt: at('01:30:00') };
    expect(rows({ schedule })).toEqual(['01:00 caught_up', '02:00-03:00 2x skipped_paused']);
    expect(resolveFires(input({ schedule }))?.fires.at(1)).toMatchObject({
      actor: 'ann',
      reason: 'Provider moves house.',
    });
  });

  it('until an instant: that instant fires again', () => {
    const schedule = { ...pause, pausedAt: at('00:30:00'), pausedUntil: at('03:00:00') };
    expect(rows({ schedule })).toEqual(['01:00-02:00 2x skipped_paused', '03:00 on_time *']);
  });

  it('for longer than the window: paused all the same', () => {
    const schedule = { ...pause, pausedAt: at('00:00:00') };
    expect(rows({ schedule, windowMs: 1000 })).toEqual(['01:00-03:00 3x skipped_paused']);
  });
});

describe('while a run is going on', () => {
  it('what came due during it overlaps, what was missed before is owed', () => {
    expect(rows({ runningSince: at('01:30:00') })).toEqual(['01:00 caught_up', '02:00-03:00 2x skipped_overlap']);
  });
});

it('a year of an every-second cron is a few rows, quickly', () => {
  const year = {
    schedule: { cron: '* * * * * *', resolvedThrough: new Date('2025-06-10T03:00:00Z') },
    upSince: at('02:59:59'),
  };
  const began = process.cpuUsage();
  const resolution = resolveFires(input(year));
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000);
  expect(resolution?.fires.map(({ outcome, count }) => [outcome, count])).toEqual([
    ['missed', 364 * 86_400],
    ['skipped_policy', 86_399],
    ['on_time', 1],
  ]);
});

it('every due instant gets exactly one outcome, in order, and at most one starts', () => {
  const base = Date.parse('2027-03-27T00:00:00Z');
  const moment = fc.integer({ min: 0, max: 3 * 1440 }).map((minutes) => new Date(base + minutes * 60_000));
  fc.assert(
    fc.property(
      fc.record({
        cron: fc.constantFrom('*/7 * * * *', '0 * * * *', '30 2 * * *', '*/20 2,3 * * *', '0 30 */6 * * *'),
        timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Africa/Cairo'),
        misfirePolicy: fc.constantFrom<MisfirePolicy>('run_once', 'skip', 'run_all'),
        resolvedThrough: moment,
        pausedAt: fc.option(moment),
        pausedUntil: fc.option(moment),
        pausedBy: fc.constant(null),
        pauseReason: fc.constant(null),
      }),
      moment,
      moment,
      fc.option(moment),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 72 }),
      (schedule, now, upSince, running, runAllLimit, windowHours) => {
        const runningSince = running !== null && running <= now ? running : null;
        const windowMs = windowHours * 3_600_000;
        const resolution = resolveFires({ schedule, now, upSince, runningSince, runAllLimit, windowMs });
        const due = [...dueInstants(schedule, schedule.resolvedThrough, now)].map((instant) => instant.at);
        const fires = resolution?.fires ?? [];

        expect(resolution?.through).toEqual(due.at(-1));
        expect(fires.reduce((sum, fire) => sum + fire.count, 0)).toBe(due.length);
        let last = schedule.resolvedThrough;
        for (const fire of fires) {
          expect(fire.firedAt > last && fire.throughAt >= fire.firedAt).toBe(true);
          expect(fire.count).toBe(countDue(schedule, new Date(fire.firedAt.getTime() - 1), fire.throughAt));
          expect(due).toContainEqual(fire.firedAt);
          expect(due).toContainEqual(fire.throughAt);
          last = fire.throughAt;
        }
        const starting = fires.filter((fire) => fire.starts);
        expect(starting.length).toBeLessThanOrEqual(1);
        for (const fire of starting) {
          expect(['on_time', 'late', 'caught_up']).toContain(fire.outcome);
          expect(fire.count).toBe(1);
        }
        const caughtUp = fires.filter(({ outcome }) => outcome === 'caught_up').length;
        expect(caughtUp).toBeLessThanOrEqual({ run_once: 1, skip: 0, run_all: runAllLimit }[schedule.misfirePolicy]);
      },
    ),
    { numRuns: 500 },
  );
});
