/** IP addresses and networks, in the notation of settings, requests and webhooks. */
import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';

export interface Network {
  readonly family: Family;
  readonly list: BlockList;
}

/** The family of an address, with or without a zone (`%eth0`); undefined when the text is not an IP address. */
export function familyOf(text: string): Family | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

/** Parses a network such as `10.0.0.0/8` or `fd00::/8`, or a single address. Undefined for anything else. */
export function readNetwork(text: string): Network | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const family = address.includes('%') ? undefined : familyOf(address);
  if (family === undefined || more.length > 0) return undefined;
  const most = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= most)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return { family, list };
}

/** Whether an address is in a network. False for the other family: a BlockList alone would match `10.0.0.1` with `::/0`. */
export const isWithin = (address: string, { family, list }: Network): boolean =>
  familyOf(address) === family && list.check(address.replace(/%.*/, ''), family);

/** True for `localhost`, `::1` and 127.0.0.0/8; false for names that only begin like them. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
