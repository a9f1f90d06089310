import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Network, readNetwork } from '../../addresses.ts';
import { addressProblem, isListed } from './address.rules.ts';

const networks = (...texts: string[]): Network[] => texts.flatMap((text) => readNetwork(text) ?? []);

describe('addressProblem', () => {
  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192', '198.18.0.1'],
    ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '192.88.99.1', '203.0.113.7'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
      'fec0::1',
      '100::1',
      '2001:db8::1',
    ],
    // IPv4 addresses embedded in IPv6: mapped, compatible, translated, tunnelled.
    ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1'],
    ...['2002:7f00:1::', '2002:a9fe:a9fe::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '5f00::1'],
    ...['', 'localhost', '2130706433', '0x7f000001', '127.1', '0177.0.0.1'],
  ])('%s is refused', (address) => expect(addressProblem(address, [])).toEqual(expect.any(String)));

  it.each([
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '169.253.1.1',
    '223.255.255.255',
  ])('%s is public', (address) => expect(addressProblem(address, [])).toBeUndefined());
  it.each(['2606:4700:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1', '64:ff9b::101:101'])('%s is public', (address) =>
    expect(addressProblem(address, [])).toBeUndefined(),
  );

  it('lets through what is listed, and nothing beside it', () => {
    const allowed = networks('127.0.0.0/8', '10.1.0.0/16', 'fd12::/16');
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.255.1', 'fd12::1'])
      expect(addressProblem(address, allowed)).toBeUndefined();
    for (const address of ['10.2.0.1', '::1', 'fd13::1', '169.254.169.254'])
      expect(addressProblem(address, allowed)).toBeDefined();
  });

  it.each([
    '::ffff:7f00:1',
    '::FFFF:127.0.0.1',
    '0:0:0:0:0:ffff:127.0.0.1',
    '::ffff:7f00:0001%eth0',
    '64:ff9b:0::127.0.0.1',
  ])('reads %s as 127.0.0.1', (address) => {
    expect(addressProblem(address, [])).toBe('this machine itself');
    expect(isListed(address, networks('127.0.0.1'))).toBe(true);
  });

  it('allows no IPv4 address by a network of IPv6', () => {
    for (const address of ['10.0.0.1', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1'])
      expect(addressProblem(address, networks('::/0'))).toBe('a private network');
  });

  it('judges an IPv4 address alike however it is written in IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const problem = addressProblem(address, []);
        expect(addressProblem(`::ffff:${address}`, [])).toBe(problem);
        expect(addressProblem(`64:ff9b::${address}`, [])).toBe(problem);
      }),
    );
  });

  it('lets no IPv6 address through that is not of 2000::/3', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        if (/^[23][0-9a-f]{3}:/i.test(address) || /ffff|64:ff9b/i.test(address)) return;
        expect(addressProblem(address, [])).toBeDefined();
      }),
    );
  });
});

it('isListed says whether the setting lists an address', () => {
  const allowed = networks('127.0.0.0/8');
  expect(isListed('127.1.2.3', allowed)).toBe(true);
  expect(isListed('::ffff:127.0.0.1', allowed)).toBe(true);
  expect(isListed('1.1.1.1', allowed)).toBe(false);
  expect(isListed('x', allowed)).toBe(false);
});
