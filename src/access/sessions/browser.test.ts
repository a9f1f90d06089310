import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieLine, cookieValue, isForeign, publicOrigin, safeReturnTo } from './browser.ts';

const HOME = 'http://127.0.0.1:4000';
const ABROAD = 'https://jobs.example.org';

describe('the origin', () => {
  it.each([
    ['127.0.0.1:4000', undefined, HOME],
    ['[::1]:4000', undefined, 'http://[::1]:4000'],
    ['jobs.example.org', undefined, ABROAD],
    ['127.0.0.1:4000', 'https://jobs.example.org/', ABROAD],
    ['a b', undefined, 'https://localhost'],
  ])('of host %s with PUBLIC_URL %s is %s', (host, url, origin) => expect(publicOrigin({ host }, url)).toBe(origin));
});

describe('the cookie', () => {
  it('is strict, unreadable for scripts and, off loopback, bound to TLS and the host', () => {
    const options = { maxAgeMs: 60_000, sameSite: 'Strict' } as const;
    expect(cookieLine('session', 'x', HOME, options)).toBe(
      'family-hub-session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict',
    );
    expect(cookieLine('session', 'x', ABROAD, options)).toBe(
      '__Host-family-hub-session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure',
    );
    expect(cookieLine('session', 'x', 'https://localhost:8443', options), 'over TLS on this machine too').toMatch(
      /^__Host-.*; Secure$/,
    );
  });

  it.each([
    ['a=1; family-hub-session=x; b=2', 'x'],
    ['family-hub-session=', undefined],
    ['family-hub-session=x; family-hub-session=y', undefined],
    ['xfamily-hub-session=x', undefined],
    ['__Host-family-hub-session=x', undefined],
    [undefined, undefined],
  ])('in %s is %s', (cookie, value) => expect(cookieValue({ cookie }, 'session', HOME)).toBe(value));

  it('without its prefix is not ours off loopback', () => {
    expect(cookieValue({ cookie: 'family-hub-session=x' }, 'session', ABROAD)).toBeUndefined();
    expect(cookieValue({ cookie: '__Host-family-hub-session=x' }, 'session', ABROAD)).toBe('x');
  });
});

describe('a form', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: HOME }, true],
    [{ 'sec-fetch-site': 'same-site', origin: HOME }, true],
    [{ origin: HOME }, false],
    [{ origin: 'http://127.0.0.1:4001' }, true],
    [{ origin: 'null' }, true],
    [{}, false],
  ])('with %j: foreign is %s', (headers, is) => expect(isForeign(headers, HOME)).toBe(is));
});

describe('where to go after the sign-in', () => {
  it.each([
    ['/graphql?a=b#c', '/graphql?a=b#c'],
    ['/', '/'],
    ['', '/'],
    [null, '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
  ])('%j is %s', (given, path) => expect(safeReturnTo(given)).toBe(path));

  it('is always on this server', () => {
    const parts = fc.constantFrom('/', '\\', '.', '..', '@', ':', '?', '#', '%2f', '\t', 'evil.example', 'a');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (some) => {
        expect(new URL(safeReturnTo(`/${some.join('')}`), ABROAD).origin).toBe(ABROAD);
      }),
    );
  });
});
