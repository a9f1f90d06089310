import { describe, expect, it } from 'vitest';
import { noAccessToken } from './claims.rules.ts';

describe('an access token', () => {
  it.each<[string, { typ?: unknown }, Record<string, unknown>]>([
    ['of RFC 9068', { typ: 'at+jwt' }, { auth_time: 1, acr: '1', client_id: 'x' }],
    ['of RFC 9068, in full', { typ: 'application/AT+JWT' }, {}],
    ['of Zitadel', { typ: 'JWT' }, { jti: 'V2_1', client_id: 'x', aud: ['client', 'project'] }],
    ['without a type', {}, { jti: '1' }],
    ['of Keycloak', { typ: 'JWT' }, { typ: 'Bearer', azp: 'x', acr: '1' }],
    ['of a Keycloak before version 25', { typ: 'JWT' }, { typ: 'Bearer', nonce: 'n' }],
  ])('%s is one', (_what, header, claims) => {
    expect(noAccessToken(header, claims)).toBeUndefined();
  });

  it.each<[string, { typ?: unknown }, Record<string, unknown>]>([
    ['an ID token of a code flow', { typ: 'JWT' }, { at_hash: 'h', amr: ['pwd'], auth_time: 1 }],
    ['an ID token with a nonce', {}, { nonce: 'n' }],
    ['an ID token of a hybrid flow', { typ: 'JWT' }, { c_hash: 'h' }],
    ['an ID token of Keycloak', { typ: 'JWT' }, { typ: 'ID' }],
    ['an ID token that says so', { typ: 'id_token+jwt' }, {}],
    ['a logout token', { typ: 'logout+jwt' }, {}],
  ])('%s is none', (_what, header, claims) => {
    expect(noAccessToken(header, claims)).toContain('Send the access token');
  });
});
