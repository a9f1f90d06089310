import { describe, expect, it } from 'vitest';
import { instantIn, pageOf, spanOf, withChange } from './list-address.rules.ts';

const at = (text: string): URLSearchParams => new URLSearchParams(text);

describe('the address of a list', () => {
  it('asks for the first page, for what follows, and for what comes before', () => {
    expect(pageOf(at(''), 25)).toEqual({ first: 25 });
    expect(pageOf(at('after=abc'), 25)).toEqual({ first: 25, after: 'abc' });
    expect(pageOf(at('before=abc&after=def'), 25)).toEqual({ last: 25, before: 'abc' });
    expect(pageOf(at('after='), 25)).toEqual({ first: 25 });
  });

  it('begins at the first page again when a filter changes, and keeps it when anything else does', () => {
    expect(String(withChange(at('after=a&type=X'), { type: 'Y' }, ['type']))).toBe('type=Y');
    expect(String(withChange(at('after=a&type=X'), { event: 'e' }, ['type']))).toBe('after=a&type=X&event=e');
    expect(String(withChange(at('after=a'), { before: 'b' }, ['type']))).toBe('before=b');
    expect(String(withChange(at('type=X&tab=rules'), { type: '' }, ['type']))).toBe('tab=rules');
  });

  it('leaves out what is no instant and no id', () => {
    expect(spanOf('soon', undefined)).toBeUndefined();
    expect(spanOf('2026-01-01T00:00:00Z', 'x')).toEqual({ from: '2026-01-01T00:00:00.000Z' });
    expect(instantIn('2026-01-01T01:00:00+01:00')).toBe('2026-01-01T00:00:00.000Z');
    for (const text of [
      null,
      undefined,
      '',
      'soon',
      '-1',
      '5',
      '2026-99-99',
      '+012026-01-01T00:00:00Z',
      '-000001-01-01T00:00:00Z',
    ])
      expect(instantIn(text)).toBeUndefined();
  });
});
