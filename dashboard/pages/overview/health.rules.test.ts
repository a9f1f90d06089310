import { describe, expect, it } from 'vitest';
import { troublesOf, verdictOf } from './health.rules.ts';

const circuit = (state: string, change: object = {}) => ({
  state,
  reason: 'The token is invalid',
  openedAt: '2026-11-26T07:00:00.000Z',
  openedBy: null,
  ...change,
});
const CALM = { pendingCount: 0, processingCount: 0, dueCount: 0, failedCount: 0 };
const alert = (change: object) => ({
  alertId: 'a',
  severity: 'WARNING',
  summary: 'The oldest due entry waits for 10 minutes',
  isSilenced: false,
  notFoundAt: null,
  subject: { kind: 'QUEUE' },
  explanation: null,
  ...change,
});

describe('troublesOf', () => {
  it('finds nothing where nothing is', () => {
    expect(troublesOf({ circuit: circuit('CLOSED'), runningNodes: 1 })).toEqual([]);
    expect(troublesOf({})).toEqual([]);
  });

  it('tells the worst first, each with its cure', () => {
    const troubles = troublesOf({
      circuit: circuit('OPEN'),
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
        'The circuit is open: nothing is sent to the identity provider. It has been so since 2026-11-26T07:00:00.000Z. The token is invalid.',
        ['closeCircuit'],
      ],
      ['a', 'bad', 'The oldest due entry waits for 10 minutes.', []],
      ['pause-f', 'warn', 'The queue of Smith is paused by Ada: “import”.', ['resumeQueue']],
      ['job-RetentionJob', 'warn', 'RetentionJob is paused by Bo: “disk”.', ['resumeJob']],
    ]);
  });

  it('does not tell twice what an alert tells as well, nor what is silenced', () => {
    const cure = { label: 'Close the circuit', mutation: 'closeCircuit', input: {} };
    expect(
      troublesOf({
        circuit: circuit('OPEN'),
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
      circuit: circuit('OPEN'),
    });
    expect(first?.text).toBe(
      'The built-in simulator is set to refuse the token (401), by Ada. What comes of it is a test, and no real outage.',
    );
    expect(first?.cures[0]?.mutation).toBe('setSimulatorFault');
    expect(second?.key).toBe('circuit');
    expect(troublesOf({ simulator: { fault: 'NONE', changedBy: null } })).toEqual([]);
  });

  it('says of a circuit that is kept open by hand since when, by whom and why', () => {
    const [trouble] = troublesOf({ circuit: circuit('OPEN', { openedBy: 'Ada', reason: 'maintenance' }) });
    expect(trouble?.text).toBe(
      'The circuit is open: nothing is sent to the identity provider. Ada opened it by hand at 2026-11-26T07:00:00.000Z: “maintenance”.',
    );
    expect(troublesOf({ circuit: circuit('HALF_OPEN') })[0]?.text).toMatch(
      /^The circuit is half open: .* but a probe\./,
    );
  });

  it('needs nobody for what is over, though its alert stays on for a while', () => {
    const failed = alert({ subject: { kind: 'FAILURE_GROUP' }, summary: '101 entries failed for good' });
    expect(troublesOf({ alerts: [alert({ notFoundAt: '2026-11-26T07:00:00.000Z' })] })).toEqual([]);
    expect(troublesOf({ alerts: [failed], failedCount: 0 })).toEqual([]);
    expect(troublesOf({ alerts: [failed], failedCount: 1 })).toHaveLength(1);
    expect(troublesOf({ alerts: [alert({})], failedCount: 0 })).toHaveLength(1);
  });

  it('leads from failed entries to the failures, and offers a retry beside the cancel that is advised', () => {
    const input = { action: 'CANCEL', filter: { failureGroup: 'g' } };
    const cure = { label: 'Plan a cancel of these entries', mutation: 'planBulkAction', input };
    const [trouble] = troublesOf({
      alerts: [alert({ subject: { kind: 'FAILURE_GROUP' }, explanation: { blockers: [{ message: 'x', cure }] } })],
    });
    expect(trouble?.href).toBe('/failures');
    expect(trouble?.cures.map(({ input: given }) => given)).toEqual([input, { ...input, action: 'RETRY' }]);
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
