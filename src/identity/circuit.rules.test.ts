import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterResult, type CircuitResult, type CircuitRow, CLOSED, openedByHand, slowStart } from './circuit.rules.ts';

const NOW = new Date('2027-03-01T12:00:00.000Z');
const LIMITS = { failureThreshold: 5, probeIntervalMs: 10_000 };
const result = (entryId: string, kind: CircuitResult['kind'], probeToken?: string): CircuitResult => ({
  entryId,
  kind,
  code: `CODE_${kind}`,
  reason: `it was ${kind}`,
  probeToken,
});
const play = (results: readonly CircuitResult[], circuit: CircuitRow = CLOSED): CircuitRow =>
  results.reduce((row, one) => afterResult(row, one, NOW, LIMITS), circuit);
const intervalOf = ({ nextProbeAt }: CircuitRow): number => (nextProbeAt?.getTime() ?? Number.NaN) - NOW.getTime();

const OPEN = play([result('e1', 'configuration')]);
const probing = (circuit: CircuitRow): CircuitRow => ({
  ...circuit,
  state: 'half_open',
  probeToken: 'mine',
  probeExpiresAt: new Date(NOW.getTime() + 30_000),
});

const anyResult = fc.record({
  entryId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
  kind: fc.constantFrom('answered' as const, 'transient' as const, 'unknown' as const),
});

describe('a closed circuit', () => {
  it('opens at the first configuration error, with its cause and the time of the first probe', () => {
    expect(OPEN).toMatchObject({
      state: 'open',
      cause: 'CODE_configuration',
      reason: 'it was configuration',
      openedBy: null,
      openedAt: NOW,
      failedProbes: 0,
    });
    expect(intervalOf(OPEN)).toBe(10_000);
  });

  it('opens exactly when the failures since the last answer come from enough different entries', () => {
    fc.assert(
      fc.property(
        fc.array(anyResult, { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        (results, failureThreshold) => {
          let circuit: CircuitRow = CLOSED;
          let failing = new Set<string>();
          for (const one of results) {
            circuit = afterResult(circuit, one, NOW, { ...LIMITS, failureThreshold });
            failing = one.kind === 'answered' ? new Set() : failing.add(one.entryId);
            expect(circuit.state).toBe(failing.size >= failureThreshold ? 'open' : 'closed');
            if (circuit.state === 'open') return;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is not opened by an entry that alone is refused, but by as many as of any other failure', () => {
    expect(play(Array.from({ length: 100 }, () => result('e1', 'alone'))).state).toBe('closed');
    expect(play(['e1', 'e2', 'e3', 'e4', 'e5'].map((id) => result(id, 'alone')))).toMatchObject({
      state: 'open',
      cause: 'CODE_alone',
    });
  });

  it('is not opened by one entry, however often that fails', () => {
    expect(play(Array.from({ length: 100 }, () => result('e1', 'transient'))).state).toBe('closed');
  });

  it('is calmed by any answer, also by one that did not like its entry', () => {
    const failing = ['e1', 'e2', 'e3', 'e4'].map((id) => result(id, 'transient'));
    expect(play([...failing, result('e9', 'answered'), ...failing]).state).toBe('closed');
    expect(play([...failing, result('e5', 'unknown')]).state).toBe('open');
  });
});

describe('a circuit that is not closed', () => {
  it('is left as it is by whatever is not its probe', () => {
    const foreign = fc.record({
      entryId: fc.uuid(),
      kind: fc.constantFrom('answered' as const, 'transient' as const, 'unknown' as const, 'configuration' as const),
      probeToken: fc.option(fc.uuid(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.constantFrom(OPEN, probing(OPEN)), fc.array(foreign, { maxLength: 10 }), (circuit, results) => {
        expect(play(results, circuit)).toEqual(circuit);
      }),
    );
  });

  it('is closed by its own probe’s success', () => {
    expect(play([result('e2', 'answered', 'mine')], probing(OPEN))).toEqual(CLOSED);
    expect(play([result('e2', 'answered', 'other')], probing(OPEN)).state).toBe('half_open');
  });

  it('is closed by a probe that alone is refused: the check has found the provider well', () => {
    expect(play([result('e2', 'alone', 'mine')], probing(OPEN))).toEqual(CLOSED);
    const byOutage = play(['e1', 'e2', 'e3', 'e4', 'e5'].map((id) => result(id, 'transient')));
    expect(play([result('e6', 'alone', 'mine')], probing(byOutage))).toEqual(CLOSED);
  });

  it('stays open for such a probe where the same of several entries opened it, which the check cannot see', () => {
    const byEntries = play(['e1', 'e2', 'e3', 'e4', 'e5'].map((id) => result(id, 'alone')));
    const again = play([result('e6', 'alone', 'mine')], probing(byEntries));
    expect(again).toMatchObject({ state: 'open', failedProbes: 1 });
    expect(play([result('e7', 'answered', 'mine')], probing(again))).toEqual(CLOSED);
  });

  it('opens again after a failed probe, for twice as long each time, up to 5 minutes', () => {
    let circuit = OPEN;
    const intervals = Array.from({ length: 8 }, () => {
      circuit = play([result('e2', 'transient', 'mine')], probing(circuit));
      expect(circuit).toMatchObject({ state: 'open', probeToken: null, probeExpiresAt: null, openedAt: NOW });
      return intervalOf(circuit) / 1_000;
    });
    expect(intervals).toEqual([20, 40, 80, 160, 300, 300, 300, 300]);
    expect(circuit).toMatchObject({ failedProbes: 8, cause: 'CODE_transient' });
  });

  it('keeps an interval that is configured longer than the cap', () => {
    const limits = { failureThreshold: 1, probeIntervalMs: 20 * 60_000 };
    const open = afterResult(CLOSED, result('e1', 'transient'), NOW, limits);
    const again = afterResult(probing(open), result('e1', 'transient', 'mine'), NOW, limits);
    expect(intervalOf(again)).toBe(20 * 60_000);
  });

  it('is probed again at once when its probe was spent on an entry that never reached the provider', () => {
    const circuit = play([result('e2', 'not_asked', 'mine')], probing(OPEN));
    expect(circuit).toMatchObject({ state: 'open', cause: OPEN.cause, failedProbes: 0, probeToken: null });
    expect(circuit.nextProbeAt).toEqual(NOW);
  });
});

describe('opening by hand', () => {
  it('keeps a circuit open without a probe, or until an instant', () => {
    const until = new Date('2027-03-02T00:00:00.000Z');
    expect(openedByHand(CLOSED, 'anna', 'maintenance', null, NOW)).toMatchObject({
      state: 'open',
      openedBy: 'anna',
      reason: 'maintenance',
      openedAt: NOW,
      nextProbeAt: null,
      cause: null,
    });
    expect(openedByHand(CLOSED, 'anna', 'maintenance', until, NOW).nextProbeAt).toEqual(until);
  });

  it('takes the say from a probe that is under way', () => {
    const byHand = openedByHand(probing(OPEN), 'anna', 'maintenance', null, NOW);
    expect(play([result('e2', 'answered', 'mine')], byHand)).toEqual(byHand);
  });
});

describe('slow start', () => {
  it('doubles from two each second up to the concurrency', () => {
    const at = (seconds: number) => slowStart(32, seconds * 1_000);
    expect([0, 0.9, 1, 2, 3, 3.9, 4, 60].map(at)).toEqual([2, 2, 4, 8, 16, 16, 32, 32]);
    expect(slowStart(1, 0)).toBe(1);
    expect(slowStart(32, Number.POSITIVE_INFINITY)).toBe(32);
    // Clocks may differ a little.
    expect(slowStart(32, -50)).toBe(2);
  });
});
