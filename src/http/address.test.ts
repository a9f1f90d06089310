import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createAddressOf } from './address.ts';

const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as IncomingMessage;

describe('the address of a sender', () => {
  const addressOf = createAddressOf(['10.0.0.5', '192.168.0.0/16', 'fd00::/8']);
  it.each([
    ['a stranger is believed nothing', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['a trusted proxy is', '10.0.0.5', '1.2.3.4', '1.2.3.4'],
    ['over IPv6 too', '::ffff:10.0.0.5', '1.2.3.4', '1.2.3.4'],
    ['from the last one backwards', '10.0.0.5', '6.6.6.6, 1.2.3.4, 192.168.3.4', '1.2.3.4'],
    ['what a client puts in front is its own', '10.0.0.5', '10.0.0.5, 6.6.6.6', '6.6.6.6'],
    ['IPv6 networks', 'fd12::1', '2001:db8::7', '2001:db8::7'],
    ['a proxy that says nothing', '10.0.0.5', undefined, '10.0.0.5'],
    ['or nonsense', '10.0.0.5', 'unknown', '10.0.0.5'],
  ])('%s', (_what, remote, forwarded, expected) => {
    expect(addressOf(from(remote, forwarded))).toBe(expected);
  });

  it('without trusted proxies the header is nothing', () => {
    expect(createAddressOf([])(from('127.0.0.1', '1.2.3.4'))).toBe('127.0.0.1');
  });
});
