import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../telemetry/logger.ts';
import { CALM_MS, createDisturbance } from './disturbance.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('is logged when it begins and when it is over, with how many requests failed between', () => {
  const lines: object[] = [];
  const logger = Object.assign(Object.create(silentLogger) as typeof silentLogger, {
    error: (fields: object) => lines.push(fields),
    warn: (fields: object) => lines.push(fields),
  });
  const { failed } = createDisturbance(logger);
  for (let index = 0; index < 100; index += 1) {
    failed({ requestId: `first ${index}` });
    vi.advanceTimersByTime(CALM_MS / 2);
  }
  expect(lines).toEqual([{ requestId: 'first 0' }]);
  vi.advanceTimersByTime(CALM_MS);
  expect(lines.slice(1)).toEqual([{ unlogged: 99 }]);
  failed({ requestId: 'second' });
  vi.advanceTimersByTime(CALM_MS);
  expect(lines.slice(2)).toEqual([{ requestId: 'second' }, { unlogged: 0 }]);
});
