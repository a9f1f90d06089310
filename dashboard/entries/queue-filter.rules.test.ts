import { describe, expect, it } from 'vitest';
import {
  EVERYTHING,
  filterOf,
  isFiltered,
  notUnderstood,
  readView,
  unfiltered,
  writeView,
} from './queue-filter.rules.ts';

const FAMILY = '0b2f9a52-7f5a-4d6e-9a3b-1d0c2f3e4a5b';
const read = (address: string) => readView(new URLSearchParams(address));
const written = (address: string): string => writeView(read(address)).toString();
const NOW = Date.parse('2026-11-26T12:00:00Z');
const MIDNIGHT = Date.parse('2026-11-26T00:00:00Z');

describe('the view in the address', () => {
  it('is everything, newest first, where the address says nothing', () => {
    expect(read('')).toEqual(EVERYTHING);
    expect(written('')).toBe('');
    expect(isFiltered(read('sort=NEXT_RETRY_AT&direction=ASC'))).toBe(false);
  });

  it('takes states in any case and order, together or apart, and writes them in one', () => {
    expect(written('state=failed,pending')).toBe('state=PENDING%2CFAILED');
    expect(written('state=FAILED&state=PENDING')).toBe('state=PENDING%2CFAILED');
    expect(written('state=FAILED&status=PENDING')).toBe('state=PENDING%2CFAILED');
  });

  it('comes back from the address as it was written', () => {
    const address = `state=FAILED&family=${FAMILY}&username=noah&errorCode=RATE_LIMITED&failureGroup=ab12&created=last-day&due=2026-11-26T10%3A00%3A00Z..&dueNow=false&sort=NEXT_RETRY_AT&direction=ASC`;
    expect(written(address)).toBe(address);
  });

  it('leaves out what is none of ours', () => {
    expect(
      read(`state=LOST&family=7&created=yesterday&due=x..y&dueNow=maybe&sort=NAME&direction=UP&plan=retry`),
    ).toEqual(EVERYTHING);
  });

  it('tells what it left out, lest a list of more than was asked for passes for it', () => {
    const left = (address: string) => notUnderstood(new URLSearchParams(address));
    expect(
      left(`state=failed,LOST&status=PENDING&family=7&familyId=${FAMILY}&created=yesterday&due=x..&dueNow=maybe`),
    ).toEqual(['state=LOST', 'family=7', `familyId=${FAMILY}`, 'created=yesterday', 'due=x..', 'dueNow=maybe']);
    expect(left('due=2026-11-26T10:00:00Z..2026-11-27')).toEqual([]);
    expect(left('due=2026-11-26T10:00:00Z..y')).toEqual(['due=2026-11-26T10:00:00Z..y']);
    const address = `state=FAILED&family=${FAMILY}&username=noah&errorCode=X&failureGroup=ab12&created=last-day&dueNow=false&sort=NAME&plan=retry`;
    expect(left(address)).toEqual([]);
  });

  it('keeps the order when the filters are cleared', () => {
    expect(writeView(unfiltered(read('state=FAILED&sort=NEXT_RETRY_AT'))).toString()).toBe('sort=NEXT_RETRY_AT');
  });
});

describe('the filter of the API', () => {
  const filter = (address: string) => filterOf(read(address), NOW, MIDNIGHT);

  it('has only what is filtered by', () => {
    expect(filter('')).toEqual({});
    expect(filter('username=Noah')).toEqual({ username: { startsWith: 'noah' } });
    expect(filter('state=FAILED&errorCode=rate_limited&failureGroup=ab12&dueNow=false')).toEqual({
      status: ['FAILED'],
      errorCode: { equals: 'RATE_LIMITED' },
      failureGroup: 'ab12',
      dueNow: false,
    });
  });

  it('turns spans into instants, and leaves an end open that is', () => {
    expect(filter('created=last-hour').createdAt).toEqual({ from: '2026-11-26T11:00:00.000Z' });
    expect(filter('created=today').createdAt).toEqual({ from: '2026-11-26T00:00:00.000Z' });
    expect(filter('due=overdue').nextRetryAt).toEqual({ to: '2026-11-26T12:00:00.000Z' });
    expect(filter('due=next-hour').nextRetryAt).toEqual({
      from: '2026-11-26T12:00:00.000Z',
      to: '2026-11-26T13:00:00.000Z',
    });
    expect(filter('created=2026-11-25T00:00:00%2B01:00..').createdAt).toEqual({ from: '2026-11-24T23:00:00.000Z' });
  });
});
