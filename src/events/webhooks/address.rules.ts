/**
 * Which addresses events may be sent to: those of the public internet, and those that
 * WEBHOOK_ALLOWED_NETWORKS lists. Otherwise anyone who may create a webhook could make the server call
 * internal services that only it can reach (SSRF). For IPv6 only the public range is allowed; the IPv4
 * space is assigned entirely, so its exceptions are listed.
 */
import { familyOf, isWithin, type Network, readNetwork } from '../../addresses.ts';

/** IANA's special-purpose address registries (RFC 6890), and the metadata addresses of clouds. */
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

const network = (text: string): Network => {
  const read = readNetwork(text);
  if (read === undefined) throw new Error(`${text} is not a network.`);
  return read;
};

const REFUSED_NETWORKS = REFUSED.map(([text, what]) => ({ network: network(text), what }));
const PUBLIC_V6 = network('2000::/3');
/** An IPv4 address in the last 32 bits of IPv6, as URL formats it: mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`). */
const EMBEDDED = /^\[(?:::ffff:|64:ff9b::)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})?\]$/;

/** The address that packets go to: the embedded IPv4 address if there is one. */
function destinationOf(address: string): string {
  if (familyOf(address) !== 'ipv6') return address;
  const match = EMBEDDED.exec(new URL(`http://[${address.replace(/%.*/, '')}]`).hostname);
  if (match === null) return address;
  const [high, low] = [match[1], match[2]].map((group) => Number.parseInt(group ?? '0', 16));
  return [high, low].flatMap((group = 0) => [group >> 8, group & 255]).join('.');
}

/**
 * Returns why nothing may be sent to an address, as the end of a sentence (`a private network`);
 * undefined when it may. `allowed`: the networks of WEBHOOK_ALLOWED_NETWORKS.
 */
export function addressProblem(text: string, allowed: readonly Network[]): string | undefined {
  if (familyOf(text) === undefined) return 'no address at all';
  if (isListed(text, allowed)) return undefined;
  const address = destinationOf(text);
  const refused = REFUSED_NETWORKS.find((one) => isWithin(address, one.network));
  if (refused !== undefined) return refused.what;
  return familyOf(address) === 'ipv6' && !isWithin(address, PUBLIC_V6) ? 'not public' : undefined;
}

/** Whether WEBHOOK_ALLOWED_NETWORKS lists the address. */
export function isListed(text: string, allowed: readonly Network[]): boolean {
  const address = destinationOf(text);
  return allowed.some((one) => isWithin(address, one));
}
