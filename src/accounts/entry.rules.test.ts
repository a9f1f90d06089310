import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  afterInterruption,
  cancelProblem,
  type Decision,
  type EntryState,
  type FailedAttempt,
  LONGEST_DELAY_MS,
  MAX_RETRIES,
  RETRY_DELAYS_MS,
  retryProblem,
} from './entry.rules.ts';

const MINUTE = 60_000;
const NOW = new Date('2027-03-01T12:00:00.000Z');
const FRESH: EntryState = { retryCount: 0, nextRetryAt: NOW, interruptionCount: 0, isLookupOnly: false };
const TRANSIENT: FailedAttempt = { class: 'transient', needsLookup: false };
const UNKNOWN: FailedAttempt = { class: 'unknown', needsLookup: true };

type Step = { kind: 'interrupted' } | { kind: 'failed'; failure: FailedAttempt; isCircuitClosed: boolean };

const failure = fc.oneof(
  fc.record({
    class: fc.constant('transient' as const),
    needsLookup: fc.boolean(),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 10 * LONGEST_DELAY_MS }), { nil: undefined }),
  }),
  fc.record({ class: fc.constant('configuration' as const), needsLookup: fc.boolean() }),
  fc.record({ class: fc.constant('unknown' as const), needsLookup: fc.constant(true) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'interrupted' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('failed' as const), failure, isCircuitClosed: fc.boolean() }),
  },
);

/** Returns every decision in order, until the entry has failed; each attempt begins when its entry is due. */
function play(steps: readonly Step[]): { step: Step; before: EntryState; at: Date; after: Decision }[] {
  let state: EntryState = FRESH;
  let at = NOW;
  const played: { step: Step; before: EntryState; at: Date; after: Decision }[] = [];
  for (const one of steps) {
    at = new Date(Math.max(at.getTime(), state.nextRetryAt?.getTime() ?? 0) + 1_234);
    const after =
      one.kind === 'interrupted'
        ? afterInterruption(state, at, at)
        : afterFailure(state, one.failure, at, one.isCircuitClosed);
    played.push({ step: one, before: state, at, after });
    if (after.status === 'failed') break;
    state = after;
  }
  return played;
}

const delayOf = ({ at, after }: { at: Date; after: Decision }): number =>
  (after.nextRetryAt?.getTime() ?? Number.NaN) - at.getTime();

describe('the retry rule', () => {
  it('retries after 1 min, 5 min, 15 min, 1 h and 4 h, then fails', () => {
    const played = play(
      Array.from({ length: 10 }, () => ({ kind: 'failed', failure: TRANSIENT, isCircuitClosed: true })),
    );
    expect(played.map(({ after }) => after.retryCount)).toEqual([1, 2, 3, 4, 5, 5]);
    expect(played.slice(0, 5).map(delayOf)).toEqual([1, 5, 15, 60, 240].map((minutes) => minutes * MINUTE));
    expect(played.at(-1)?.after).toMatchObject({ status: 'failed', nextRetryAt: null });
  });

  it('uses its delays in order, each once, over any sequence of outcomes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const costly = play(steps).filter(({ before, after }) => after.retryCount !== before.retryCount);
        expect(costly.length).toBeLessThanOrEqual(MAX_RETRIES);
        costly.forEach((one, index) => {
          expect(one.after.retryCount).toBe(index + 1);
          const own = RETRY_DELAYS_MS[index] ?? Number.NaN;
          const asked = one.step.kind === 'failed' ? (one.step.failure.retryAfterMs ?? 0) : 0;
          expect(delayOf(one)).toBe(Math.max(own, Math.min(asked, LONGEST_DELAY_MS)));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('costs nothing and leaves the due time for configuration errors and while the circuit is not closed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        for (const { step: one, before, after } of play(steps)) {
          if (one.kind !== 'failed' || (one.failure.class !== 'configuration' && one.isCircuitClosed)) continue;
          expect(after).toMatchObject({
            status: 'pending',
            retryCount: before.retryCount,
            nextRetryAt: before.nextRetryAt,
            isLookupOnly: before.isLookupOnly,
          });
        }
      }),
    );
  });

  it('lengthens a delay by Retry-After, never shortens it, up to 4 hours', () => {
    const wait = (retryAfterMs: number) => afterFailure(FRESH, { ...TRANSIENT, retryAfterMs }, NOW, true).nextRetryAt;
    expect(wait(30 * MINUTE)).toEqual(new Date(NOW.getTime() + 30 * MINUTE));
    expect(wait(5_000)).toEqual(new Date(NOW.getTime() + MINUTE));
    expect(wait(48 * 60 * MINUTE)).toEqual(new Date(NOW.getTime() + LONGEST_DELAY_MS));
  });

  it('charges a retry for every third interruption in a row, and looks after each', () => {
    const played = play(Array.from({ length: 7 }, () => ({ kind: 'interrupted' })));
    expect(played.map(({ after }) => after.retryCount)).toEqual([0, 0, 1, 1, 1, 2, 2]);
    expect(played.every(({ after }) => after.needsLookup && after.status === 'pending')).toBe(true);
    expect(played.map(delayOf).filter((ms) => ms > 0)).toEqual([1 * MINUTE, 5 * MINUTE]);
  });

  it('begins to count interruptions anew after an attempt that came to an end', () => {
    const interrupted = { kind: 'interrupted' as const };
    const failed = {
      kind: 'failed' as const,
      failure: { class: 'configuration' as const, needsLookup: true },
      isCircuitClosed: true,
    };
    const played = play([interrupted, interrupted, failed, interrupted, interrupted]);
    expect(played.at(-1)?.after).toMatchObject({ retryCount: 0, interruptionCount: 2 });
  });

  it('never fails an entry whose outcome is open: a last lookup comes first', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        for (const { step: one, after } of play(steps)) {
          const isOpen = one.kind === 'interrupted' || one.failure.needsLookup;
          if (isOpen) expect(after).toMatchObject({ status: 'pending', needsLookup: true });
          if (after.isLookupOnly) expect(after.retryCount).toBe(MAX_RETRIES);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('comes to an end or to a last lookup, whatever goes wrong', () => {
    const unknown = { kind: 'failed' as const, failure: UNKNOWN, isCircuitClosed: true };
    const played = play(Array.from({ length: 8 }, () => unknown));
    expect(played.map(({ after }) => after.isLookupOnly)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(played.slice(5).map(delayOf)).toEqual([1 * MINUTE, 15 * MINUTE, 15 * MINUTE]);
    const usedUp = afterFailure(
      { retryCount: 5, nextRetryAt: NOW, interruptionCount: 0, isLookupOnly: true },
      { class: 'permanent', needsLookup: false },
      NOW,
      true,
    );
    expect(usedUp).toMatchObject({ status: 'failed', nextRetryAt: null, needsLookup: false, isLookupOnly: false });
  });

  it('fails at once for a permanent error, with the retries as they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.boolean(), (retryCount, isCircuitClosed) => {
        const permanent = { class: 'permanent' as const, needsLookup: false };
        const after = afterFailure({ ...FRESH, retryCount }, permanent, NOW, isCircuitClosed);
        expect(after).toMatchObject({ status: 'failed', retryCount, nextRetryAt: null });
      }),
    );
  });
});

describe('while what was sent earlier may still be done', () => {
  const lookupFinalAt = new Date(NOW.getTime() + 20_000);
  const permanent = { class: 'permanent' as const, needsLookup: true, lookupFinalAt };

  it('a permanent failure is not final: it is tried again after that, at no cost', () => {
    const entry = { ...FRESH, retryCount: 3 };
    const after = afterFailure(entry, permanent, NOW, true);
    expect(after).toMatchObject({
      status: 'pending',
      retryCount: 3,
      nextRetryAt: lookupFinalAt,
      needsLookup: true,
      lookupFinalAt,
    });
    expect(
      afterFailure(
        { ...entry, ...after },
        { ...permanent, needsLookup: false, lookupFinalAt: null },
        lookupFinalAt,
        true,
      ),
    ).toMatchObject({
      status: 'failed',
      needsLookup: false,
      lookupFinalAt: null,
    });
  });

  it('no last lookup comes before it', () => {
    const late = new Date(NOW.getTime() + 2 * MINUTE);
    const after = afterFailure({ ...FRESH, retryCount: 5 }, { ...UNKNOWN, lookupFinalAt: late }, NOW, true);
    expect(after).toMatchObject({ status: 'pending', isLookupOnly: true, nextRetryAt: late });
  });
});

it('a permanent failure leaves it open whether the account exists, where it does', () => {
  const entry = { retryCount: 2, nextRetryAt: null, interruptionCount: 1, isLookupOnly: false };
  const fail = (needsLookup: boolean) => afterFailure(entry, { class: 'permanent', needsLookup }, new Date(0), true);
  expect(fail(true)).toMatchObject({ status: 'failed', needsLookup: true });
  expect(fail(false)).toMatchObject({ status: 'failed', needsLookup: false });
});

describe('what people may do by hand', () => {
  const failed = { status: 'failed' as const, hasPassword: true, isSealed: true, hasFamily: true };

  it('lets failed, cancelled and waiting entries be retried', () => {
    for (const status of ['failed', 'cancelled', 'pending'] as const)
      expect(retryProblem({ ...failed, status }, false)).toBeUndefined();
  });

  it('refuses the retry of what is done or under way, with the reason', () => {
    expect(retryProblem({ ...failed, status: 'completed' }, true)?.message).toContain('its account exists');
    expect(retryProblem({ ...failed, status: 'processing' }, true)?.message).toContain('right now');
    expect(retryProblem({ ...failed, hasFamily: false }, true)?.message).toContain('family was deleted');
  });

  it('wants a new password where the old one is destroyed', () => {
    expect(retryProblem({ ...failed, hasPassword: false }, false)?.code).toBe('PASSWORD_DESTROYED');
    expect(retryProblem({ ...failed, hasPassword: false }, true)).toBeUndefined();
    expect(retryProblem({ ...failed, isSealed: false }, false)?.message).toContain('was not encrypted by this server');
    expect(retryProblem({ ...failed, isSealed: false }, true)).toBeUndefined();
  });

  it('lets waiting and failed entries be cancelled, and no others', () => {
    expect(cancelProblem('pending')).toBeUndefined();
    expect(cancelProblem('failed')).toBeUndefined();
    expect(cancelProblem('cancelled')).toBeUndefined();
    expect(cancelProblem('completed')).toContain('its account exists');
    expect(cancelProblem('processing')).toContain('right now');
  });
});
