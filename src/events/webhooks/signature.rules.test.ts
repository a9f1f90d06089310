import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { readSecret, signatureHeaders, writeSecret } from './signature.rules.ts';

const keys = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => writeSecret(Buffer.from(bytes)));

describe('signatureHeaders', () => {
  it('are what the standardwebhooks package accepts, by any of the secrets', () => {
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 3 }), fc.uuid(), fc.jsonValue(), (secrets, id, value) => {
        const body = JSON.stringify(value);
        const headers = signatureHeaders({ id, at: new Date(), body }, secrets);
        for (const secret of secrets)
          expect(JSON.stringify(new Webhook(secret).verify(body, headers))).toBe(JSON.stringify(JSON.parse(body)));
      }),
    );
  });

  it('are what it makes itself', () => {
    const secret = writeSecret(randomBytes(32));
    const at = new Date('2026-11-25T12:00:00.987Z');
    const body = '{"name":"Zoë 山田 👩‍👧"}';
    expect(signatureHeaders({ id: 'msg', at, body }, [secret])).toEqual({
      'webhook-id': 'msg',
      'webhook-timestamp': '1795608000',
      'webhook-signature': new Webhook(secret).sign('msg', at, body),
    });
  });

  it('are refused by it for another body, id, secret or time', () => {
    const secret = writeSecret(randomBytes(32));
    const headers = signatureHeaders({ id: 'msg', at: new Date(), body: '{}' }, [secret]);
    const webhook = new Webhook(secret);
    expect(() => webhook.verify('{ }', headers)).toThrow();
    expect(() => webhook.verify('{}', { ...headers, 'webhook-id': 'other' })).toThrow();
    expect(() => new Webhook(writeSecret(randomBytes(32))).verify('{}', headers)).toThrow();
    const old = signatureHeaders({ id: 'msg', at: new Date(Date.now() - 600_000), body: '{}' }, [secret]);
    expect(() => webhook.verify('{}', old)).toThrow('too old');
  });

  it('throw for what is no secret', () => {
    expect(() => signatureHeaders({ id: 'x', at: new Date(0), body: '' }, ['whsec_short'])).toThrow('not one of');
  });
});

describe('readSecret', () => {
  it('reads what writeSecret writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), (bytes) => {
        expect(readSecret(writeSecret(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no prefix', randomBytes(32).toString('base64')],
    ['too short', writeSecret(randomBytes(23))],
    ['too long', writeSecret(randomBytes(65))],
    ['not base64', `whsec_${'*'.repeat(44)}`],
    ['base64 for URLs', `whsec_${Buffer.alloc(32, 0xff).toString('base64url')}`],
    ['a space at its end', `${writeSecret(randomBytes(32))} `],
  ])('%s is none', (_what, text) => expect(readSecret(text)).toBeUndefined());
});
