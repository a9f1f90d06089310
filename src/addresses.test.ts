import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familyOf, isWithin, readNetwork } from './addresses.ts';

describe('familyOf', () => {
  it.each([
    ['1.2.3.4', 'ipv4'],
    ['::1', 'ipv6'],
    ['::FFFF:127.0.0.1', 'ipv6'],
    ['fe80::1%eth0', 'ipv6'],
  ])('%s is %s', (text, family) => expect(familyOf(text)).toBe(family));

  it.each([
    '1.2.3',
    '01.2.3.4',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.256',
    '::1::',
    ':::',
    '1:2:3:4:5:6:7',
    '::12345',
    'localhost',
    '',
  ])('"%s" is no address', (text) => expect(familyOf(text)).toBeUndefined());
});

describe('isWithin', () => {
  const numberOf = (address: string): number =>
    address.split('.').reduce((value, part) => value * 256 + Number(part), 0);

  it('agrees with arithmetic', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (address, network, bits) => {
        const size = 2 ** (32 - bits);
        const isSame = Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
        expect(within(address, `${network}/${bits}`)).toBe(isSame);
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }),
        fc.nat(127),
        fc.nat(128),
        (groups, bit, bits) => {
          const text = (all: readonly number[]): string => all.map((group) => group.toString(16)).join(':');
          const flipped = groups.with(bit >> 4, (groups[bit >> 4] ?? 0) ^ (0x8000 >> (bit & 15)));
          expect(within(text(flipped), `${text(groups)}/${bits}`)).toBe(bit >= bits);
        },
      ),
    );
  });

  it('takes an address for a network of one', () => {
    expect(within('10.0.0.5', '10.0.0.5')).toBe(true);
    expect(within('10.0.0.6', '10.0.0.5')).toBe(false);
  });

  it('leaves a zone out', () => expect(within('fe80::1%eth0', 'fe80::/10')).toBe(true));

  it('keeps the families apart', () => {
    expect(within('0.0.0.1', '::/0')).toBe(false);
    expect(within('::1', '0.0.0.0/0')).toBe(false);
    expect(within('::ffff:10.0.0.1', '10.0.0.0/8')).toBe(false);
  });
});

it.each([
  '10.0.0.0/33',
  '::/129',
  'fd00::/129',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  '10.0.0.0/a',
  '10.0.0',
  'fe80::1%eth0/64',
  'localhost',
  'proxy.example',
])('%s is no network', (text) => expect(readNetwork(text)).toBeUndefined());

function within(address: string, text: string): boolean {
  const network = readNetwork(text);
  if (network === undefined) throw new Error(`${text} is no network.`);
  return isWithin(address, network);
}
