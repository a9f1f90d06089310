import { describe, expect, it } from 'vitest';
import {
  daysLater,
  hourName,
  isDay,
  isMonth,
  monthName,
  monthOf,
  monthsLater,
  placesBefore,
  spanOfMonths,
} from './calendar.rules.ts';

describe('A month', () => {
  it('is the one that the zone has at an instant', () => {
    const at = Date.parse('2026-11-30T23:30:00Z');
    expect(monthOf(at, 'UTC')).toBe('2026-11');
    expect(monthOf(at, 'Europe/Berlin')).toBe('2026-12');
  });
  it('is followed and preceded over the turn of a year', () => {
    expect(monthsLater('2026-12', 1)).toBe('2027-01');
    expect(monthsLater('2026-01', -2)).toBe('2025-11');
  });
  it('begins below its weekday', () => {
    expect(placesBefore('2026-11')).toBe(6);
    expect(placesBefore('2026-06')).toBe(0);
  });
  it('has a name', () => expect(monthName('2026-11', 'en-GB')).toBe('November 2026'));
  it('of an address must be one', () =>
    expect(['2026-11', '2026-13', 'soon'].map(isMonth)).toEqual([true, false, false]));
});

describe('The span of a calendar', () => {
  it('reaches from the first day to the last, whatever the zone', () => {
    expect(spanOfMonths('2026-11', '2026-11', 'UTC')).toEqual({
      from: '2026-11-01T12:00:00.000Z',
      to: '2026-11-30T12:00:00.000Z',
    });
    expect(spanOfMonths('2026-09', '2026-11', 'Pacific/Kiritimati')).toEqual({
      from: '2026-08-31T22:00:00.000Z',
      to: '2026-11-29T22:00:00.000Z',
    });
    expect(spanOfMonths('2026-07', '2026-07', 'America/St_Johns').from).toBe('2026-07-01T14:30:00.000Z');
  });
});

describe('A day', () => {
  it('is followed and preceded over the ends of months and of February', () => {
    expect(daysLater('2026-11-30', 1)).toBe('2026-12-01');
    expect(daysLater('2028-03-01', -1)).toBe('2028-02-29');
  });
  it('of an address must be one', () =>
    expect(['2026-11-28', '2026-13-01', '2026-11', 'soon'].map(isDay)).toEqual([true, false, false, false]));
  it('has hours by the clock of its zone', () => {
    expect(hourName('2026-11-28T22:00:00Z', 'UTC')).toBe('22');
    expect(hourName('2026-11-28T23:00:00Z', 'Europe/Berlin')).toBe('00');
  });
});
