import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clefLine } from './log-clef.rules.ts';

const AT = Date.UTC(2026, 10, 25, 3, 0, 0, 7);
const read = (value: object): Record<string, unknown> =>
  JSON.parse(clefLine(`${JSON.stringify({ time: AT, level: 30, ...value })}\n`)) as Record<string, unknown>;

describe('a line of CLEF', () => {
  it('has time, level and text as Seq names them, and the rest as properties', () => {
    expect(read({ msg: 'ManagedAccountRetryJob starting execution', jobName: 'ManagedAccountRetryJob' })).toEqual({
      '@t': '2026-11-25T03:00:00.007Z',
      '@l': 'Information',
      '@m': 'ManagedAccountRetryJob starting execution',
      jobName: 'ManagedAccountRetryJob',
    });
  });

  it.each([
    [10, 'Verbose'],
    [20, 'Debug'],
    [30, 'Information'],
    [40, 'Warning'],
    [50, 'Error'],
    [60, 'Fatal'],
  ])('calls level %i %s', (level, name) => expect(read({ level, msg: 'x' })['@l']).toBe(name));

  it('has an error’s stack as the exception, and what else it tells as a property', () => {
    const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at run', code: 'E1' };
    expect(read({ level: 50, err, msg: 'Failed to execute job' })).toMatchObject({
      '@m': 'Failed to execute job',
      '@x': err.stack,
      err: { type: 'Error', message: 'broken', code: 'E1' },
    });
    expect(read({ err })['@m']).toBe('broken');
  });

  it('is one line whose text is what was logged, braces and line breaks included, whatever the fields are called', () => {
    const name = fc.oneof(fc.constantFrom('@t', '@m', '@mt', '@@x', '@l', '__proto__', 'err'), fc.string());
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '{Name}', 'a', '\n', '"', '@') }),
        fc.dictionary(name, fc.oneof(fc.string(), fc.integer(), fc.constant(null))),
        (msg, fields) => {
          const { time: _, level: __, msg: ___, ...rest } = fields;
          const line = clefLine(JSON.stringify({ ...rest, time: AT, level: 40, msg }));
          expect(line).not.toContain('\n');
          const event = JSON.parse(line) as Record<string, unknown>;
          expect(event).toMatchObject({ '@t': '2026-11-25T03:00:00.007Z', '@l': 'Warning', '@m': msg });
          expect(event).not.toHaveProperty('@mt');
          for (const [key, value] of Object.entries(rest))
            expect(event[key.startsWith('@') ? `@${key}` : key]).toEqual(value);
        },
      ),
    );
  });

  it('that is too long for Seq is cut to its text, and says so', () => {
    const line = JSON.stringify({
      time: AT,
      level: 30,
      msg: 'x'.repeat(3_000),
      answer: 'y'.repeat(9_000),
      requestId: 'r',
    });
    const event = JSON.parse(clefLine(line, 5_000)) as Record<string, unknown>;
    expect(event).toEqual({
      '@t': '2026-11-25T03:00:00.007Z',
      '@l': 'Information',
      '@m': 'x'.repeat(1_000),
      requestId: 'r',
      isPruned: true,
      lineLength: line.length,
    });
  });
});
