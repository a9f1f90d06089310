/**
 * Which addresses events may be sent to: those of the public internet, and what
 * WEBHOOK_ALLOWED_NETWORKS lists. Else whoever may set a webhook could make the server knock at
 * doors that only it can reach. Of IPv6 only what is handed out as public is let through, whatever
 * else may come to be; IPv4 has been handed out whole, and so what is not public is listed.
 */
import { type IpAddress, type IpNetwork, isWithin, parseAddress, parseNetwork } from './ip-address.rules.ts';

/** IANA's registries of special-purpose addresses (RFC 6890), and what clouds keep their metadata at. */
const REFUSED: readonly (readonly [network: string, what: string])[] = [
  ['0.0.0.0/8', 'this host'],
  ['10.0.0.0/8', 'a private network'],
  ['100.64.0.0/10', 'a provider’s inner network'],
  ['127.0.0.0/8', 'this machine itself'],
  ['168.63.129.16/32', 'a cloud’s inner services'],
  ['169.254.0.0/16', 'the local link, where clouds keep their metadata'],
  ['172.16.0.0/12', 'a private network'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'a private network'],
  ['198.18.0.0/15', 'for tests of networks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'a group of hosts'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'this host'],
  ['::1/128', 'this machine itself'],
  ['fc00::/7', 'a private network'],
  ['fe80::/10', 'the local link'],
  ['ff00::/8', 'a group of hosts'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', 'a tunnel to an IPv4 address'],
  ['3fff::/20', 'for documentation'],
];

const network = (text: string): IpNetwork => {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(`${text} is not a network.`);
  return parsed;
};

const REFUSED_NETWORKS = REFUSED.map(([text, what]) => ({ network: network(text), what }));
const PUBLIC_V6 = network('2000::/3');
/** Both stand for the IPv4 address in their last 32 bits: one within a machine, the other behind a translator. */
const MAPPED = network('::ffff:0:0/96');
const TRANSLATED = network('64:ff9b::/96');

/** The IPv4 address that is meant by one of IPv6; the address itself where it stands for nothing else. */
function meant(address: IpAddress): IpAddress {
  const isOther = isWithin(address, MAPPED) || isWithin(address, TRANSLATED);
  return isOther ? { version: 4, value: address.value & 0xffffffffn } : address;
}

/**
 * Why nothing is sent to an address, as the end of a sentence (`a private network`); undefined when
 * it may be. `allowed`: networks of one's own that are wanted.
 */
export function addressProblem(text: string, allowed: readonly IpNetwork[]): string | undefined {
  const written = parseAddress(text);
  if (written === undefined) return 'no address at all';
  const address = meant(written);
  if (isAllowed(address, allowed)) return undefined;
  const refused = REFUSED_NETWORKS.find((one) => isWithin(address, one.network));
  if (refused !== undefined) return refused.what;
  return address.version === 6 && !isWithin(address, PUBLIC_V6) ? 'not public' : undefined;
}

/** Whether the address lies in a network that the setting lists. */
export function isListed(text: string, allowed: readonly IpNetwork[]): boolean {
  const address = parseAddress(text);
  return address !== undefined && isAllowed(meant(address), allowed);
}

const isAllowed = (address: IpAddress, allowed: readonly IpNetwork[]): boolean =>
  allowed.some((one) => isWithin(address, one));
