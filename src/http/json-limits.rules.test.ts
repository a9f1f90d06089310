import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEEPEST_JSON, jsonProblem, MOST_VALUES } from './json-limits.rules.ts';

/** Splits a text into chunks of this many bytes, as it may arrive over a connection. */
const problem = (text: string, pieceBytes = text.length + 1): string | undefined => {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return jsonProblem(pieces);
};
const list = (items: number): string => `[${Array(items).fill('1').join(',')}]`;
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('JSON', () => {
  it.each([
    ['values', list, MOST_VALUES - 1],
    [
      'keys',
      (n: number) => JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]))),
      MOST_VALUES - 1,
    ],
    ['levels', nested, DEEPEST_JSON],
    ['levels of objects', (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`, DEEPEST_JSON],
  ])('of as many %s as may be is fine, one more is not', (_what, write, most) => {
    expect(problem(write(most))).toBeUndefined();
    expect(problem(write(most + 1))).toMatch(/more than \d+ (values|levels)/);
  });

  it('may hold any number of brackets and commas in its texts', () => {
    const text = '[{,"\\'.repeat(10_000);
    expect(problem(JSON.stringify({ text, after: 1 }))).toBeUndefined();
    expect(problem(`{"text":${JSON.stringify(text)},"list":${list(MOST_VALUES)}}`)).toContain('values');
  });

  it('may be as deep again once it came up', () => {
    expect(
      problem(
        `[${Array(100)
          .fill(nested(DEEPEST_JSON - 1))
          .join(',')}]`,
      ),
    ).toBeUndefined();
  });

  it('is counted as the parser reads it, in whatever pieces it comes', () => {
    const valuesIn = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum: number, one) => sum + valuesIn(one), 1)
        : 1;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 7 }), (value, pieceBytes) => {
        const filled = `{"value":${JSON.stringify(value)},"rest":`;
        const left = MOST_VALUES - valuesIn(value);
        expect(problem(`${filled}${list(left - 100)}}`, pieceBytes)).toBeUndefined();
        expect(problem(`${filled}${list(left + 100)}}`, pieceBytes)).toContain('values');
      }),
      { numRuns: 30 },
    );
  });

  it('that is none is left for the parser, however it is broken', () => {
    expect(problem(']'.repeat(100_000))).toBeUndefined();
    expect(problem('"'.repeat(99_999))).toBeUndefined();
    expect(problem('')).toBeUndefined();
  });
});
