import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_MARKS_IN_A_ROW, normaliseVisibleText, visibleTextProblem } from './visible-text.rules.ts';

const problem = (text: string) => visibleTextProblem(normaliseVisibleText(text), 'A name');

describe('real names', () => {
  it.each([
    'Zoë Müller-Ćosić',
    "Siobhán O'Connor-D’Arcy",
    'Nguyễn Thị Ánh Tuyết',
    'Ngu\u0302\u0303n',
    '山田 太郎',
    '葛\u{e0100}城 ゆき',
    'Ольга Петровна',
    'Oma Ольга',
    'Anna-Ольга',
    'Ελένη Παπαδοπούλου',
    'שרה \u200fכהן',
    'שָׂרָה כֹּהֵן',
    'محمد رضا',
    'علی\u200cرضا',
    'क्\u200dष मीना',
    'ශ්\u200dරී ලංකා',
    'മലയാളം അവൻ\u200d',
    'สมชาย ใจดี',
    'བསྟན་འཛིན་རྒྱ་མཚོ་',
    'Γιώργος and Анна',
    '👩‍👩‍👧 Family',
    '👩🏽‍🚀 Mia',
    'Oma ❤️',
    'J. R. R. 3rd (Junior) & Co.',
  ])('%s', (name) => expect(problem(name)).toBeUndefined());
});

describe('what is refused', () => {
  it.each([
    ['a bidi override', 'Car\u202ela', 'INVALID_CHARACTERS', 'U+202E'],
    ['a bidi isolate', 'Car\u2066la', 'INVALID_CHARACTERS', 'U+2066'],
    ['a bell', 'Car\u0007la', 'INVALID_CHARACTERS', 'U+0007'],
    ['an escape', '\u001b[31mCarla', 'INVALID_CHARACTERS', 'U+001B'],
    ['a C1 control', 'Car\u009bla', 'INVALID_CHARACTERS', 'U+009B'],
    ['a zero-width space', 'Car\u200bla', 'INVALID_CHARACTERS', 'U+200B'],
    ['a joiner between Latin letters', 'Car\u200dla', 'INVALID_CHARACTERS', 'U+200D'],
    ['a non-joiner between Latin letters', 'Car\u200cla', 'INVALID_CHARACTERS', 'U+200C'],
    ['a mark of direction among Latin letters', 'Car\u200fla', 'INVALID_CHARACTERS', 'U+200F'],
    ['a soft hyphen', 'Car\u00adla', 'INVALID_CHARACTERS', 'U+00AD'],
    ['a word joiner', 'Car\u2060la', 'INVALID_CHARACTERS', 'U+2060'],
    ['a Hangul filler', '\u3164', 'INVALID_CHARACTERS', 'U+3164'],
    ['an empty Braille pattern', 'Car\u2800la', 'INVALID_CHARACTERS', 'U+2800'],
    ['a private-use character', 'Car\ue000la', 'INVALID_CHARACTERS', 'U+E000'],
    ['an unassigned one', 'Car\u0378la', 'INVALID_CHARACTERS', 'U+0378'],
    ['a noncharacter', 'Car\u{1fffe}la', 'INVALID_CHARACTERS', 'U+1FFFE'],
    ['half of a pair', 'Car\ud800la', 'INVALID_CHARACTERS', 'U+D800'],
    ['a language tag', 'Carla\u{e0041}', 'INVALID_CHARACTERS', 'U+E0041'],
    ['a variant of nothing', 'Carla\ufe0e', 'INVALID_CHARACTERS', 'U+FE0E'],
    ['a heap of marks', `Ca${'\u0316'.repeat(6)}rla`, 'TOO_MANY_MARKS', 'U+0316'],
    ['a Cyrillic а in a Latin word', 'C\u0430rla', 'MIXED_SCRIPTS', 'U+0430'],
    ['a Latin o in a Cyrillic word', '\u041eльгo', 'MIXED_SCRIPTS', 'U+006F'],
    ['a Greek omicron in a Latin word', 'N\u03bfah', 'MIXED_SCRIPTS', 'U+03BF'],
  ])('%s', (_what, name, code, character) => {
    expect(problem(name)).toMatchObject({ code, message: expect.stringContaining(character) });
  });

  it('takes line breaks only where lines are expected', () => {
    expect(visibleTextProblem('one\ntwo', 'A reason')).toMatchObject({ code: 'INVALID_CHARACTERS' });
    expect(visibleTextProblem('one\ntwo', 'A reason', { hasLines: true })).toBeUndefined();
    expect(visibleTextProblem('one\u2028two', 'A reason', { hasLines: true })).toMatchObject({
      code: 'INVALID_CHARACTERS',
    });
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'aаοé \u0301\u200d\u200c\u202e\u3000\t', '👩', 'क', '\u094d'), maxLength: 30 }),
);

describe('whatever is written', () => {
  it('is normalised once and for all', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const once = normaliseVisibleText(raw);
        expect(normaliseVisibleText(once)).toBe(once);
        expect(once).not.toMatch(/^\s|\s$|\s\s|[^\S ]/u);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read once through, however many marks are in it', () => {
    const heap = `a${'\u0301\u0323'.repeat(150_000)}`;
    expect(normaliseVisibleText(heap)).toBe(heap);
    expect(visibleTextProblem(heap, 'It')?.code).toBe('TOO_MANY_MARKS');
  });

  it('holds nothing unseen, no heap and no mixed word when it is accepted', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const text = normaliseVisibleText(raw);
        if (visibleTextProblem(text, 'A name') !== undefined) return;
        expect(text).not.toMatch(/[\p{Cc}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b\ufeff]/u);
        expect(text).not.toMatch(new RegExp(`\\p{M}{${MOST_MARKS_IN_A_ROW + 1}}`, 'u'));
        for (const word of text.split(/[^\p{L}\p{M}]+/u))
          expect(/\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}/u.test(word)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('names the character that it refuses', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const found = problem(raw);
        if (found !== undefined) expect(found.message).toMatch(/^A name cannot .*U\+[0-9A-F]{4,6}/);
      }),
      { numRuns: 1_000 },
    );
  });
});
