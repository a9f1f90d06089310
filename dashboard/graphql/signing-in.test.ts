import { describe, expect, it } from 'vitest';
import { whetherToLeave } from './signing-in.ts';

describe('a page that nobody is signed in for any more', () => {
  it('goes to the sign-in, but not while something is typed in it', () => {
    expect(whetherToLeave({ leftAt: undefined, now: 1_000_000, isBusy: false })).toBe('leave');
    expect(whetherToLeave({ leftAt: undefined, now: 1_000_000, isBusy: true })).toBe('wait');
  });

  it('does not go there again and again: it may be a proxy that knows nobody', () => {
    expect(whetherToLeave({ leftAt: 990_000, now: 1_000_000, isBusy: false })).toBe('stay');
    expect(whetherToLeave({ leftAt: 900_000, now: 1_000_000, isBusy: false })).toBe('leave');
  });
});
