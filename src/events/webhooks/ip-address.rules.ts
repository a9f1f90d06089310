/**
 * IP addresses and networks as numbers, so that whether one lies in another is arithmetic, whatever
 * way it is written. Only the canonical forms of IPv4 are read: URL and resolver make them.
 */

export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

export interface IpNetwork extends IpAddress {
  /** How many of the first bits count. */
  readonly bits: number;
}

/** The address, or undefined for a text that is none. A zone (`%eth0`) is left out. */
export function parseAddress(text: string): IpAddress | undefined {
  const [address = ''] = text.split('%');
  const value = address.includes(':') ? parseV6(address) : parseV4(address);
  if (value === undefined) return undefined;
  return { version: address.includes(':') ? 6 : 4, value };
}

/** A network as `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one. Undefined for what is neither. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [before = '', bits, ...more] = text.split('/');
  const address = before.includes('%') ? undefined : parseAddress(before);
  if (address === undefined || more.length > 0) return undefined;
  const most = widthOf(address);
  if (bits === undefined) return { ...address, bits: most };
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? { ...address, bits: Number(bits) } : undefined;
}

/** Whether the address lies in the network; never for one of the other version. */
export function isWithin(address: IpAddress, network: IpNetwork): boolean {
  if (address.version !== network.version) return false;
  const rest = BigInt(widthOf(network) - network.bits);
  return address.value >> rest === network.value >> rest;
}

const widthOf = ({ version }: IpAddress): number => (version === 4 ? 32 : 128);

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map(groupsOf);
  if (front === undefined || (halves.length === 2 && back === undefined)) return undefined;
  const missing = 8 - front.length - (back?.length ?? 0);
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...Array.from({ length: missing }, () => 0n), ...(back ?? [])];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The groups of one side of `::`, the last of which may be an IPv4 address. */
function groupsOf(text: string): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const embedded = parseV4(part);
      if (embedded === undefined) return undefined;
      groups.push(embedded >> 16n, embedded & 0xffffn);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
