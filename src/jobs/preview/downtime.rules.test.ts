import { describe, expect, it } from 'vitest';
import { type DowntimeInput, simulateDowntime } from './downtime.rules.ts';

const HOUR = 3_600_000;
const simulate = (cron: string, from: string, to: string, overrides: Partial<DowntimeInput['schedule']> = {}) =>
  simulateDowntime({
    schedule: {
      cron,
      timeZone: 'UTC',
      misfirePolicy: 'run_once',
      pausedAt: null,
      pausedUntil: null,
      pausedBy: null,
      pauseReason: null,
      ...overrides,
    },
    from: new Date(`2026-06-10T${from}Z`),
    to: new Date(`2026-06-10T${to}Z`),
    toleranceMs: 5000,
    windowMs: 24 * HOUR,
  });
const short = (simulations: ReturnType<typeof simulate>) =>
  simulations.map(({ misfirePolicy, fires }) => [
    misfirePolicy,
    fires.map(({ at, row }) => `${at.toISOString().slice(11, 16)} ${row.outcome}`),
  ]);

describe('down', () => {
  it('from 02:50 to 04:10 with the cleanup at 03:00', () => {
    const simulations = simulate('0 3 * * *', '02:50:00', '04:10:00');
    expect(short(simulations)).toEqual([
      ['run_once', ['03:00 caught_up']],
      ['skip', ['03:00 skipped_policy']],
      ['run_all', ['03:00 caught_up']],
    ]);
    expect(simulations.map(({ isInForce }) => isInForce)).toEqual([true, false, false]);
  });

  it('the first instant is missed with it, the last one met', () => {
    expect(short(simulate('0 * * * *', '03:00:00', '05:00:00'))).toEqual([
      ['run_once', ['03:00 skipped_policy', '04:00 skipped_policy', '05:00 on_time']],
      ['skip', ['03:00 skipped_policy', '04:00 skipped_policy', '05:00 on_time']],
      ['run_all', ['03:00 caught_up', '04:00 caught_up', '05:00 on_time']],
    ]);
  });

  it('an instant before the end is met as well, by no more than the tolerance', () => {
    const outcomes = (to: string) => simulate('0 * * * *', '03:30:00', to).map(({ fires }) => fires[0]?.row.outcome);
    expect(outcomes('04:00:05')).toEqual(['on_time', 'on_time', 'on_time']);
    expect(outcomes('04:00:06')).toEqual(['caught_up', 'skipped_policy', 'caught_up']);
  });

  it('when nothing is due: nothing', () => {
    expect(short(simulate('0 3 * * *', '04:00:00', '05:00:00'))).toEqual([
      ['run_once', []],
      ['skip', []],
      ['run_all', []],
    ]);
  });

  it('for hours of seconds: 100 of each gap are listed, all are counted', () => {
    const [once, skip, all] = simulate('* * * * * *', '00:00:00', '03:00:00.500', { timeZone: 'Europe/Berlin' });
    expect(once?.fires).toHaveLength(101);
    expect(once?.fires.at(-1)).toMatchObject({ at: new Date('2026-06-10T03:00:00Z'), row: { outcome: 'on_time' } });
    expect(once?.counts).toEqual([
      { outcome: 'skipped_policy', count: 10_800 },
      { outcome: 'on_time', count: 1 },
    ]);
    expect(skip?.counts).toEqual(once?.counts);
    expect(all?.counts).toEqual([
      { outcome: 'caught_up', count: 100 },
      { outcome: 'missed', count: 10_700 },
      { outcome: 'on_time', count: 1 },
    ]);
  });

  it('while paused: paused, whatever the policy', () => {
    const pause = { pausedAt: new Date('2026-06-01T00:00:00Z'), pausedBy: 'ann', pauseReason: 'Quiet.' };
    for (const { fires } of simulate('0 * * * *', '02:50:00', '04:10:00', pause)) {
      expect(fires.map(({ row }) => [row.outcome, row.reason])).toEqual(Array(2).fill(['skipped_paused', 'Quiet.']));
    }
  });
});
