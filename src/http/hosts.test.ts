import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHostCheck } from './address.ts';

const check = createHostCheck(['jobs.example.org', '.inner.example']);

describe('a server on loopback', () => {
  it.each(['localhost', '127.0.0.1:4000', '[::1]:4000', 'jobs.example.org', 'JOBS.example.org:443', 'a.inner.example'])(
    'answers to %s',
    (host) => expect(check(host, true)).toBe(true),
  );

  it.each([
    'evil.example',
    '10.0.0.5',
    '0.0.0.0:4000',
    'inner.example',
    'ainner.example',
    'jobs.example.org.evil.example',
    'x.jobs.example.org',
    'jobs.example.org@evil.example',
    'jobs.example.org:99999999',
    '',
    ' ',
  ])('does not answer to "%s"', (host) => expect(check(host, true)).toBe(false));

  it('does not answer without a Host', () => expect(check(undefined, true)).toBe(false));
});

describe('a server on a network', () => {
  it.each(['10.0.0.5:4000', '[2001:db8::1]:4000', '192.168.1.9', 'localhost:4000', 'jobs.example.org'])(
    'answers to %s',
    (host) => expect(check(host, false)).toBe(true),
  );

  it.each(['evil.example', '0.0.0.0', '[::]:4000', '10.0.0.5.evil.example', '1.2.3', '0x7f.1'])(
    'does not answer to %s',
    (host) => expect(check(host, false)).toBe(false),
  );

  it('answers to no name that nobody listed, whatever it looks like', () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        fc.pre(!name.endsWith('.inner.example') && name !== 'jobs.example.org' && name !== 'localhost');
        expect(check(name, false)).toBe(false);
      }),
    );
  });
});
