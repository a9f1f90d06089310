import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDue, type DueInstant, dueInstants, firstDue, nextDue, previousDue } from './due.rules.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const show = ({ at, dst }: DueInstant) => (dst === null ? at.toISOString() : `${at.toISOString()} ${dst}`);
const due = (cron: string, timeZone: string, after: string, through: string) =>
  [...dueInstants({ cron, timeZone }, new Date(after), new Date(through))].map(show);

describe('clock changes', () => {
  it('a named hour in a gap is shifted later by the length of the gap, once', () => {
    for (const cron of ['0 30 2 * * ?', '30 2 * * *']) {
      expect(due(cron, 'Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-29T12:00:00Z')).toEqual([
        '2027-03-28T01:30:00.000Z shifted_by_gap',
        '2027-03-29T00:30:00.000Z',
      ]);
    }
  });

  it('a named hour that is repeated fires at the first', () => {
    expect(due('0 30 2 * * ?', 'Europe/Berlin', '2027-10-30T12:00:00Z', '2027-11-01T12:00:00Z')).toEqual([
      '2027-10-31T00:30:00.000Z first_of_repeated',
      '2027-11-01T01:30:00.000Z',
    ]);
  });

  it('*/15 fires every quarter of an hour of real time through both nights', () => {
    for (const [from, to] of [
      ['2027-03-27T22:00:00Z', '2027-03-28T06:00:00Z'],
      ['2027-10-30T22:00:00Z', '2027-10-31T06:00:00Z'],
    ] as const) {
      const instants = [
        ...dueInstants({ cron: '*/15 * * * *', timeZone: 'Europe/Berlin' }, new Date(from), new Date(to)),
      ];
      expect(instants.map(({ at }) => at.getTime())).toEqual(
        Array.from({ length: 32 }, (_, index) => Date.parse(from) + (index + 1) * 15 * MINUTE),
      );
    }
    const notes = due('*/30 * * * *', 'Europe/Berlin', '2027-10-30T23:59:00Z', '2027-10-31T02:00:00Z');
    expect(notes).toEqual([
      '2027-10-31T00:00:00.000Z first_of_repeated',
      '2027-10-31T00:30:00.000Z first_of_repeated',
      '2027-10-31T01:00:00.000Z second_of_repeated',
      '2027-10-31T01:30:00.000Z second_of_repeated',
      '2027-10-31T02:00:00.000Z',
    ]);
  });

  it('a shifted time that lands on another fire is one instant', () => {
    expect(due('30 2,3 * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', '2027-03-28T12:00:00Z')).toEqual([
      '2027-03-28T01:30:00.000Z',
    ]);
  });

  it('half an hour in Lord Howe', () => {
    // 2027-10-03 02:00 becomes 02:30; 2027-04-04 02:00 becomes 01:30.
    expect(due('15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T00:00:00Z', '2027-10-03T00:00:00Z')).toEqual([
      '2027-10-02T15:45:00.000Z shifted_by_gap',
    ]);
    expect(due('45 1 * * *', 'Australia/Lord_Howe', '2027-04-03T00:00:00Z', '2027-04-04T00:00:00Z')).toEqual([
      '2027-04-03T14:45:00.000Z first_of_repeated',
    ]);
  });

  it('the day that Apia lost', () => {
    expect(due('0 3 * * *', 'Pacific/Apia', '2011-12-29T00:00:00Z', '2011-12-31T23:00:00Z')).toEqual([
      '2011-12-29T13:00:00.000Z',
      // The 30th did not exist: its 03:00 becomes the 31st's.
      '2011-12-30T13:00:00.000Z',
      '2011-12-31T13:00:00.000Z',
    ]);
    expect(due('0 3 30 12 *', 'Pacific/Apia', '2011-01-01T00:00:00Z', '2012-01-01T00:00:00Z')).toEqual([
      '2011-12-30T13:00:00.000Z shifted_by_gap',
    ]);
  });

  it('midnight in Cairo', () => {
    // 2027-04-30 00:00 becomes 01:00.
    expect(due('0 0 * * *', 'Africa/Cairo', '2027-04-29T12:00:00Z', '2027-04-30T23:00:00Z')).toEqual([
      '2027-04-29T22:00:00.000Z shifted_by_gap',
      '2027-04-30T21:00:00.000Z',
    ]);
  });

  it('Kolkata and UTC have none', () => {
    expect(due('30 5 * * *', 'Asia/Kolkata', '2027-03-27T00:00:00Z', '2027-03-29T00:00:00Z')).toEqual([
      '2027-03-28T00:00:00.000Z',
      '2027-03-29T00:00:00.000Z',
    ]);
  });
});

/**
 * The reference implementation: steps through real time, asks Intl for the local time of each step, and steps
 * through local time the same way for the rule. It shares only the wording of the rule with the code.
 */
interface Fields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly isHourWild: boolean;
  readonly days: readonly number[] | null;
  readonly weekdays: readonly number[] | null;
}

function oracle(fields: Fields, timeZone: string, after: number, through: number, step: number): number[] {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  // Intl is called once a minute: no zone here changes its clocks within a minute.
  const offsets = new Map<number, number>();
  const localOf = (instant: number) => {
    const minute = Math.floor(instant / MINUTE) * MINUTE;
    const offset = offsets.get(minute) ?? Date.parse(`${format.format(minute).replace(', ', 'T')}Z`) - minute;
    offsets.set(minute, offset);
    return instant + offset;
  };
  const matches = (local: number) => {
    const date = new Date(local);
    const onDay = fields.days?.includes(date.getUTCDate());
    const onWeekday = fields.weekdays?.includes(date.getUTCDay());
    return (
      fields.seconds.includes(date.getUTCSeconds()) &&
      fields.minutes.includes(date.getUTCMinutes()) &&
      fields.hours.includes(date.getUTCHours()) &&
      (onDay === undefined || onWeekday === undefined ? (onDay ?? onWeekday ?? true) : onDay || onWeekday)
    );
  };
  const reach = (timeZone === 'Pacific/Apia' ? 27 : 3) * HOUR;
  const instantsOf = new Map<number, number[]>();
  const real: { instant: number; local: number }[] = [];
  for (let instant = after - reach; instant <= through + reach; instant += step) {
    const local = localOf(instant);
    real.push({ instant, local });
    instantsOf.set(local, [...(instantsOf.get(local) ?? []), instant]);
  }
  const found = new Set<number>();
  if (fields.isHourWild) {
    for (const { instant, local } of real) if (matches(local)) found.add(instant);
  } else {
    let lastReal = real[0]?.instant ?? 0;
    let lastLocal = real[0]?.local ?? 0;
    const end = real.reduce((latest, { local }) => Math.max(latest, local), lastLocal);
    for (let local = lastLocal; local <= end; local += step) {
      const instants = instantsOf.get(local);
      if (instants !== undefined) {
        lastReal = instants.at(-1) ?? lastReal;
        lastLocal = local;
      }
      if (matches(local)) found.add(instants?.[0] ?? lastReal + (local - lastLocal));
    }
  }
  return [...found].filter((instant) => instant > after && instant <= through).sort((a, b) => a - b);
}

const CHANGES: readonly (readonly [string, string])[] = [
  ['Europe/Berlin', '2027-03-28T01:00:00Z'],
  ['Europe/Berlin', '2027-10-31T01:00:00Z'],
  ['America/New_York', '2027-03-14T07:00:00Z'],
  ['America/New_York', '2027-11-07T06:00:00Z'],
  ['Australia/Lord_Howe', '2027-04-03T15:00:00Z'],
  ['Australia/Lord_Howe', '2027-10-02T15:30:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Africa/Cairo', '2027-04-29T22:00:00Z'],
  ['Africa/Cairo', '2027-10-28T21:00:00Z'],
  ['Asia/Kolkata', '2027-03-28T01:00:00Z'],
  ['UTC', '2027-03-28T01:00:00Z'],
];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Part {
  readonly text: string;
  readonly values: readonly number[];
}
const part = (size: number, first = 0): fc.Arbitrary<Part> => {
  const all = Array.from({ length: size }, (_, index) => index + first);
  return fc.oneof(
    fc.constant({ text: '*', values: all }),
    fc.integer({ min: 2, max: size - 1 }).map((step) => ({
      text: `*/${step}`,
      values: all.filter((_, index) => index % step === 0),
    })),
    fc
      .uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 4 })
      .map((values) => ({ text: values.join(','), values })),
    fc.tuple(fc.constantFrom(...all), fc.constantFrom(...all)).map(([one, other]) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      return { text: `${low}-${high}`, values: all.filter((value) => value >= low && value <= high) };
    }),
  );
};
const wildHour = /^\*(\/\d+)?$/;
const schedule = (withSeconds: boolean) =>
  fc
    .record({
      second: withSeconds ? part(60) : fc.constant({ text: '', values: [0] }),
      minute: part(60),
      // Early hours, when clocks change, are generated more often.
      hour: fc.oneof(
        part(24),
        fc
          .uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 })
          .map((values) => ({ text: values.join(','), values })),
      ),
      day: fc.oneof(
        { weight: 4, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 10 }) },
      ),
      weekday: fc.oneof(
        { weight: 4, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 }) },
      ),
    })
    .map(({ second, minute, hour, day, weekday }) => ({
      cron: `${second.text} ${minute.text} ${hour.text} ${day?.join(',') ?? '*'} * ${
        weekday?.map((index) => DAYS[index]).join(',') ?? '*'
      }`.trim(),
      fields: {
        seconds: second.values,
        minutes: minute.values,
        hours: hour.values,
        isHourWild: wildHour.test(hour.text),
        days: day,
        weekdays: weekday,
      },
    }));

const agree = (withSeconds: boolean, runs: number, spanMs: number, step: number) =>
  fc.assert(
    fc.property(
      schedule(withSeconds),
      fc.constantFrom(...CHANGES),
      fc.integer({ min: -spanMs / step, max: spanMs / step }),
      fc.integer({ min: 1, max: spanMs / step }),
      ({ cron, fields }, [timeZone, change], start, length) => {
        const after = Date.parse(change) + start * step;
        const through = after + length * step;
        const recurrence = { cron, timeZone };
        const expected = oracle(fields, timeZone, after, through, step);
        const instants = [...dueInstants(recurrence, new Date(after), new Date(through))].map(({ at }) => at.getTime());
        expect(instants).toEqual(expected);
        expect(countDue(recurrence, new Date(after), new Date(through))).toBe(expected.length);
        expect(firstDue(recurrence, new Date(after), new Date(through))?.getTime()).toBe(expected[0]);
        const newest = previousDue(recurrence, new Date(through + 1), new Date(after + 1));
        expect(newest?.getTime()).toBe(expected.at(-1));
      },
    ),
    { numRuns: runs },
  );

describe('against the oracle', () => {
  it('minute by minute, 5 fields', () => agree(false, 120, 2 * DAY, MINUTE), 60_000);
  it('second by second, 6 fields', () => agree(true, 25, 2 * HOUR, SECOND), 60_000);
});

describe('looking ahead and back', () => {
  const everySecond = { cron: '* * * * * *', timeZone: 'America/New_York' };

  it('counts a year of seconds without walking it', () => {
    const [from, to] = [new Date('2026-06-01T00:00:00Z'), new Date('2027-06-01T00:00:00Z')];
    const began = process.cpuUsage();
    expect(countDue(everySecond, from, to)).toBe(365 * 86_400);
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000);
    expect(previousDue(everySecond, to)?.toISOString()).toBe('2027-05-31T23:59:59.000Z');
  });

  it('finds the next ten quickly once warm', () => {
    const everyMinute = { cron: '* * * * *', timeZone: 'Europe/Berlin' };
    const after = new Date('2027-05-05T05:05:05.005Z');
    nextDue(everyMinute, after, 10);
    const began = process.cpuUsage();
    for (let round = 0; round < 100; round++) expect(nextDue(everyMinute, after, 10)).toHaveLength(10);
    expect(process.cpuUsage(began).user / 1_000 / 100).toBeLessThan(5);
  });

  it('finds the rare ones, in both directions', () => {
    const leapMonday = { cron: '0 0 * 2 MON#5', timeZone: 'UTC' };
    expect(nextDue(leapMonday, new Date('2016-03-01T00:00:00Z'), 1).map(show)).toEqual(['2044-02-29T00:00:00.000Z']);
    expect(previousDue(leapMonday, new Date('2044-02-29T00:00:00Z'))?.toISOString()).toBe('2016-02-29T00:00:00.000Z');
  });

  it('asks for nothing, and gets it', () => {
    expect(nextDue(everySecond, new Date(), 0)).toEqual([]);
    expect(countDue(everySecond, new Date(5000), new Date(5000))).toBe(0);
  });
});
