/**
 * The client address of a request, and the host in its Host header. Behind a proxy the connection comes
 * from the proxy; `X-Forwarded-For` is used only from proxies in TRUSTED_PROXIES.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback, isWithin, readNetwork } from '../addresses.ts';

/** Converts an IPv4-mapped IPv6 address to IPv4. */
const plain = (address: string): string => address.trim().replace(/^::ffff:(?=\d+\.)/i, '');

/**
 * Returns a function that finds a request’s client address: the last address, from the connection
 * backwards, that is not a trusted proxy.
 */
export function createAddressOf(trusted: readonly string[]): (request: IncomingMessage) => string {
  const proxies = trusted.flatMap((text) => readNetwork(text) ?? []);
  const isProxy = (address: string): boolean => proxies.some((one) => isWithin(address, one));
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

/**
 * The host of a Host header (`localhost:4000`, `[::1]`), in lower case and without brackets; undefined if
 * it is invalid.
 */
export function hostOf(hostHeader: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:]+\]|[^:\s@/]+)(:\d{1,5})?$/i.exec(hostHeader ?? '');
  return match?.[1]?.replace(/^\[|\]$/g, '').toLowerCase();
}

/** Whether a Host header names this machine. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  return isLoopback(hostOf(hostHeader) ?? '');
}

/** Unspecified addresses; no legitimate client has them in a URL. */
const NOWHERE = ['0.0.0.0', '::'];

/**
 * Returns a function that checks a Host header. Loopback names and `allowed` names are always accepted (a
 * name that begins with a dot matches every subdomain), other IP addresses only if the server does not
 * listen on loopback alone.
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
