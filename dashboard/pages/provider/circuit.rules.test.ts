import { describe, expect, it } from 'vitest';
import { doerOf, meaningOf, withoutRepeats } from './circuit.rules.ts';

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
