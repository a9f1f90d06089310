/**
 * Addresses that only this machine reaches. A server that listens on one answers only to such
 * names: else a web page could point a name of its own at it and read what it answers (DNS
 * rebinding).
 */

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
