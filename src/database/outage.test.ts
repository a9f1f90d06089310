import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createOutage } from './outage.ts';

const gone = (message: string) => Object.assign(new Error(message), { code: 'ECONNREFUSED' });

function watched() {
  const clock = { now: 1_000 };
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info', base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  return { clock, lines, ...createOutage(logger, () => clock.now) };
}

it('is told when it begins and when it is over, however much fails between', () => {
  const { clock, lines, explains, answered } = watched();

  answered();
  expect(explains(new Error('a fault of another kind'))).toBe(false);
  expect(lines).toEqual([]);

  for (let index = 0; index < 1_000; index++) {
    expect(explains(gone(`failure ${index}`), { requestId: `request ${index}` })).toBe(true);
    clock.now += 10;
    // An old connection fails, a new one responds.
    if (index > 900) answered();
  }
  expect(lines).toMatchObject([
    { level: 50, msg: 'Database connection failed', requestId: 'request 0', err: { message: 'failure 0' } },
  ]);
  clock.now += 2_000;
  answered();
  answered();
  expect(lines.slice(1)).toMatchObject([
    { level: 30, msg: 'Database connection is back', failures: 1_000, awayMs: 12_000 },
  ]);

  explains(gone('again'));
  expect(lines.slice(2)).toMatchObject([{ msg: 'Database connection failed', err: { message: 'again' } }]);
});

it('explains what failed in the background; other faults are told once a minute, however often they come', () => {
  const { clock, lines, explains, warn } = watched();
  explains(gone('away'));
  warn(gone('away'), 'A heartbeat failed');
  expect(lines).toHaveLength(1);
  for (let second = 0; second < 150; second++) {
    warn(new Error(`fault ${second}`), 'A heartbeat failed');
    clock.now += 1_000;
  }
  warn(new Error('another'), 'Entries could not be given back');
  expect(lines.slice(1)).toMatchObject([
    { level: 40, msg: 'A heartbeat failed', err: { message: 'fault 0' } },
    { level: 40, msg: 'A heartbeat failed', err: { message: 'fault 60' }, leftOut: 59 },
    { level: 40, msg: 'A heartbeat failed', err: { message: 'fault 120' }, leftOut: 59 },
    { level: 40, msg: 'Entries could not be given back' },
  ]);
});
