import { describe, expect, it } from 'vitest';
import { askedBy, changed, PER_PAGE } from './audit-address.rules.ts';

const asked = (query: string) => askedBy(new URLSearchParams(query), ['pauseQueue']);

describe('the address of the trail', () => {
  it('asks for everything where it says nothing', () => {
    expect(asked('')).toEqual({ filter: {}, problems: {}, isFiltered: false, page: { first: PER_PAGE } });
  });

  it('asks for what it names', () => {
    const { filter, isFiltered } = asked(
      'actor=anna&action=Pause queue&target=Queue&outcome=DENIED&from=2026-11-26T00:00:00Z&request=r1',
    );
    expect(isFiltered).toBe(true);
    expect(filter).toEqual({
      actor: { startsWith: 'anna' },
      action: { equals: 'pauseQueue' },
      targetType: 'Queue',
      outcome: 'DENIED',
      at: { from: '2026-11-26T00:00:00Z' },
      requestId: 'r1',
    });
    expect(asked('action=pause').filter).toEqual({ action: { startsWith: 'pause' } });
  });

  it('says what is wrong, and leaves it out', () => {
    expect(asked('family=mine&from=x&outcome=MAYBE')).toMatchObject({
      filter: {},
      problems: { family: expect.any(String), from: expect.any(String) },
    });
    expect(asked('from=2026-11-27T00:00:00Z&to=2026-11-26T00:00:00Z').problems.to).toBeDefined();
  });

  it('goes on from a cursor either way, and begins anew with another filter', () => {
    expect(asked('after=c').page).toEqual({ first: PER_PAGE, after: 'c' });
    expect(asked('before=c').page).toEqual({ last: PER_PAGE, before: 'c' });
    expect(changed(new URLSearchParams('actor=a&after=c'), { actor: 'b' }).toString()).toBe('actor=b');
    expect(changed(new URLSearchParams('actor=a&after=c'), { before: 'd', after: undefined }).toString()).toBe(
      'actor=a&before=d',
    );
    expect(changed(new URLSearchParams('after=c'), { act: 'x' }).toString()).toBe('after=c&act=x');
  });
});
