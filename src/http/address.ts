/**
 * Where a request comes from, and which Host it asks for. Behind a proxy the connection is the
 * proxy's; `X-Forwarded-For` counts only from the proxies of TRUSTED_PROXIES.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback, isWithin, readNetwork } from '../addresses.ts';

/** An IPv4 address that came over IPv6 is written as such. */
const plain = (address: string): string => address.trim().replace(/^::ffff:(?=\d+\.)/i, '');

/** Creates what finds a request's sender: the last address, from the connection backwards, that is no trusted proxy. */
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

/** The host of a Host header (`localhost:4000`, `[::1]`), in lower case and without brackets; undefined when it is none. */
export function hostOf(hostHeader: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:]+\]|[^:\s@/]+)(:\d{1,5})?$/i.exec(hostHeader ?? '');
  return match?.[1]?.replace(/^\[|\]$/g, '').toLowerCase();
}

/** Whether a Host header names this machine. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  return isLoopback(hostOf(hostHeader) ?? '');
}

/** Unspecified addresses; no honest client writes them into a URL. */
const NOWHERE = ['0.0.0.0', '::'];

/**
 * Creates the check of a Host header. Loopback names and `allowed` names are always accepted (a name
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
