import { expect, it } from 'vitest';
import { fieldsFor, givenIn, problemsIn } from './asked.rules.ts';

const FIELDS = [
  { name: 'startsPerSecond', kind: 'number' },
  { name: 'until', kind: 'instant', isRequired: true },
] as const;
const UNTIL = { until: '2026-11-26T10:00:00.000Z' };

it.each([
  [2.5, true],
  [0, true],
  [-1, true],
  [Number.NaN, true],
  [3_000_000_000, true],
  [1, false],
  [null, false],
  [undefined, false],
])('a number that is %s is wrong: %s', (startsPerSecond, isWrong) =>
  expect(problemsIn(FIELDS, false, { ...UNTIL, startsPerSecond })).toEqual(
    isWrong ? { startsPerSecond: 'A whole number, at least 1.' } : undefined,
  ),
);

it('what is needed is asked for, and nothing is no reason', () =>
  expect(problemsIn(FIELDS, true, { reason: '  ' })).toEqual({ until: 'Required.', reason: 'Required.' }));

it('a span that ends before it begins has no length, whatever the offsets', () => {
  const span = [
    { name: 'from', kind: 'instant', isRequired: true },
    { name: 'to', kind: 'instant', isRequired: true, laterThan: 'from' },
  ] as const;
  const wrong = { to: 'Must be after the start.' };
  const [nine, halfPast] = ['2026-11-26T09:00:00Z', '2026-11-26T08:30:00-01:00'];
  expect(problemsIn(span, false, { from: nine, to: halfPast })).toBeUndefined();
  expect(problemsIn(span, false, { from: halfPast, to: nine })).toEqual(wrong);
  expect(problemsIn(span, false, { from: nine, to: nine })).toEqual(wrong);
  expect(problemsIn(span, false, { to: nine })).toEqual({ from: 'Required.' });
});

it('a field that means something only with a value of another one is asked for, and sent, only then', () => {
  const fields = [
    { name: 'fault', label: 'What', kind: 'select' },
    { name: 'delay', label: 'How slow', kind: 'number', onlyWhen: ['fault', 'SLOW'] },
  ] as const;
  const slow = { fault: 'SLOW', delay: 7 };
  const down = { fault: 'UNAVAILABLE', delay: 7 };
  expect(fieldsFor(fields, {}, slow)).toEqual(fields);
  expect(givenIn(fields, fieldsFor(fields, {}, slow), slow)).toEqual(slow);
  expect(fieldsFor(fields, {}, down)).toEqual([fields[0]]);
  expect(givenIn(fields, fieldsFor(fields, {}, down), down)).toEqual({ fault: 'UNAVAILABLE' });
});
