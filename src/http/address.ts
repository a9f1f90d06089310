/**
 * Where a request comes from. Behind a proxy the connection is the proxy's, and what it says of
 * the one before is believed only of proxies that were named.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** An IPv4 address that came over IPv6 is written as such. */
const plain = (address: string): string => address.trim().replace(/^::ffff:(?=\d+\.)/i, '');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** The addresses and networks (`10.0.0.0/8`) as a list; undefined when one of them is neither. */
export function readAddresses(texts: readonly string[]): BlockList | undefined {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits, ...more] = text.split('/');
    const largest = isIP(address) === 6 ? 128 : 32;
    const isNetwork = bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= largest;
    if (isIP(address) === 0 || more.length > 0 || (bits !== undefined && !isNetwork)) return undefined;
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

/** Answers the address of a request's sender: the last that is no trusted proxy, from the connection backwards. */
export function createAddressOf(trusted: readonly string[]): (request: IncomingMessage) => string {
  const proxies = readAddresses(trusted) ?? new BlockList();
  const isProxy = (address: string): boolean => isIP(address) !== 0 && proxies.check(address, familyOf(address));
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? 'unknown');
    const before = String(headers['x-forwarded-for'] ?? '').split(',');
    while (isProxy(address)) {
      const next = plain(before.pop() ?? '');
      if (isIP(next) === 0) return address;
      address = next;
    }
    return address;
  };
}

/** True for `localhost`, `::1` and 127.0.0.0/8; not for names that merely begin like them. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The host of a Host header (`localhost:4000`, `[::1]`), in lower case and without brackets; undefined when it is none. */
export function hostOf(hostHeader: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:]+\]|[^:\s@/]+)(:\d{1,5})?$/i.exec(hostHeader ?? '');
  return match?.[1]?.replace(/^\[|\]$/g, '').toLowerCase();
}

/** Whether a Host header names this machine. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  return isLoopback(hostOf(hostHeader) ?? '');
}

/** Addresses that stand for "this machine, somehow"; nobody who means well writes them into a URL. */
const NOWHERE = ['0.0.0.0', '::'];

/**
 * Makes the check of a Host header. Loopback names are always answered, `allowed` names too (one
 * that begins with a dot stands for every name below it), any other address only where the server
 * does not listen on loopback alone.
 */
export function createHostCheck(allowed: readonly string[]) {
  const names = allowed.map((name) => name.toLowerCase());
  return (hostHeader: string | undefined, isLoopbackOnly: boolean): boolean => {
    const host = hostOf(hostHeader);
    if (host === undefined) return false;
    if (isLoopback(host)) return true;
    if (names.some((name) => (name.startsWith('.') ? host.endsWith(name) : host === name))) return true;
    return !isLoopbackOnly && isIP(host) !== 0 && !NOWHERE.includes(host);
  };
}
