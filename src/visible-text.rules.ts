/**
 * Checks text that people write for others to read (names of people and tokens, reasons): it must not
 * contain invisible characters, reverse the direction of writing, stack marks over neighbouring text, or
 * use letters that pass for others. Real names in all scripts are accepted: joiners where a script or an
 * emoji needs them, direction marks in text with right-to-left letters, and variants of Chinese characters.
 */

export interface TextProblem {
  readonly code: string;
  readonly message: string;
}

/** Hebrew with vowels and accents has three or four; more are there to hide something. */
export const MOST_MARKS_IN_A_ROW = 5;

/** Even after composing, this many marks in a row are too many. */
const ENDLESS_HEAP = /\p{M}{20}/u;

/**
 * Returns the text composed (NFC), with single spaces inside and none around: the form in which it is
 * stored and compared. Text with too many marks in a row, which will be refused, is not composed: that
 * takes time quadratic in its length.
 */
export const normaliseVisibleText = (raw: string): string =>
  (ENDLESS_HEAP.test(raw) ? raw : raw.normalize('NFC')).replace(/\s+/gu, ' ').trim();

/**
 * Control, format, surrogate, private-use and unassigned characters; line separators; letters and symbols
 * that show nothing.
 */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

const JOINED_SCRIPTS =
  '\\p{Script=Arabic}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Mongolian}\\p{Script=Myanmar}\\p{Script=Syriac}';

/**
 * Invisible characters that are legitimate in their context; each is removed before the rest is checked.
 * Each pattern matches the character first and then looks behind: otherwise every mark in a long row would
 * scan all the marks before it.
 */
const NEEDED: readonly RegExp[] = [
  // Joiner and non-joiner after a letter or mark of a script with joined letters.
  new RegExp(`[\\u200c\\u200d](?<=[${JOINED_SCRIPTS}]\\p{M}*.)(?=[${JOINED_SCRIPTS}]|$|\\s)`, 'gu'),
  // Joiners inside a composed emoji, and the variation selector for emoji presentation.
  /\u200d(?<=\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*.)(?=\p{Extended_Pictographic})/gu,
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Component}])\ufe0f/gu,
  // Variants of Chinese characters, as in registered names in Japan.
  /(?<=\p{Script=Han})[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu,
];

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const MARKS_OF_DIRECTION = /[\u061c\u200e\u200f]/gu;

const HEAP = new RegExp(`\\p{M}{${MOST_MARKS_IN_A_ROW + 1},}`, 'u');

/** The scripts with letters that look alike. */
const LOOK_ALIKES = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

/**
 * Returns the problem with a text, or undefined. The message is a sentence that begins with `what` (`A full
 * name`). Expects the normalised form; with `hasLines`, line breaks are allowed.
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

/** The first letter in another script than the word’s first letter. */
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
