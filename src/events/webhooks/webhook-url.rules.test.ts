import { describe, expect, it } from 'vitest';
import { readNetwork } from '../../addresses.ts';
import { destinationProblem, hostOf, readUrl, type UrlPolicy } from './webhook-url.rules.ts';

const loopback = readNetwork('127.0.0.0/8');
const STRICT: UrlPolicy = { allowedNetworks: [] };
const LOCAL: UrlPolicy = { allowedNetworks: loopback === undefined ? [] : [loopback] };

const codeOf = (text: string, policy = STRICT): string | undefined => {
  const read = readUrl(text, policy);
  return 'problem' in read ? read.problem.code : undefined;
};

describe('readUrl', () => {
  it.each([
    ['', 'INVALID_URL'],
    ['example.org', 'INVALID_URL'],
    ['ftp://example.org/', 'INVALID_URL'],
    ['file:///etc/passwd', 'INVALID_URL'],
    ['gopher://example.org/', 'INVALID_URL'],
    ['https://user@example.org/', 'CREDENTIALS'],
    ['https://:secret@example.org/', 'CREDENTIALS'],
    ['https://example.org/#part', 'INVALID_URL'],
    ['https://example.org:25/', 'PORT_REFUSED'],
    ['https://example.org:22/', 'PORT_REFUSED'],
    ['https://example.org:6667/', 'PORT_REFUSED'],
    ['https://example.org:0/', 'PORT_REFUSED'],
    [`https://example.org/${'x'.repeat(2_000)}`, 'TOO_LONG'],
    ['https://169.254.169.254/', 'ADDRESS_REFUSED'],
    ['http://169.254.169.254/', 'ADDRESS_REFUSED'],
    ['https://169.254.169.254./', 'ADDRESS_REFUSED'],
    ['https://2852039166/', 'ADDRESS_REFUSED'],
    ['https://0xa9.0xfe.0xa9.0xfe/', 'ADDRESS_REFUSED'],
    ['https://0251.0376.0251.0376/', 'ADDRESS_REFUSED'],
    ['https://127.1/', 'ADDRESS_REFUSED'],
    ['https://0/', 'ADDRESS_REFUSED'],
    ['https://①②⑦.⓪.⓪.①/', 'ADDRESS_REFUSED'],
    ['https://[::1]/', 'ADDRESS_REFUSED'],
    ['https://[::ffff:127.0.0.1]/', 'ADDRESS_REFUSED'],
    ['https://[64:ff9b::169.254.169.254]/', 'ADDRESS_REFUSED'],
    ['https://[fe80::1]/', 'ADDRESS_REFUSED'],
    ['http://1.1.1.1/', 'HTTPS_NEEDED'],
  ])('%s: %s', (text, code) => expect(codeOf(text)).toBe(code));

  it.each(['https://example.org/', 'https://example.org:8443/x?y=z', 'https://1.1.1.1/', 'https://[2606:4700::1111]/'])(
    '%s is fine',
    (text) => expect(codeOf(text)).toBeUndefined(),
  );

  it('takes plain http within networks that are allowed, and nowhere else', () => {
    expect(codeOf('http://127.0.0.1:8080/', LOCAL)).toBeUndefined();
    expect(codeOf('http://1.1.1.1/', LOCAL)).toBe('HTTPS_NEEDED');
    expect(codeOf('http://127.0.0.1:8080/', STRICT)).toBe('ADDRESS_REFUSED');
  });
});

describe('destinationProblem', () => {
  const url = new URL('https://hooks.example.org/');
  it('judges every address of a name, and says which name and which address', () => {
    expect(destinationProblem(url, ['1.1.1.1', '10.0.0.7'], STRICT)).toMatchObject({
      code: 'ADDRESS_REFUSED',
      message: expect.stringMatching(/hooks\.example\.org, which is 10\.0\.0\.7: a private network/),
    });
    expect(destinationProblem(url, ['1.1.1.1', '2606:4700::1111'], STRICT)).toBeUndefined();
  });
  it('asks for https unless every address is one’s own', () => {
    const plain = new URL('http://hooks.example.org/');
    expect(destinationProblem(plain, ['127.0.0.1'], LOCAL)).toBeUndefined();
    expect(destinationProblem(plain, ['127.0.0.1', '1.1.1.1'], LOCAL)?.code).toBe('HTTPS_NEEDED');
  });
});

it('hostOf writes a host as addresses are written', () => {
  expect(hostOf(new URL('https://[::1]/'))).toBe('::1');
  expect(hostOf(new URL('https://example.org./'))).toBe('example.org');
});
