import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, storable } from './proof.rules.ts';

const BROKEN = /[\0\p{Cs}]/u;
const anyText = fc.string({ unit: 'binary' }).map((text) => text + String.fromCharCode(0xd800 + (text.length % 2_048)));

const zeroless = (text: string) => text.replaceAll('\0', '');

describe('storable', () => {
  it('leaves nothing that PostgreSQL refuses, and changes nothing else', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = storable(text);
        expect(BROKEN.test(stored)).toBe(false);
        expect(stored).toHaveLength(text.length);
        expect(storable(stored)).toBe(stored);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0'));
        expect(storable(text)).toBe(text);
      }),
    );
  });

  it('keeps nothing as nothing', () => {
    expect([storable(null), storable(undefined), storable('')]).toEqual([null, null, '']);
  });
});

describe('jsonText', () => {
  it('is JSON that says the same, without what PostgreSQL refuses', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }).map(zeroless), fc.jsonValue()), (value) => {
        const text = jsonText(value) ?? '';
        expect(text).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/);
        // JSON knows no −0.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(jsonText({ 'a\0': 'b\\u0000', c: '\\\ud800\\' })).toBe('{"a\ufffd":"b\\\\u0000","c":"\\\\\ufffd\\\\"}');
    expect(jsonText({ name: 'a\0b\ud800', at: new Date(0), count: 2n ** 60n, rate: 0.1, none: undefined })).toBe(
      '{"name":"a\ufffdb\ufffd","at":"1970-01-01T00:00:00.000Z","count":"1152921504606846976","rate":0.1}',
    );
  });

  it('keeps nothing as nothing', () => {
    expect([jsonText(null), jsonText(undefined), jsonText({})]).toEqual([null, null, '{}']);
  });
});
