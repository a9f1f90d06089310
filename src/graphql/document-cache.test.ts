import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDocumentCache } from './server.ts';

it('keeps what was asked for last, and forgets the rest', () => {
  const cache = createDocumentCache<number>(10);
  for (const [n, text] of ['aa', 'bb', 'cc', 'dd', 'ee'].entries()) cache.set(text, n);
  expect(cache.get('aa')).toBe(0);
  cache.set('ff', 5);
  expect(cache.get('bb')).toBeUndefined();
  expect(['aa', 'cc', 'dd', 'ee', 'ff'].map((text) => cache.get(text))).toEqual([0, 2, 3, 4, 5]);
});

it('does not keep one that would push many out', () => {
  const cache = createDocumentCache<number>(10);
  cache.set('aaa', 1);
  expect(cache.get('aaa')).toBeUndefined();
});

it('never holds more characters than it may, and answers what was set last', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 30 }), fc.nat()), { maxLength: 100 }), (sets) => {
      const cache = createDocumentCache<number>(100);
      const last = new Map<string, number>();
      for (const [text, n] of sets) {
        cache.set(text, n);
        last.set(text, n);
      }
      const kept = [...last].filter(([text]) => cache.get(text) !== undefined);
      for (const [text, n] of kept) expect(cache.get(text)).toBe(n);
      expect(kept.reduce((sum, [text]) => sum + text.length, 0)).toBeLessThanOrEqual(100);
    }),
  );
});
