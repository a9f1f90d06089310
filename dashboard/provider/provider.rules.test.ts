import { describe, expect, it } from 'vitest';
import {
  doerOf,
  isBeforeOpening,
  meaningOf,
  millisecondsOf,
  SPANS,
  spanBy,
  spansOf,
  stepOf,
  totalsOf,
  withoutRepeats,
} from './provider.rules.ts';

const bucket = {
  startsAt: '2026-01-01T00:00:00Z',
  succeededCount: 2,
  transientFailureCount: 1,
  permanentFailureCount: 0,
  otherCount: 1,
  durationP50: 'PT0.02S',
  durationP95: 'PT1.5S',
};

describe('the activity of a span', () => {
  it('takes the first span for one that there is not', () => {
    expect(spanBy('7d').title).toBe('Last 7 days');
    expect(spanBy('year')).toBe(SPANS[0]);
    expect(spanBy(null)).toBe(SPANS[0]);
  });

  it('cuts each span into buckets of whole minutes', () => {
    for (const span of SPANS) expect(stepOf(span) % 60_000).toBe(0);
  });

  it('adds up outcomes, and finds the slowest among buckets of which some are empty', () => {
    const empty = { ...bucket, succeededCount: 0, transientFailureCount: 0, otherCount: 0, durationP95: null };
    expect(totalsOf([bucket, empty, bucket])).toEqual({
      succeeded: 4,
      transient: 2,
      permanent: 0,
      other: 2,
      slowestMs: 1_500,
    });
    expect(totalsOf([]).slowestMs).toBeNull();
    expect(millisecondsOf('PT0.02S')).toBe(20);
  });
});

const check = (minute: number, isOk: boolean, code: string | null = isOk ? null : 'DOWN') => ({
  checkedAt: `2026-01-01T00:0${minute}:00Z`,
  isOk,
  code,
  message: `At ${minute}`,
});

describe('looks at the provider', () => {
  it('are one as long as they show the same, in the words of the last', () => {
    expect(spansOf([])).toEqual([]);
    const spans = spansOf([check(9, true), check(8, true), check(7, false), check(6, true, 'OLD'), check(5, true)]);
    expect(spans.map(({ check: { message }, since, count }) => [message, since.slice(11, 16), count])).toEqual([
      ['At 9', '00:08', 2],
      ['At 7', '00:07', 1],
      ['At 6', '00:06', 1],
      ['At 5', '00:05', 1],
    ]);
  });
});

describe('the circuit in words', () => {
  it('says what each state means, and that one opened by hand without an end waits for an operator', () => {
    const open = { state: 'OPEN', openedBy: null, nextProbeAt: '2026-01-01T00:00:00Z' } as const;
    expect(meaningOf({ state: 'CLOSED', openedBy: null, nextProbeAt: null })).toContain('attempted');
    expect(meaningOf(open)).toContain('probes');
    expect(meaningOf({ ...open, state: 'HALF_OPEN' })).toContain('as a probe');
    expect(meaningOf({ ...open, openedBy: 'Mia' })).toContain('probes');
    expect(meaningOf({ ...open, openedBy: 'Mia', nextProbeAt: null })).toContain('until someone closes it');
  });

  it('says a reason once for each outage, at its beginning', () => {
    const open = { from: 'HALF_OPEN', to: 'OPEN', changedAt: '', cause: 'X', actor: null, reason: 'down' } as const;
    const probe = { ...open, from: 'OPEN', to: 'HALF_OPEN', cause: null, reason: null } as const;
    const closed = { ...open, to: 'CLOSED', cause: null, reason: null } as const;
    const marks = withoutRepeats([open, probe, open, closed, open]).map(({ isAsBefore }) => isAsBefore);
    expect(marks).toEqual([true, false, false, false, false]);
    expect(withoutRepeats([open, { ...open, reason: 'token' }])[0]?.isAsBefore).toBe(false);
  });

  it('says who changed it: a person, failures or a probe', () => {
    expect(doerOf({ actor: 'Mia', from: 'CLOSED', to: 'OPEN' })).toBe('Mia');
    expect(doerOf({ actor: null, from: 'CLOSED', to: 'OPEN' })).toBe('Failures');
    expect(doerOf({ actor: null, from: 'HALF_OPEN', to: 'OPEN' })).toBe('A probe that failed');
    expect(doerOf({ actor: null, from: 'HALF_OPEN', to: 'CLOSED' })).toBe('A probe that succeeded');
    expect(doerOf({ actor: null, from: 'OPEN', to: 'HALF_OPEN' })).toBe('The server, for a probe');
  });
});

it('knows a check that the opening of the circuit has overtaken', () => {
  const check = { checkedAt: '2026-01-01T00:00:00Z' };
  const open = { state: 'OPEN', openedAt: '2026-01-01T00:00:30Z' } as const;
  expect(isBeforeOpening(check, open)).toBe(true);
  expect(isBeforeOpening({ checkedAt: '2026-01-01T00:01:00Z' }, open)).toBe(false);
  expect(isBeforeOpening(check, { ...open, state: 'CLOSED' })).toBe(false);
  expect(isBeforeOpening(null, open)).toBe(false);
});
