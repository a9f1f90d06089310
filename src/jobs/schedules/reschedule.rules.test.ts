import { describe, expect, it } from 'vitest';
import { readTimingRequest } from './reschedule.rules.ts';

const issuesOf = (request: Parameters<typeof readTimingRequest>[0]) => {
  const reading = readTimingRequest(request);
  return reading.ok ? [] : reading.issues.map(({ path, code, message }) => ({ path: path.join('.'), code, message }));
};

describe('a request to reschedule', () => {
  it('changes what was given, written as it is stored', () => {
    expect(readTimingRequest({ cron: ' 0  3 * * MON ', timeZone: 'europe/berlin', misfirePolicy: null })).toEqual({
      ok: true,
      changes: { cron: '0 3 * * MON', timeZone: 'Europe/Berlin' },
    });
    expect(readTimingRequest({ misfirePolicy: 'skip', reset: false })).toEqual({
      ok: true,
      changes: { misfirePolicy: 'skip' },
    });
    expect(readTimingRequest({ reset: true, cron: null })).toEqual({ ok: true, changes: 'default' });
  });

  it('that asks for nothing, or for a reset and something else, is refused', () => {
    expect(issuesOf({})).toMatchObject([{ path: '', code: 'NOTHING_GIVEN' }]);
    expect(issuesOf({ cron: null, timeZone: null, reset: false })).toMatchObject([{ code: 'NOTHING_GIVEN' }]);
    expect(issuesOf({ reset: true, cron: '* * * * *', misfirePolicy: 'skip' })).toMatchObject([
      { path: 'reset', code: 'CONFLICTING_INPUT', message: expect.stringContaining('cron, misfirePolicy were given') },
    ]);
  });

  it('lists every problem at once, with both readings and the nearest names', () => {
    expect(issuesOf({ cron: '0 0 3 ? * 1', timeZone: 'Europe/Berln' })).toMatchObject([
      { path: 'cron', code: 'AMBIGUOUS_WEEKDAY', message: expect.stringMatching(/SUN to Quartz.*MON to Unix/) },
      { path: 'timeZone', code: 'UNKNOWN_TIME_ZONE', message: expect.stringContaining('Europe/Berlin') },
    ]);
    expect(issuesOf({ cron: '99 * * * *', timeZone: 'Mars/Base', reason: 'x'.repeat(501) })).toMatchObject([
      { path: 'cron' },
      { path: 'timeZone' },
      { path: 'reason', code: 'INVALID_VALUE' },
    ]);
    expect(issuesOf({ cron: '0 0 30 2 *' })).toMatchObject([{ path: 'cron', code: 'NEVER_FIRES' }]);
    expect(issuesOf({ cron: '61 * * * *' })).toMatchObject([{ path: 'cron', code: 'INVALID_CRON' }]);
  });
});
