import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printableJsonLine, safeJsonLine, withoutRepeats } from './log-lines.rules.ts';

const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\n',
      '\r',
      '\u001b',
      '\u009b',
      '\u202e',
      '\u2066',
      '\u2028',
      '\u007f',
      '\\',
      '"',
      '/',
      'a',
      ' ',
      '\t',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('"stack":"', '\\n', '\\u001b', ',"stack":"x\n'),
  ),
});
const record = fc.dictionary(nasty, fc.oneof(nasty, fc.integer(), fc.array(nasty), fc.dictionary(nasty, nasty)));

describe('a line of JSON', () => {
  it('means the same and holds nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(record, (value) => {
        const line = safeJsonLine(JSON.stringify(value));
        expect(line).not.toMatch(OBEYED);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a line that is printed', () => {
  const strings = (value: unknown): string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, part]) => [key, ...strings(part)])
        : [];

  it('holds nothing that a terminal obeys once its escapes are read, but for the lines of a stack', () => {
    fc.assert(
      fc.property(record, nasty, (value, stack) => {
        const read = JSON.parse(printableJsonLine(JSON.stringify({ ...value, stack }))) as Record<string, unknown>;
        for (const text of strings({ ...read, stack: '' })) expect(text).not.toMatch(OBEYED);
        expect(String(read.stack).replaceAll('\n', '')).not.toMatch(OBEYED);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves plain text, quotes and backslashes as they are', () => {
    const line = JSON.stringify({ msg: 'C:\\temp "quoted" / Zoë 山田', n: 1 });
    expect(printableJsonLine(line)).toBe(line);
  });

  it('keeps the lines of a report, and none that could pass for an entry', () => {
    const print = (msg: string) => (JSON.parse(printableJsonLine(JSON.stringify({ msg }))) as { msg: string }).msg;
    expect(print('\n  GraphiQL  http://x\n  Jobs  y')).toBe('\n  GraphiQL  http://x\n  Jobs  y');
    expect(print('\n  begun well\nINFO: forged\n [x]')).toBe('\n  begun well\\nINFO: forged\\n [x]');
    expect(print('\nINFO: forged')).toBe('\\nINFO: forged');
    expect(print('x\n  y')).toBe('x\\n  y');
  });

  it('shows what was there', () => {
    const read = JSON.parse(printableJsonLine(JSON.stringify({ msg: 'a\nb\u001b[31mc\u202ed' }))) as { msg: string };
    expect(read.msg).toBe('a\\nb\\u001b[31mc\\u202ed');
  });
});

describe('a line for people', () => {
  const left = (fields: object) => {
    const {
      level: _,
      time: __,
      msg: ___,
      ...rest
    } = JSON.parse(withoutRepeats(JSON.stringify(fields))) as object & {
      [name: string]: unknown;
    };
    return rest;
  };

  it('leaves out what its text says, as whole words only', () => {
    const msg = 'Job 4711 failed permanently after 6 attempts';
    expect(
      left({ level: 50, time: 6, jobId: '4711', retryCount: 6, error: 'no', code: 'perm', half: '47', msg }),
    ).toEqual({
      error: 'no',
      code: 'perm',
      half: '47',
    });
    expect(left({ level: 50, time: 6, port: 6, other: '', err: { message: '4711' }, msg: 'at :60 and 16' })).toEqual({
      port: 6,
      other: '',
      err: { message: '4711' },
    });
  });

  it('loses nothing else', () => {
    fc.assert(
      fc.property(record, nasty, (fields, msg) => {
        const read = JSON.parse(withoutRepeats(JSON.stringify({ level: 30, time: 1, ...fields, msg }))) as object;
        expect({ ...fields, level: 30, time: 1, msg }).toMatchObject(read);
        for (const [name, value] of Object.entries(fields))
          if (!Object.hasOwn(read, name)) expect(msg).toContain(String(value));
      }),
    );
  });
});
