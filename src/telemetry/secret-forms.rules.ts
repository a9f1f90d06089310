/**
 * Finds a secret in any text and notation: plain, escaped for JSON (once or several times), for URLs or
 * HTML, character by character, or in base64 and hexadecimal, also inside a longer value.
 */

/**
 * Returns a pattern that finds these secrets in every notation; undefined if there are none. It is global:
 * use it with `replace`, not with `test`.
 */
export function secretPattern(secrets: readonly string[]): RegExp | undefined {
  const forms = secrets.filter((secret) => secret !== '').flatMap((secret) => [spelled(secret), ...encoded(secret)]);
  // Longest first: if one secret is the beginning of another, the whole longer one must be hidden.
  const wanted = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return wanted.length === 0 ? undefined : new RegExp(wanted.join('|'), 'g');
}

const SPECIAL = /[.*+?^${}()|[\]\\/-]/g;
const literal = (text: string): string => text.replace(SPECIAL, '\\$&');

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The most common notations as plain texts, for a quick check whether a line needs the pattern. */
export const commonForms = (secret: string): string[] => [
  ...new Set([
    secret,
    inJson(secret),
    inJson(inJson(secret)),
    encodeURIComponent(secret),
    secret.replace(/[&<>"]/g, (one) => `&${HTML_NAMES[one]};`).replaceAll("'", '&#39;'),
    ...(['base64', 'base64url'] as const).map((form) => Buffer.from(secret).toString(form).replace(/.=*$/, '')),
  ]),
];

/** Matches hexadecimal digits in either case. */
const hexadecimal = (digits: string): string =>
  digits.replace(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`);

const HTML_NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const JSON_LETTERS: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** Matches each character in any notation: programs of all kinds escape texts, and some only partly. */
const spelled = (secret: string): string => [...secret].map(character).join('');

function character(one: string): string {
  const code = (one.codePointAt(0) ?? 0).toString(16);
  const units = [...Array(one.length).keys()].map((at) => one.charCodeAt(at).toString(16).padStart(4, '0'));
  const bytes = [...Buffer.from(one, 'utf8')].map((byte) => byte.toString(16).padStart(2, '0'));
  const [name, letter] = [HTML_NAMES[one], JSON_LETTERS[one]];
  const forms = [
    // Escaping an escaped text adds backslashes; limited, so that the search stays fast.
    one === '\\' ? '\\\\{1,8}' : `\\\\{0,7}${literal(one)}`,
    units.map((unit) => `\\\\{1,8}u${hexadecimal(unit)}`).join(''),
    `\\\\{1,8}x${hexadecimal(code.padStart(2, '0'))}`,
    // An escaped % is %25.
    bytes.map((byte) => `%(?:25){0,2}${hexadecimal(byte)}`).join(''),
    `&(?:amp;)?#(?:0{0,6}${Number.parseInt(code, 16)}|[xX]0{0,6}${hexadecimal(code)});`,
    ...(name === undefined ? [] : [`&(?:amp;)?${name};`]),
    ...(letter === undefined ? [] : [`\\\\{1,8}${letter}`]),
    ...(one === ' ' ? ['\\+'] : []),
  ];
  return `(?:${forms.join('|')})`;
}

/** A character of either base64 alphabet: at each end, one may hold bits of both the secret and the text beside it. */
const BASE64 = '[\\w+\\/-]';
/** Encoded forms of shorter secrets would match unrelated base64 text. */
const SHORTEST_ENCODED = 6;

/** The secret in hexadecimal, and in both base64 alphabets at each of the three possible offsets. */
function encoded(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < SHORTEST_ENCODED) return [];
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // Skip the characters that share bits with the text before or after the secret.
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const own = literal(text.slice(first, last)).replaceAll('\\+', '[+-]').replaceAll('\\/', '[\\/_]');
    return `${BASE64}?${own}${BASE64}?={0,2}`;
  });
  return [...within, hexadecimal(bytes.toString('hex'))];
}
