/**
 * Keeps secrets out of the log, wherever they are in a line: by the name of the field, at any depth, and by
 * the format of secrets in texts (messages, stacks, URLs, responses of other systems). Most lines have
 * none: one regular expression detects that, and they pass unchanged. When in doubt, a word is hidden.
 */

import { commonForms, secretPattern } from './secret-forms.rules.ts';

export const HIDDEN = '[redacted]';

/** Endings of secrets’ names, in lower case without `_` and `-`: `encryptedPassword`, `X-Seq-ApiKey`, `set-cookie`. */
const NAME_ENDS = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'authorization',
  'cookie',
  'masterkey',
  'privatekey',
  'displaycode',
  'assertion',
];
const SECRET_NAME = new RegExp(`(?:${NAME_ENDS.join('|')})s?$`);
/** The same names, as they are written in texts. */
const NAMES =
  '(?:pass(?:_?word|wd|phrase)|pwd|secret|token|api[_-]?key|authorization|cookie|master[_-]?key|private[_-]?key|display[_-]?code|assertion)';

/** Quotation marks in HTML. */
const HTML_QUOTE = '(?:&quot;|&apos;|&#0*3[49];|&#x0*2[27];)';

/** Matches every line that one of the rules below could change, and few others. */
const SUSPICIOUS = new RegExp(
  `${NAMES}|fhj_|whsec_|eyJ|bearer |basic |-----BEGIN|://[^\\s"/]*@|postgres(?:ql)?://`,
  'i',
);

/** The replacement names the kind of secret; API tokens keep the prefix that identifies them. */
const RULES: readonly (readonly [pattern: RegExp, left: string])[] = [
  // A password with a slash makes a PostgreSQL URL invalid, and the error then quotes it.
  [/\b(postgres(?:ql)?:\/\/[^\s:@/"'<>]*):[^\s"'<>]*@/gi, `$1:${HIDDEN}@`],
  [/\b([a-z][a-z\d+.-]*:\/\/[^\s:@/"'<>]*):[^\s/"'<>]*@/gi, `$1:${HIDDEN}@`],
  [/\b(fhj_[a-z\d]{8})_[\w-]{8,}/g, `$1_${HIDDEN}`],
  [/\bwhsec_[\w+/=-]{4,}/g, `whsec_${HIDDEN}`],
  // JWT and JWE in compact form: three or five parts, some of which may be empty.
  [/\beyJ[\w-]{6,}(?:\.[\w-]*){2,4}/g, HIDDEN],
  [/\b(bearer|basic) +[\w.~+/=-]{12,}/gi, `$1 ${HIDDEN}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  // password: "abc", as in JSON and GraphQL, or with =. A quote with more backslashes than the first is inside
  // the value.
  [
    new RegExp(
      `(${NAMES}s?\\\\*["']?\\s*[:=]\\s*)(\\\\*)(["'])(?:(?!(?<!\\\\)\\2\\3)[\\s\\S])*(?:(?<!\\\\)\\2\\3|$)`,
      'gi',
    ),
    `$1$2$3${HIDDEN}$2$3`,
  ],
  // The same in HTML and in URLs.
  [new RegExp(`(${NAMES}s?${HTML_QUOTE}?\\s*[:=]\\s*(${HTML_QUOTE}))(?:(?!\\2)[\\s\\S])*`, 'gi'), `$1${HIDDEN}`],
  [
    new RegExp(`(${NAMES}s?(?:%22|%27)?(?:%20|\\+)?(?:%3A|%3D|=)(?:%20|\\+)?(%22|%27))(?:(?!\\2)[^\\s"'<>&])*`, 'gi'),
    `$1${HIDDEN}`,
  ],
  [new RegExp(`(${NAMES}s?%3D)(?:(?!%26|%2C|%3B)[^\\s"'<>&])+`, 'gi'), `$1${HIDDEN}`],
  // token=abc, as in a URL query or in a connection string of keywords.
  [new RegExp(`(${NAMES}s?\\\\*["']?\\s*=\\s*)(?!\\\\*["']|%22|%27|&quot;|&#)[^\\s"'&,;)}]+`, 'gi'), `$1${HIDDEN}`],
  [new RegExp(`^(${NAMES})[ :]+[\\w.~+/=-]{20,}$`, 'gim'), `$1 ${HIDDEN}`],
];

/** Returns the text without anything that looks like a secret. */
export function redactedText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return RULES.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}

/**
 * Creates a function that removes secrets from a JSON line. `known` are secrets of the configuration, which
 * are hidden wherever they occur, unless they have less than eight characters, since those may be ordinary
 * words.
 */
export function createRedaction(known: readonly string[] = []): (line: string) => string {
  const secrets = known.filter((secret) => secret.length >= 8);
  const pattern = secretPattern(secrets);
  const quoted = secrets.flatMap(commonForms).map((form) => JSON.stringify(form).slice(1, -1));
  const text = (value: string): string => redactedText(pattern === undefined ? value : value.replace(pattern, HIDDEN));
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [text(key), isHidden(key, part) ? HIDDEN : clean(part)]),
    );
  };
  return (line) => {
    if (!SUSPICIOUS.test(line) && !quoted.some((secret) => line.includes(secret))) return line;
    try {
      return `${JSON.stringify(clean(JSON.parse(line)))}\n`;
    } catch {
      // A line that is not JSON must neither crash the caller nor pass unchanged.
      return text(line);
    }
  };
}

/** Numbers under a plural name are counts, and booleans only say whether there is a secret: neither is hidden. */
function isHidden(name: string, value: unknown): boolean {
  const plain = name.toLowerCase().replace(/[_-]/g, '');
  if (value === null || typeof value === 'boolean' || value === '' || !SECRET_NAME.test(plain)) return false;
  return typeof value !== 'number' || !plain.endsWith('s');
}
