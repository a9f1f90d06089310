import { expect, it } from 'vitest';
import { createRules } from '../alerts/alert-rules.ts';
import { DEFAULT_THRESHOLDS } from './alerts.ts';
import { ConfigurationError, readConfig } from './config.ts';

const thresholds = (text: string) => readConfig({ ALERT_THRESHOLDS: text }).config.ALERT_THRESHOLDS;

it('takes the thresholds that are given, and the defaults of the others', () => {
  expect(thresholds('entry_overdue=15m, disk_full=5GB,')).toEqual({
    ...DEFAULT_THRESHOLDS,
    ENTRY_OVERDUE: 900_000,
    DISK_FULL: 5e9,
  });
  expect(readConfig({}).config.ALERT_THRESHOLDS).toEqual(DEFAULT_THRESHOLDS);
});

it.each([
  ['oldest_due=10m', /names "oldest_due", which is no threshold: use entry_failed, entry_overdue, queue_paused,/],
  ['entry_overdue', /has entry_overdue="", which is not a duration/],
  ['entry_overdue=soon', /has entry_overdue="soon", which is not a duration/],
  ['entry_overdue=0s', /has entry_overdue="0s", which is shorter than 1ms/],
  ['disk_full=0GB', /has disk_full="0GB", which is not a size/],
  ['disk_full=10m', /has disk_full="10m", which is not a size \(a whole number and one of MB, GB, TB\)/],
  ['entry_overdue=5m=6m', /has entry_overdue="5m=6m", which is not a duration/],
])('refuses %s, and says what it names and what can be named', (text, problem) => {
  expect(() => thresholds(text)).toThrow(ConfigurationError);
  expect(() => thresholds(text)).toThrow(problem);
  expect(() => thresholds(text)).toThrow(/Example: ALERT_THRESHOLDS=entry_overdue=15m/);
});

it('has a threshold for rules that there are, and for no others', () => {
  const rules = createRules(DEFAULT_THRESHOLDS).map(({ name }) => name);
  expect(Object.keys(DEFAULT_THRESHOLDS).filter((rule) => !rules.includes(rule))).toEqual([]);
});
