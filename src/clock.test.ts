import { afterEach, expect, it, vi } from 'vitest';
import { startStopwatch } from './clock.ts';

afterEach(() => vi.restoreAllMocks());

it('a stopwatch goes by whichever clock went further: a sleep counts, a clock set back does not', () => {
  const steady = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  const wall = vi.spyOn(Date, 'now').mockReturnValue(50_000);
  const elapsed = startStopwatch();
  expect(elapsed()).toBe(0);
  // The machine slept: the monotonic clock stopped.
  wall.mockReturnValue(59_000);
  expect(elapsed()).toBe(9_000);
  // The wall clock was set back.
  wall.mockReturnValue(10_000);
  steady.mockReturnValue(4_000);
  expect(elapsed()).toBe(3_000);
});
