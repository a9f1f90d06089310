import { describe, expect, it } from 'vitest';
import { changesOf, type Versioned } from './versions.rules.ts';

const before: Versioned = { cron: '0 3 * * *', timeZone: 'UTC', misfirePolicy: 'RUN_ONCE', pause: null };
const pause = { pausedAt: '2026-11-26T03:00:00.000Z', until: null };

describe('What a version changed', () => {
  it('is nothing that is known of the first', () => expect(changesOf(before, undefined)).toEqual([]));
  it('is each field that differs', () =>
    expect(changesOf({ ...before, cron: '0 4 * * *', timeZone: 'Europe/Berlin' }, before)).toEqual([
      { what: 'cron', from: '0 3 * * *', to: '0 4 * * *' },
      { what: 'timeZone', from: 'UTC', to: 'Europe/Berlin' },
    ]));
  it('is a pause, or its end', () => {
    expect(changesOf({ ...before, pause }, before)).toEqual([{ what: 'paused' }]);
    expect(changesOf(before, { ...before, pause })).toEqual([{ what: 'resumed' }]);
  });
  it('is not a pause that it kept', () =>
    expect(changesOf({ ...before, pause, misfirePolicy: 'SKIP' }, { ...before, pause })).toEqual([
      { what: 'misfirePolicy', from: 'RUN_ONCE', to: 'SKIP' },
    ]));
});
