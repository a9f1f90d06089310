import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretPattern } from './secret-forms.rules.ts';

const hide = (text: string, ...secrets: string[]): string => {
  const pattern = secretPattern(secrets);
  return pattern === undefined ? text : text.replace(pattern, '[secret]');
};
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
/** Escapes JSON for use in HTML, as Go’s encoder and many others do. */
const jsonForHtml = (text: string): string =>
  json(text).replace(/[<>&/']/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const ascii = (text: string): string =>
  json(text).replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const FORMS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in JSON': json,
  'in JSON within JSON': (text) => json(json(text)),
  'in JSON within JSON within JSON': (text) => json(json(json(text))),
  'in JSON for HTML': jsonForHtml,
  'in JSON of ASCII': ascii,
  'in an address': encodeURIComponent,
  'in an address within an address': (text) => encodeURIComponent(encodeURIComponent(text)),
  'in a form': (text) => new URLSearchParams([['', text]]).toString().slice(1),
  'in HTML': html,
  'in HTML of numbers': (text) => [...text].map((one) => `&#${one.codePointAt(0)};`).join(''),
  'in HTML of hexadecimal numbers': (text) =>
    [...text].map((one) => `&#x${one.codePointAt(0)?.toString(16)};`).join(''),
  'in HTML within JSON': (text) => json(html(text)),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64url': (text) => Buffer.from(text).toString('base64url'),
  'in hexadecimal': (text) => Buffer.from(text).toString('hex'),
  'in capital hexadecimal': (text) => Buffer.from(text).toString('hex').toUpperCase(),
};
const PASSWORD = `pä"ss\\w/ö<r>d & 'x' 🔑%+=`;

describe('a secret', () => {
  it.each(Object.entries(FORMS))('is found %s', (_form, write) => {
    const left = hide(`it said "${write(PASSWORD)}", and more`, PASSWORD);
    expect(left.replace(/"?=*"?, and more$/, '')).toBe('it said "[secret]'.replace(/"$/, ''));
  });

  it('is found whatever it is made of, in every form', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 30 });
    fc.assert(
      fc.property(text, fc.constantFrom(...Object.keys(FORMS)), (secret, form) => {
        const written = FORMS[form]?.(secret) ?? '';
        const left = hide(`{${written}}`, secret);
        expect(left).toContain('[secret]');
        expect(left).not.toContain(written);
      }),
      { numRuns: 150, seed: 20_261_127 },
    );
  });

  it('is found in base64 behind and before other bytes', () => {
    for (const before of ['', 'a', 'ab', 'abc', 'user:']) {
      for (const behind of ['', 'x', 'xy', 'xyz']) {
        const written = Buffer.from(`${before}${PASSWORD}${behind}`).toString('base64');
        const left = hide(written, PASSWORD);
        expect(left, `${before}…${behind}`).toContain('[secret]');
        expect(left.length, 'all but its edges').toBeLessThan(written.length / 2 + 12);
      }
    }
  });

  it('is hidden whole where another begins like it, and leaves all else as it is', () => {
    expect(hide('password123 and password', 'password', 'password123')).toBe('[secret] and [secret]');
    expect(hide('The password is too short.', PASSWORD, '')).toBe('The password is too short.');
    expect(hide('nothing')).toBe('nothing');
  });

  it('takes no long time in a text that nearly holds it', () => {
    const nasty = '\\'.repeat(72);
    const text = `${'\\'.repeat(20_000)}"`;
    const begun = process.cpuUsage();
    hide(text, nasty, `${'\\'.repeat(40)}x`, '+'.repeat(72), ' '.repeat(72));
    const { user } = process.cpuUsage(begun);
    expect(user / 1_000, 'milliseconds of the processor').toBeLessThan(5_000);
  });
});
