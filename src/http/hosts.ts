/**
 * Which names the server answers to. A web page can point a name of its own at this server (DNS
 * rebinding) and would then read what it answers; but the name stays in the Host header, so only
 * known names get an answer. An address instead of a name cannot be pointed anywhere.
 */
import { isIP } from 'node:net';
import { hostOf, isLoopback } from './loopback.ts';

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
