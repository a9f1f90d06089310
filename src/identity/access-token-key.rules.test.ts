import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issuerOf, parseKeyFile, readTokenAnswer } from './access-token-key.rules.ts';

const pkcs1 = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey;
const ec = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;
const good = { type: 'serviceaccount', keyId: 'k1', key: pkcs1, userId: 'u1' };

describe('parseKeyFile', () => {
  it('reads the file as Zitadel writes it, with fields that it may add', () => {
    const key = parseKeyFile(JSON.stringify({ ...good, expirationDate: '2030-01-01T00:00:00Z' }), '/k.json');
    expect(key).toMatchObject({ keyId: 'k1', userId: 'u1', privateKey: { asymmetricKeyType: 'rsa' } });
  });

  it.each([
    ['not json', 'is not JSON'],
    ['', 'is not JSON'],
    ['null', 'The field "type" of /k.json is missing'],
    ['[]', 'The field "type" of /k.json is missing'],
    [JSON.stringify({ ...good, type: 'application' }), 'is "application"; it must be "serviceaccount"'],
    [JSON.stringify({ type: 'serviceaccount' }), 'lacks "keyId", "userId", "key"'],
    [JSON.stringify({ ...good, userId: 7 }), 'lacks "userId"'],
    [JSON.stringify({ ...good, key: '-----BEGIN RSA PRIVATE KEY-----\nAAAA' }), 'not a readable private key in PEM'],
    [JSON.stringify({ ...good, key: ec }), 'not an RSA key'],
  ])('refuses case %#, saying what is wrong', (text, words) => {
    expect(parseKeyFile(text, '/k.json')).toMatchObject({
      class: 'configuration',
      code: 'PROVIDER_KEY_UNUSABLE',
      message: expect.stringContaining(words),
    });
  });

  it('never quotes the key', () => {
    const half = pkcs1.slice(0, 400);
    expect(JSON.stringify(parseKeyFile(JSON.stringify({ ...good, key: half }), '/k.json'))).not.toContain(
      pkcs1.slice(100, 140),
    );
  });
});

describe('issuerOf', () => {
  it.each([
    ['https://id.example.org', undefined, 'https://id.example.org'],
    ['https://id.example.org:443/', undefined, 'https://id.example.org'],
    ['https://id.example.org:8443/some/path', undefined, 'https://id.example.org:8443'],
    ['http://zitadel:8080', 'id.example.org', 'https://id.example.org'],
    ['http://zitadel:8080', 'id.example.org:8443', 'https://id.example.org:8443'],
    ['http://zitadel:8080', 'localhost:8080', 'http://localhost:8080'],
    ['http://zitadel:8080', 'id.localhost', 'http://id.localhost'],
    ['http://zitadel:8080', 'localhost.example.org', 'https://localhost.example.org'],
  ])('%s with host %s is %s', (url, host, issuer) => {
    expect(issuerOf(url, host)).toBe(issuer);
  });
});

describe('readTokenAnswer', () => {
  it('renews in the last quarter, and sends nothing in the last seconds', () => {
    expect(readTokenAnswer(JSON.stringify({ access_token: 't', expires_in: 3_600 }), 1_000)).toEqual({
      token: 't',
      refreshAt: 1_000 + 2_700_000,
      usableUntil: 1_000 + 3_595_000,
      expiresAt: 1_000 + 3_600_000,
    });
  });

  it.each([undefined, 0, -1, 'soon', Number.NaN])('assumes five minutes for expires_in %s', (seconds) => {
    const held = readTokenAnswer(JSON.stringify({ access_token: 't', expires_in: seconds }), 0);
    expect(held).toMatchObject({ expiresAt: 300_000 });
    expect(held?.usableUntil).toBeGreaterThan(held?.refreshAt ?? Number.POSITIVE_INFINITY);
  });

  it.each(['', 'x', '{}', 'null', '{"access_token":""}', '{"access_token":7}'])('sees no token in %j', (body) => {
    expect(readTokenAnswer(body, 0)).toBeUndefined();
  });
});
