/**
 * Prevents quoted text from forging log lines: no second line, no colour, no cursor movement, no reversed
 * text. Such characters are escaped in messages, values and keys. JSON already escapes control characters
 * up to U+001F; a printer for people reverts that.
 */

// DEL and C1, which include CSI and NEL; direction marks and overrides; line separators.
const DANGEROUS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Returns an equivalent JSON line without characters that control a terminal. */
export const safeJsonLine = (line: string): string => line.replace(DANGEROUS, escaped);

const STRING = /("(?:stack|msg)":)?"(?:[^"\\]|\\.)*"/g;
const ESCAPE = /\\(u00[01][0-9a-f]|n(?: {2})?|.)/gi;

/**
 * The same for a printer that decodes JSON’s escapes: they are escaped once more, so that it prints `\n`
 * and not a new line. Lines that cannot be mistaken for log entries are not escaped: those of stacks, which
 * the printer indents, and indented lines of a message that begins with a line break, as the start report
 * does.
 */
export function printableJsonLine(line: string): string {
  return line
    .replace(STRING, (text: string, key: string | undefined) => {
      if (!text.includes('\\')) return text;
      const isReport = text.startsWith('"msg":"\\n  ');
      return text.replace(ESCAPE, (whole: string, what: string) => {
        const isLine = what.startsWith('n') && (key === '"stack":' || (isReport && what.length > 1));
        return isLine || /^["\\/]$/.test(what) ? whole : `\\${whole}`;
      });
    })
    .replace(DANGEROUS, (character) => `\\${escaped(character)}`);
}

/** Removes the fields whose values are already in the message, as whole words. */
export function withoutRepeats(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  if (typeof msg !== 'string') return line;
  const left = Object.entries(fields).filter(([, value]) => !isSaid(msg, value));
  return `${JSON.stringify({ level, time, ...Object.fromEntries(left), msg })}\n`;
}

function isSaid(text: string, value: unknown): boolean {
  if (typeof value !== 'number' && (typeof value !== 'string' || value === '')) return false;
  const word = String(value);
  const isWithin = (character: string | undefined): boolean => character !== undefined && /[\w-]/.test(character);
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isWithin(text[at - 1]) && !isWithin(text[at + word.length])) return true;
  }
  return false;
}
