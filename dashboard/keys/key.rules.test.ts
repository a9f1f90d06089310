import { describe, expect, it } from 'vitest';
import { sealedUnder, stepsOf, whyNotRetire } from './key.rules.ts';

describe('retiring a key', () => {
  it('is for sealing keys that another has replaced', () => {
    expect(whyNotRetire('SEAL', 'SUPERSEDED')).toBeUndefined();
    expect(whyNotRetire('SEAL', 'ACTIVE')).toContain('Rotate first');
    expect(whyNotRetire('SEAL', 'PENDING')).toContain('Rotate first');
    expect(whyNotRetire('SEAL', 'RETIRED')).toContain('already');
    expect(whyNotRetire('AUDIT', 'SUPERSEDED')).toBeDefined();
  });
});

describe('the steps of a rotation', () => {
  const active = { purpose: 'SEAL', state: 'ACTIVE' } as const;
  const old = { purpose: 'SEAL', state: 'SUPERSEDED' } as const;
  const states = (keys: Parameters<typeof stepsOf>[0]['keys'], isResealing: boolean, sealedUnderOld?: number) =>
    stepsOf({ keys, isResealing, sealedUnderOld }).map(({ state }) => state);

  it('go from one to the next', () => {
    expect(states([active], false, 0)).toEqual(['next', 'later', 'later']);
    expect(states([active, old], false, 7)).toEqual(['done', 'next', 'later']);
    expect(states([active, old], true, 0)).toEqual(['done', 'next', 'later']);
    expect(states([active, old], false, 0)).toEqual(['done', 'done', 'next']);
  });

  it('do not wait for a key that was just made to become active', () => {
    const pending = { purpose: 'SEAL', state: 'PENDING' } as const;
    expect(states([pending, active], false, 0)).toEqual(['done', 'next', 'later']);
  });

  it('wait for the secrets of webhooks, too', () => {
    const counts = new Map([
      ['new', { entries: 5, secrets: 5 }],
      ['old', { entries: 0, secrets: 1 }],
    ]);
    expect(sealedUnder(['old', 'unheard of'], counts)).toBe(1);
    expect(sealedUnder(['old'], undefined)).toBeUndefined();
    expect(states([active, old], false, sealedUnder(['old'], counts))).toEqual(['done', 'next', 'later']);
  });

  it('do not call done what was not counted', () => {
    expect(states([active, old], false)).toEqual(['done', 'next', 'later']);
  });
});
