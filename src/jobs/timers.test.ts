/** The timers where croner loses one: each is called exactly once, whatever croner does. */
import { afterEach, expect, it, vi } from 'vitest';
import { createTimers } from './timers.ts';

afterEach(() => vi.unstubAllGlobals());

it('calls a timer that node woke a millisecond early and croner then took for past', async () => {
  const Real = Date;
  const at = new Real(Math.ceil((Real.now() + 500) / 1000) * 1000);
  let isFirstLook = true;
  // The first read of the clock at that time is a millisecond early, the next one is not.
  class Early extends Real {
    constructor(...given: []) {
      if (given.length > 0) super(...given);
      else if (Real.now() >= at.getTime() - 2 && isFirstLook) {
        isFirstLook = false;
        super(at.getTime() - 1);
      } else super(isFirstLook ? Real.now() : Math.max(Real.now(), at.getTime()));
    }
  }
  vi.stubGlobal('Date', Early);
  const faults: unknown[] = [];
  const timers = createTimers((error) => faults.push(error));
  let calls = 0;
  timers.once('key', at, async () => {
    calls += 1;
  });
  await expect.poll(() => calls, { timeout: 30_000, interval: 10 }).toBe(1);
  expect(isFirstLook).toBe(false);
  timers.stop();
  expect({ calls, faults }).toEqual({ calls: 1, faults: [] });
});
