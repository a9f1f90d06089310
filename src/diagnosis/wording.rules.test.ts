import { describe, expect, it } from 'vitest';
import { counted, inBytes, inWords } from './wording.rules.ts';

describe('words of conditions', () => {
  it.each([
    [1, '1 millisecond'],
    [59_999, '59 seconds'],
    [60_000, '1 minute'],
    [5 * 60_000, '5 minutes'],
    [4 * 3_600_000, '4 hours'],
    [365 * 86_400_000, '365 days'],
    [0, '0 milliseconds'],
  ])('%i ms', (ms, words) => expect(inWords(ms)).toBe(words));

  it('counts', () => {
    expect(counted(1, 'entry', 'entries')).toBe('1 entry');
    expect(counted(4_000, 'entry', 'entries')).toBe('4,000 entries');
    expect(counted(2, 'node')).toBe('2 nodes');
  });

  it('writes sizes', () => {
    expect([999, 1e6, 1.5e9, 2e12].map(inBytes)).toEqual(['1.0 kB', '1.0 MB', '1.5 GB', '2.0 TB']);
  });
});
