import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDue } from '../calendar/due.rules.ts';
import { resolveFires } from '../ledger/resolve.rules.ts';
import {
  type ExplainedSchedule,
  explainSchedule,
  type LastFire,
  type RunGoingOn,
  type ScheduleConditions,
} from './schedule-explanation.rules.ts';

const now = new Date('2027-03-28T00:59:30Z');
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const daily: ExplainedSchedule = {
  name: 'SampleJob',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  resolvedThrough: at(-3600),
  pausedAt: null,
  pausedUntil: null,
  pausedBy: null,
  pauseReason: null,
};
const calm: ScheduleConditions = { now, lastFire: null, run: null, liveNodeCount: 1, isKnown: true };
const run: RunGoingOn = {
  runId: 'run-1',
  startedAt: at(-90),
  nodeName: 'node-1',
  silentSince: null,
  leaseEndsAt: at(30),
  interruptedBy: null,
};
const fire = (overrides: Partial<LastFire>): LastFire => ({
  at: at(-60),
  outcome: 'on_time',
  reason: null,
  actor: null,
  isStarted: true,
  run: null,
  ...overrides,
});
const kindsOf = (schedule: ExplainedSchedule, conditions: Partial<ScheduleConditions> = {}) =>
  explainSchedule(schedule, { ...calm, ...conditions }).blockers.map(({ kind }) => kind);

describe('explaining a schedule', () => {
  it('that nothing keeps: says when it fires next', () => {
    expect(explainSchedule(daily, calm)).toEqual({
      summary: 'It has not been due yet. Nothing blocks the next fire.',
      lastFire: 'It has not been due yet.',
      blockers: [],
      nextChangeAt: new Date('2027-03-28T03:00:00Z'),
    });
  });

  it.each<[Partial<LastFire>, RegExp]>([
    [{ outcome: 'on_time' }, /ran on time\./],
    [{ outcome: 'on_time', run: { status: 'succeeded', errorMessage: null } }, /ran on time\./],
    [
      { outcome: 'on_time', run: { status: 'failed', errorMessage: 'Disk full.' } },
      /on time and failed \(Disk full\.\)\./,
    ],
    [{ outcome: 'late', run: { status: 'interrupted', errorMessage: null } }, /ran late and was interrupted\./],
    [{ outcome: 'late', reason: 'Claimed 9 s after it was due.' }, /ran late\. Claimed 9 s/],
    [{ outcome: 'caught_up' }, /was caught up\./],
    [{ outcome: 'caught_up', isStarted: false }, /is still to be caught up\./],
    [{ outcome: 'skipped_paused', actor: 'ann', reason: 'Quiet.' }, /was skipped: paused by ann: Quiet\./],
    [{ outcome: 'skipped_paused', actor: 'ann', reason: 'a deploy' }, /paused by ann: a deploy\. Nothing blocks/],
    [
      { outcome: 'skipped_overlap', reason: 'The run that began then was going on.' },
      /was skipped: another run was in progress\./,
    ],
    [{ outcome: 'skipped_policy', reason: 'By policy.' }, /was skipped\. By policy\./],
    [{ outcome: 'missed', reason: 'Too old.' }, /was missed\. Too old\./],
  ])('tells what came of the last fire: %o', (last, words) => {
    const { summary } = explainSchedule(daily, { ...calm, lastFire: fire(last) });
    expect(summary).toMatch(/^The last fire /);
    expect(summary).toMatch(words);
  });

  it('that is paused: by whom, until when, and how to resume', () => {
    const paused = { ...daily, pausedAt: at(-60), pausedBy: 'ann', pauseReason: 'Moving house.' };
    expect(explainSchedule(paused, calm)).toMatchObject({
      blockers: [
        {
          kind: 'SchedulePaused',
          pausedBy: 'ann',
          reason: 'Moving house.',
          endsAt: null,
          message: 'SampleJob is paused by ann: “Moving house.”. Its fires are skipped until it is resumed.',
          at: null,
          subject: 'SampleJob',
          cure: { mutation: 'resumeJob', input: { jobName: 'SampleJob' } },
        },
      ],
      nextChangeAt: null,
    });
    const short = explainSchedule({ ...paused, pausedUntil: at(60) }, calm);
    expect(short).toMatchObject({ blockers: [{ endsAt: at(60), at: at(60) }], nextChangeAt: at(60) });
    expect(short.summary).toContain('The pause ends before the next fire.');
    expect(kindsOf({ ...paused, pausedUntil: at(-1) })).toEqual([]);
  });

  it('whose run goes on: since when, where, and how to interrupt it', () => {
    expect(explainSchedule(daily, { ...calm, run })).toMatchObject({
      blockers: [
        {
          kind: 'RunGoingOn',
          startedAt: run.startedAt,
          node: 'node-1',
          closesAt: null,
          message: 'A run is in progress on node-1. A fire that is due before it ends is skipped.',
          cure: { mutation: 'interruptRun', input: { runId: 'run-1' } },
        },
      ],
      nextChangeAt: new Date('2027-03-28T03:00:00Z'),
    });
    const asked = explainSchedule(daily, { ...calm, run: { ...run, interruptedBy: 'ann' } });
    expect(asked).toMatchObject({
      blockers: [{ cure: null, message: expect.stringContaining('ann asked it to end') }],
    });
  });

  it('whose node is gone during a run: which node, and when the run is closed', () => {
    const lost = { ...run, silentSince: at(-20) };
    expect(explainSchedule(daily, { ...calm, run: lost })).toMatchObject({
      blockers: [
        {
          kind: 'RunGoingOn',
          closesAt: at(30),
          cure: null,
          code: 'RUN_LOST',
          at: at(30),
          message:
            'node-1 has a run in progress and has missed its heartbeats. Unless it returns, the run is closed when its lease ends.',
        },
      ],
      nextChangeAt: at(30),
    });
    const messageOf = (schedule: ExplainedSchedule, conditions: Partial<ScheduleConditions>) =>
      explainSchedule(schedule, { ...calm, run: lost, ...conditions }).blockers[0]?.message;
    const often = { ...daily, cron: '*/10 * * * * *' };
    expect(messageOf(often, {})).toContain('A fire that is due before then is skipped.');
    expect(explainSchedule(often, { ...calm, run: lost }).nextChangeAt).toEqual(at(10));
    // Without a live node the fire is not skipped and the run is not closed.
    expect(messageOf(often, { liveNodeCount: 0 })).not.toContain('skipped');
    expect(explainSchedule(daily, { ...calm, run: lost, liveNodeCount: 0 }).nextChangeAt).toBeNull();
    const ended = { ...lost, leaseEndsAt: at(-1) };
    expect(messageOf(daily, { run: ended })).toContain('the next check closes the run.');
    const paused = { ...daily, pausedAt: at(-60), pausedUntil: at(60) };
    expect(explainSchedule(paused, { ...calm, run: lost }).nextChangeAt).toEqual(at(30));
  });

  it('that nobody can fire, or that says nothing', () => {
    expect(kindsOf(daily, { liveNodeCount: 0, isKnown: false })).toEqual(['UnknownJob', 'NoLiveNode']);
    expect(explainSchedule(daily, { ...calm, liveNodeCount: 0 }).nextChangeAt).toBeNull();
    const unreadable = explainSchedule({ ...daily, cron: '0 0 30 2 *' }, calm);
    expect(unreadable).toMatchObject({
      blockers: [
        {
          kind: 'ScheduleUnreadable',
          message: expect.stringContaining('never fires'),
          cure: { mutation: 'rescheduleJob', input: { jobName: 'SampleJob', reset: true } },
        },
      ],
      nextChangeAt: null,
    });
    expect(kindsOf({ ...daily, timeZone: 'Mars/Base' })).toEqual(['ScheduleUnreadable']);
    expect(kindsOf({ ...daily, cron: '0 0 29 2 *', resolvedThrough: new Date('9000-01-01') })).toEqual([]);
  });

  it('looks beyond what is settled, where the clock was put back', () => {
    const settled = { ...daily, resolvedThrough: new Date('2027-03-29T03:00:00Z') };
    expect(explainSchedule(settled, calm).nextChangeAt).toEqual(new Date('2027-03-30T03:00:00Z'));
  });
});

const seconds = (min: number, max: number) => fc.integer({ min, max }).map(at);
const anySchedule = fc.record({
  name: fc.constant('SampleJob'),
  cron: fc.constantFrom('* * * * *', '*/15 * * * *', '0 3 * * *', '30 2 * * *', '*/7 * * * * *', '0 0 30 2 *', 'x'),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Mars/Base'),
  misfirePolicy: fc.constantFrom('run_once', 'skip', 'run_all'),
  resolvedThrough: seconds(-7200, 7200),
  pausedAt: fc.option(seconds(-7200, 0)),
  pausedUntil: fc.option(seconds(-7200, 100_000)),
  pausedBy: fc.constantFrom('ann', null),
  pauseReason: fc.constantFrom('Quiet.', null),
}) satisfies fc.Arbitrary<ExplainedSchedule>;
const anyConditions = fc.record({
  now: fc.constant(now),
  lastFire: fc.option(fc.constantFrom('on_time', 'skipped_paused', 'missed').map((outcome) => fire({ outcome }))),
  run: fc.option(
    fc.constantFrom(
      run,
      { ...run, interruptedBy: 'bob', nodeName: null },
      { ...run, silentSince: at(-20) },
      { ...run, silentSince: at(-60), leaseEndsAt: at(-1), nodeName: null },
    ),
  ),
  liveNodeCount: fc.constantFrom(0, 1, 3),
  isKnown: fc.boolean(),
}) satisfies fc.Arbitrary<ScheduleConditions>;

describe('whatever the state', () => {
  it('no instant to come lies in the past, and every blocker has a message', () => {
    fc.assert(
      fc.property(anySchedule, anyConditions, (schedule, conditions) => {
        const { nextChangeAt, blockers, summary } = explainSchedule(schedule, conditions);
        expect(nextChangeAt === null || nextChangeAt > now).toBe(true);
        expect(summary).not.toMatch(/null|undefined|Invalid|\d{4}-\d\d-\d\dT/);
        for (const blocker of blockers) {
          expect(blocker.message).toMatch(/\w.*[.:!?]$|: .+/);
          if (blocker.kind === 'SchedulePaused') expect(blocker.endsAt === null || blocker.endsAt > now).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a schedule that will not fire at its next due instant has a blocker, and one without fires then', () => {
    fc.assert(
      fc.property(anySchedule, anyConditions, (schedule, conditions) => {
        const { blockers, nextChangeAt } = explainSchedule(schedule, conditions);
        if (blockers.length > 0 && blockers.every(({ kind }) => kind === 'ScheduleUnreadable')) return;
        if (schedule.cron === 'x' || schedule.cron === '0 0 30 2 *' || schedule.timeZone === 'Mars/Base') {
          expect(blockers.map(({ kind }) => kind)).toContain('ScheduleUnreadable');
          return;
        }
        // Expected: everything up to now is resolved, and a node checks again when the next fire is due.
        const resolvedThrough = new Date(Math.max(schedule.resolvedThrough.getTime(), now.getTime()));
        const due = nextDue(schedule, resolvedThrough, 1)[0]?.at ?? now;
        const runningSince = conditions.run?.startedAt ?? null;
        const fires = resolveFires({
          schedule: { ...schedule, resolvedThrough },
          now: due,
          upSince: now,
          runningSince,
        })?.fires;
        const isFired =
          conditions.liveNodeCount > 0 &&
          conditions.isKnown &&
          fires?.at(-1)?.outcome === 'on_time' &&
          fires.length === 1;
        if (!isFired) expect(blockers).not.toEqual([]);
        if (blockers.length === 0) expect(nextChangeAt).toEqual(due);
      }),
      { numRuns: 500 },
    );
  });
});
