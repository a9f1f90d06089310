import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stories, tell } from '../../../test/support/ledger-story.ts';
import { dueInstants } from '../calendar/due.rules.ts';
import { type LedgerRow, startAudit } from './ledger-audit.rules.ts';
import type { ResolvedFire } from './ledger-rows.rules.ts';
import { countDueOver, dueOver, historyOf, type ScheduleSpan, type ScheduleVersion } from './schedule-history.rules.ts';

const BEGIN = Date.parse('2027-03-27T12:00:00Z');
const epochOf = ({ firedAt, throughAt, count }: ResolvedFire): LedgerRow => ({
  firedAt: firedAt.getTime(),
  throughAt: throughAt.getTime(),
  count,
});
const at = (time: string) => Date.parse(`2027-06-10T${time}Z`);
const row = (first: string, last = first, count = 1): LedgerRow => ({ firedAt: at(first), throughAt: at(last), count });
const hourly: ScheduleSpan = { cron: '0 * * * *', timeZone: 'UTC', after: at('00:00:00'), through: at('12:00:00') };
const audit = (rows: readonly LedgerRow[], history: readonly ScheduleSpan[], span = spanOf(history), limit = 100) => {
  const running = startAudit(history, span, limit);
  for (const one of [...rows].sort((a, b) => a.firedAt - b.firedAt)) running.add(one);
  return running.finish();
};
const spanOf = (history: readonly ScheduleSpan[]) => ({
  after: history[0]?.after ?? 0,
  through: history.at(-1)?.through ?? 0,
});
const short = (instants: readonly number[]) => instants.map((one) => new Date(one).toISOString().slice(11, 16));
const clean = { missing: [], missingCount: 0, extra: [], extraCount: 0, miscounted: [], miscountedCount: 0 };

describe('an audit', () => {
  const whole = [row('01:00:00'), row('02:00:00', '11:00:00', 10), row('12:00:00')];

  it('finds a whole ledger complete, gap and all', () => {
    expect(audit(whole, [hourly])).toEqual({ dueCount: 12, recordedCount: 12, ...clean });
  });

  it('counts a gap only as far as it reaches into the span', () => {
    const span = { after: at('03:30:00'), through: at('09:00:00') };
    expect(audit(whole, [hourly], span)).toEqual({ dueCount: 6, recordedCount: 6, ...clean });
  });

  it('lists what is missing, in front, between and behind, up to the limit', () => {
    const report = audit([row('03:00:00'), row('06:00:00', '08:00:00', 3)], [hourly], undefined, 5);
    expect(short(report.missing)).toEqual(['01:00', '02:00', '04:00', '05:00', '09:00']);
    expect(report).toMatchObject({ dueCount: 12, recordedCount: 4, missingCount: 8, extraCount: 0 });
  });

  it('lists what was not due, and what is there twice', () => {
    const report = audit([...whole, row('01:00:00'), row('01:30:00'), row('05:00:00')], [hourly]);
    expect(short(report.extra)).toEqual(['01:00', '01:30', '05:00']);
    expect(report).toMatchObject({ dueCount: 12, recordedCount: 15, missingCount: 0, extraCount: 3 });
  });

  it('takes two gaps that overlap for what they share twice', () => {
    const report = audit([row('01:00:00', '08:00:00', 8), row('05:00:00', '12:00:00', 8)], [hourly], undefined, 3);
    expect(short(report.extra)).toEqual(['05:00', '06:00', '07:00']);
    expect(report).toMatchObject({ dueCount: 12, recordedCount: 16, missingCount: 0, extraCount: 4 });
  });

  it('a gap whose ends were not due, or whose count is wrong, says so', () => {
    const report = audit([row('00:30:00', '12:00:00', 12)], [hourly]);
    expect(short(report.extra)).toEqual(['00:30']);
    expect(report.miscounted).toEqual([]);
    const wrong = row('01:00:00', '12:00:00', 11);
    expect(audit([wrong], [hourly])).toMatchObject({
      missingCount: 0,
      miscounted: [{ ...wrong, dueCount: 12 }],
      miscountedCount: 1,
    });
  });

  it('an empty ledger is all missing, counted and not walked', () => {
    const year = { ...hourly, cron: '* * * * * *', through: hourly.after + 365 * 86_400_000 };
    const began = process.cpuUsage();
    expect(audit([], [year])).toMatchObject({ missingCount: 365 * 86_400, recordedCount: 0 });
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(2_000);
  });
});

describe('a history', () => {
  const version = (number: number, inForceAfter: string, cron: string): ScheduleVersion => ({
    version: number,
    inForceAfter: new Date(at(inForceAfter)),
    cron,
    timeZone: 'UTC',
  });

  it('joins versions that say the same, and ends where it is told to', () => {
    const versions = [
      version(1, '00:00:00', '0 * * * *'),
      version(2, '03:00:00', '0 * * * *'),
      version(3, '05:00:00', '30 * * * *'),
      version(4, '05:00:00', '15 * * * *'),
      version(5, '09:00:00', '0 * * * *'),
    ];
    const history = historyOf(versions, new Date(at('08:00:00')));
    expect(history.map(({ cron, after, through }) => [cron, ...short([after, through])])).toEqual([
      ['0 * * * *', '00:00', '05:00'],
      ['15 * * * *', '05:00', '08:00'],
    ]);
    expect(short([...dueOver(history, { after: at('03:00:00'), through: at('06:30:00') })])).toEqual([
      '04:00',
      '05:00',
      '05:15',
      '06:15',
    ]);
  });
});

/** Runs the steps without a database: the ledger as claimFires would leave it, the versions as they were in force. */
async function told(steps: Parameters<typeof tell>[0]) {
  const fires: ResolvedFire[] = [];
  const versions: ScheduleVersion[] = [];
  const end = await tell(steps, {
    start: BEGIN,
    ledger: {
      claim: (resolution) => void fires.push(...resolution.fires),
      change: ({ cron, timeZone, resolvedThrough }) =>
        void versions.push({ version: versions.length + 1, inForceAfter: resolvedThrough, cron, timeZone }),
    },
  });
  return { fires, versions, history: historyOf(versions, end.resolvedThrough), end };
}

describe('whatever happens: running, down, busy, paused, rescheduled, clocks set', () => {
  it(
    'every due instant has exactly one outcome, and the audit agrees',
    () =>
      fc.assert(
        fc.asyncProperty(stories(25), async (steps) => {
          const { fires, versions, history, end } = await told(steps);
          // Computed without the audit: every instant that a version made due, and every instant that a row covers.
          const due = versions.flatMap(({ inForceAfter, ...recurrence }, index) => {
            const through = versions[index + 1]?.inForceAfter ?? end.resolvedThrough;
            return through <= inForceAfter ? [] : [...dueInstants(recurrence, inForceAfter, through)];
          });
          const spokenFor = fires.flatMap(({ firedAt, throughAt, count }) => {
            const instants = due.filter((one) => one.at >= firedAt && one.at <= throughAt);
            expect(instants).toHaveLength(count);
            return instants;
          });
          expect(spokenFor.map((one) => one.at)).toEqual(due.map((one) => one.at));
          const rows = fires.map(epochOf);
          expect(audit(rows, history)).toEqual({ dueCount: due.length, recordedCount: due.length, ...clean });
        }),
        { numRuns: 300 },
      ),
    60_000,
  );

  it(
    'the loss of a row, a second one, one that moved and a wrong count are found',
    () =>
      fc.assert(
        fc.asyncProperty(stories(25), fc.nat(), async (steps, choice) => {
          const { fires, history } = await told(steps);
          fc.pre(fires.length > 0);
          const rows = fires.map(epochOf);
          const index = choice % rows.length;
          const chosen = rows[index] ?? row('00:00:00');
          const others = rows.filter((_, one) => one !== index);

          const lost = audit(others, history);
          expect(lost).toMatchObject({ missingCount: chosen.count, extraCount: 0 });
          expect(lost.missing[0]).toBe(chosen.firedAt);
          const doubled = audit([...rows, chosen], history);
          expect(doubled).toMatchObject({ missingCount: 0, extraCount: chosen.count });
          expect(doubled.extra[0]).toBe(chosen.firedAt);
          const counted = audit([...others, { ...chosen, count: chosen.count + 1 }], history);
          expect(counted).toMatchObject({ miscountedCount: 1, missingCount: 0, extraCount: 0 });
          if (chosen.count === 1) {
            const moved = { ...chosen, firedAt: chosen.firedAt - 1000, throughAt: chosen.throughAt - 1000 };
            expect(audit([...others, moved], history)).toMatchObject({
              missing: [chosen.firedAt],
              extra: [moved.firedAt],
            });
          }
          for (const report of [lost, doubled]) {
            expect(report.recordedCount).toBe(report.dueCount - report.missingCount + report.extraCount);
          }
        }),
        { numRuns: 200 },
      ),
    60_000,
  );

  it(
    'any part of the span is audited as the whole is',
    () =>
      fc.assert(
        fc.asyncProperty(stories(15), fc.nat(), fc.nat(), async (steps, one, other) => {
          const { fires, history } = await told(steps);
          const whole = spanOf(history);
          fc.pre(whole.through > whole.after);
          const length = whole.through - whole.after;
          const [after, through] = [one, other].map((part) => whole.after + (part % length)).sort((a, b) => a - b);
          const span = { after: after ?? 0, through: through ?? 0 };
          const dueCount = countDueOver(history, span);
          expect(audit(fires.map(epochOf), history, span)).toEqual({ dueCount, recordedCount: dueCount, ...clean });
        }),
        { numRuns: 200 },
      ),
    60_000,
  );
});
