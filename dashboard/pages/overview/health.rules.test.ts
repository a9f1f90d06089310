import { describe, expect, it } from 'vitest';
import { troublesOf, verdictOf } from './health.rules.ts';

const CALM = { pendingCount: 0, processingCount: 0, dueCount: 0, failedCount: 0 };
const alert = (change: object) => ({
  alertId: 'a',
  severity: 'WARNING',
  summary: 'The oldest due entry waits for 10 minutes',
  isSilenced: false,
  explanation: null,
  ...change,
});

describe('troublesOf', () => {
  it('finds nothing where nothing is', () => {
    expect(troublesOf({ circuit: { state: 'CLOSED', cause: null, reason: null }, runningNodes: 1 })).toEqual([]);
    expect(troublesOf({})).toEqual([]);
  });

  it('tells the worst first, each with its cure', () => {
    const troubles = troublesOf({
      circuit: { state: 'OPEN', cause: 'The token is invalid', reason: null },
      pauses: [{ reason: 'import', pausedBy: 'Ada', family: { familyId: 'f', name: 'Smith' } }],
      jobs: [{ name: 'RetentionJob', isPaused: true, pause: { reason: 'disk', by: 'Bo' } }],
      alerts: [alert({ severity: 'CRITICAL' })],
    });
    expect(
      troubles.map(({ key, tone, text, cures }) => [key, tone, text, cures.map(({ mutation }) => mutation)]),
    ).toEqual([
      [
        'circuit',
        'bad',
        'The circuit is open: nothing is sent to the identity provider. The token is invalid.',
        ['closeCircuit'],
      ],
      ['a', 'bad', 'The oldest due entry waits for 10 minutes.', []],
      ['pause-f', 'warn', 'The queue of Smith is paused by Ada: import.', ['resumeQueue']],
      ['job-RetentionJob', 'warn', 'RetentionJob is paused by Bo: disk.', ['resumeJob']],
    ]);
  });

  it('does not tell twice what an alert tells as well, nor what is silenced', () => {
    const cure = { label: 'Close the circuit', mutation: 'closeCircuit', input: {} };
    expect(
      troublesOf({
        circuit: { state: 'OPEN', cause: 'x', reason: null },
        alerts: [
          alert({ explanation: { blockers: [{ message: 'x', cure }] } }),
          alert({ alertId: 'b', isSilenced: true }),
        ],
      }).map(({ key }) => key),
    ).toEqual(['circuit']);
    expect(troublesOf({ alerts: [alert({ explanation: { blockers: [{ message: 'x', cure }] } })] })).toHaveLength(1);
  });

  it('says that the simulator was broken by somebody, before what follows from it', () => {
    const [first, second] = troublesOf({
      simulator: { fault: 'INVALID_TOKEN', changedBy: 'Ada' },
      circuit: { state: 'OPEN', cause: 'x', reason: null },
    });
    expect(first?.text).toBe(
      'The built-in simulator is set to fail (invalid token) by Ada: what it does is no outage.',
    );
    expect(first?.cures[0]?.mutation).toBe('setSimulatorFault');
    expect(second?.key).toBe('circuit');
    expect(troublesOf({ simulator: { fault: 'NONE', changedBy: null } })).toEqual([]);
  });

  it('says that nobody is there', () => {
    expect(troublesOf({ runningNodes: 0 })[0]?.text).toMatch(/^No node is running/);
  });
});

describe('verdictOf', () => {
  it.each([
    [CALM, 'All is well: the queue is empty.'],
    [{ ...CALM, pendingCount: 1 }, 'All is well: 1 entry waits for a later time.'],
    [{ ...CALM, pendingCount: 9, dueCount: 2, processingCount: 1 }, 'All is well: 3 entries are being seen to.'],
    [{ ...CALM, failedCount: 2 }, 'All is well: the queue is empty. 2 entries have failed and can be retried.'],
  ])('%j', (statistics, text) => expect(verdictOf([], statistics)).toBe(text));

  it('counts what needs somebody', () => {
    expect(verdictOf(troublesOf({ runningNodes: 0 }), CALM)).toBe('1 thing needs you.');
  });

  it('does not call well what has not answered', () => {
    expect(verdictOf([], CALM, false)).toMatch(/^Whether all is well is not known/);
    expect(verdictOf(troublesOf({ runningNodes: 0 }), CALM, false)).toBe('1 thing needs you.');
  });
});
