import { describe, expect, it } from 'vitest';
import { spansOf } from './checks.rules.ts';

const check = (minute: number, isOk: boolean, code: string | null = isOk ? null : 'DOWN') => ({
  checkedAt: `2026-01-01T00:0${minute}:00Z`,
  isOk,
  code,
  message: `At ${minute}`,
});

describe('looks at the provider', () => {
  it('are one as long as they show the same, in the words of the last', () => {
    expect(spansOf([])).toEqual([]);
    const spans = spansOf([check(9, true), check(8, true), check(7, false), check(6, true, 'OLD'), check(5, true)]);
    expect(spans.map(({ check: { message }, since, count }) => [message, since.slice(11, 16), count])).toEqual([
      ['At 9', '00:08', 2],
      ['At 7', '00:07', 1],
      ['At 6', '00:06', 1],
      ['At 5', '00:05', 1],
    ]);
  });
});
