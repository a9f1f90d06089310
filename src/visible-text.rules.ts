/**
 * What people write to be read by others (names of people and of tokens, reasons): nothing in it
 * may be invisible, run the other way, pile up over its neighbours, or pass for another letter.
 * Real names of all scripts pass: joiners where a script or an emoji needs them, marks of
 * direction beside letters that run from right to left, variants of Chinese characters.
 */

export interface TextProblem {
  readonly code: string;
  readonly message: string;
}

/** Hebrew with vowels and accents has three or four; a heap of more is there to hide something. */
export const MOST_MARKS_IN_A_ROW = 5;

/** What composing leaves of so many marks in a row is still a heap. */
const ENDLESS_HEAP = /\p{M}{20}/u;

/**
 * Composed (NFC), with single spaces inside and none around: the form in which it is stored and compared.
 * What is refused for its heaps of marks stays as it is: composing one takes the square of its length.
 */
export const normaliseVisibleText = (raw: string): string =>
  (ENDLESS_HEAP.test(raw) ? raw : raw.normalize('NFC')).replace(/\s+/gu, ' ').trim();

/** Control, format, surrogate, private-use, unassigned; separators of lines; letters and symbols that show nothing. */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

const JOINED_SCRIPTS =
  '\\p{Script=Arabic}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Mongolian}\\p{Script=Myanmar}\\p{Script=Syriac}';

/**
 * Invisible characters that mean something where they stand; each is left out before the rest is judged.
 * Each pattern looks first for the character and then back, or every mark of a heap would look back over all.
 */
const NEEDED: readonly RegExp[] = [
  // Joiner and non-joiner after a letter or mark of a script that is joined.
  new RegExp(`[\\u200c\\u200d](?<=[${JOINED_SCRIPTS}]\\p{M}*.)(?=[${JOINED_SCRIPTS}]|$|\\s)`, 'gu'),
  // Emoji that are joined into one, and the variant that is a picture.
  /\u200d(?<=\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*.)(?=\p{Extended_Pictographic})/gu,
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Component}])\ufe0f/gu,
  // Variants of Chinese characters, as registered names in Japan have them.
  /(?<=\p{Script=Han})[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu,
];

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const MARKS_OF_DIRECTION = /[\u061c\u200e\u200f]/gu;

const HEAP = new RegExp(`\\p{M}{${MOST_MARKS_IN_A_ROW + 1},}`, 'u');

/** The scripts whose letters pass for each other's. */
const LOOK_ALIKES = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

/**
 * What is wrong with a text, in the words of a sentence that begins with what it is (`A full
 * name`), or undefined. Expects the normalised form; with `hasLines` line breaks are fine.
 */
export function visibleTextProblem(text: string, what: string, { hasLines = false } = {}): TextProblem | undefined {
  let rest = hasLines ? text.replace(/\r?\n/g, ' ') : text;
  for (const needed of NEEDED) rest = rest.replace(needed, '');
  if (RIGHT_TO_LEFT.test(rest)) rest = rest.replace(MARKS_OF_DIRECTION, '');
  const unfit = UNFIT.exec(rest)?.[0];
  if (unfit !== undefined)
    return {
      code: 'INVALID_CHARACTERS',
      message: `${what} cannot hold ${codePoint(unfit)}, ${kindOf(unfit)}. Leave it out.`,
    };
  const heap = HEAP.exec(rest)?.[0];
  if (heap !== undefined)
    return {
      code: 'TOO_MANY_MARKS',
      message: `${what} cannot hold more than ${MOST_MARKS_IN_A_ROW} combining marks in a row; ${codePoint(heap)} begins ${[...heap].length} of them.`,
    };
  const mixed = (rest.match(/[\p{L}\p{M}]+/gu) ?? []).find(
    (word) => LOOK_ALIKES.filter((script) => script.test(word)).length > 1,
  );
  if (mixed === undefined) return undefined;
  const stray = strayLetter(mixed);
  return {
    code: 'MIXED_SCRIPTS',
    message: `${what} cannot mix Latin, Cyrillic and Greek letters within one word; ${codePoint(stray)} is of another script than the letter before it.`,
  };
}

/** The first letter whose script is another than the first letter's. */
function strayLetter(word: string): string {
  const letters = [...word];
  const first = LOOK_ALIKES.find(
    (script) => letters.some((letter) => script.test(letter)) && script.test(word[0] ?? ''),
  );
  return (
    letters.find((letter) => LOOK_ALIKES.some((script) => script !== first && script.test(letter))) ?? letters[0] ?? ''
  );
}

const codePoint = (text: string): string =>
  `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

function kindOf(character: string): string {
  if (/\p{Cs}/u.test(character)) return 'half of a character';
  if (/\p{Co}/u.test(character)) return 'a character of private use';
  if (/\p{Cn}/u.test(character)) return 'a character that does not exist';
  if (/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(character))
    return 'which changes the direction of writing';
  return /\p{Cc}|\p{Zl}|\p{Zp}/u.test(character) ? 'a control character' : 'a character that nobody sees';
}
