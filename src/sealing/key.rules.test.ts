import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyState, retireProblem } from './key.rules.ts';

const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms);
const fresh = { activatedAt: at(0), supersededAt: null, retiredAt: null };

describe('keyState', () => {
  it('follows a key from its making to its end', () => {
    expect(keyState(fresh, at(-1))).toBe('pending');
    expect(keyState(fresh, at(0))).toBe('active');
    const superseded = { ...fresh, supersededAt: at(10) };
    expect(keyState(superseded, at(9))).toBe('active');
    expect(keyState(superseded, at(10))).toBe('superseded');
    expect(keyState({ ...superseded, retiredAt: at(20) }, at(20))).toBe('retired');
  });

  it('leaves exactly one key active at any instant, whenever others took its place', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000), { minLength: 1 }), fc.nat(2_000), (times, now) => {
        const starts = times.sort((a, b) => a - b);
        const first = starts[0] ?? 0;
        fc.pre(now >= first);
        const keys = starts.map((start, index) => {
          const next = starts[index + 1];
          return { ...fresh, activatedAt: at(start), supersededAt: next === undefined ? null : at(next) };
        });
        expect(keys.filter((key) => keyState(key, at(now)) === 'active')).toHaveLength(1);
      }),
    );
  });
});

describe('retireProblem', () => {
  it('lets only keys go that nothing is sealed under any more', () => {
    expect(retireProblem('seal', 'superseded')).toBeUndefined();
    expect(retireProblem('seal', 'retired')).toBeUndefined();
    expect(retireProblem('seal', 'active')).toContain('rotateEncryptionKey');
    expect(retireProblem('seal', 'pending')).toContain('rotateEncryptionKey');
    expect(retireProblem('audit', 'superseded')).toContain('Only keys that encrypt passwords');
  });
});
