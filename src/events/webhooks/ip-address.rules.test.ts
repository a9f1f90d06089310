import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin, parseAddress, parseNetwork } from './ip-address.rules.ts';

const versionOf = (text: string): number => parseAddress(text)?.version ?? 0;

describe('parseAddress', () => {
  it('reads what Node reads as an address, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.stringMatching(/^[0-9a-f.:]{1,20}$/)),
        (text) => {
          expect(versionOf(text)).toBe(isIP(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

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
    '',
  ])('refuses %s', (text) => expect(parseAddress(text)).toBeUndefined());

  it('reads every spelling of one address as the same', () => {
    const spellings = ['::ffff:7f00:1', '::FFFF:127.0.0.1', '0:0:0:0:0:ffff:127.0.0.1', '::ffff:7f00:0001%eth0'];
    expect(new Set(spellings.map((text) => parseAddress(text)?.value))).toEqual(new Set([0xffff7f000001n]));
  });
});

describe('isWithin', () => {
  it('agrees with Node', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (address, network, bits) => {
        const list = new BlockList();
        list.addSubnet(network, bits, 'ipv4');
        expect(within(address, `${network}/${bits}`)).toBe(list.check(address, 'ipv4'));
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(127), fc.nat(128), (network, bit, bits) => {
        const parsed = parseNetwork(`${network}/${bits}`);
        if (parsed === undefined) throw new Error(network);
        const flipped = { version: 6 as const, value: parsed.value ^ (1n << BigInt(127 - bit)) };
        expect(isWithin(flipped, parsed)).toBe(bit >= bits);
      }),
    );
  });

  it('keeps the versions apart', () => expect(within('0.0.0.1', '::/0')).toBe(false));

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/a', 'fe80::1%eth0/64', 'localhost'])(
    '%s is no network',
    (text) => expect(parseNetwork(text)).toBeUndefined(),
  );
});

function within(address: string, network: string): boolean {
  const [one, other] = [parseAddress(address), parseNetwork(network)];
  if (one === undefined || other === undefined) throw new Error(`${address} or ${network} is not understood.`);
  return isWithin(one, other);
}
