/**
 * Validates a webhook's URL, as far as that is possible without DNS, and the addresses of its host, when the
 * webhook is created or changed and again at each delivery.
 */
import { familyOf, type Network, readNetwork } from '../../addresses.ts';
import type { Config } from '../../config/config.ts';
import { addressProblem, isListed } from './address.rules.ts';

export interface UrlPolicy {
  readonly allowedNetworks: readonly Network[];
}

export interface UrlProblem {
  readonly code: string;
  readonly message: string;
}

/** The policy of the settings. */
export const urlPolicy = ({ WEBHOOK_ALLOWED_NETWORKS }: Pick<Config, 'WEBHOOK_ALLOWED_NETWORKS'>): UrlPolicy => ({
  allowedNetworks: (WEBHOOK_ALLOWED_NETWORKS ?? []).flatMap((text) => readNetwork(text) ?? []),
});

const LONGEST_URL = 2_000;

/**
 * Ports above 1024 of other protocols, whose servers could take a request for a command
 * (fetch.spec.whatwg.org, "bad port").
 */
const OTHER_PROTOCOLS: readonly number[] = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Returns the host of a URL, without the brackets of IPv6 and without a name's final dot. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

/**
 * Returns the URL, or its problem. An address as host is checked too, in any notation: URL normalises the
 * decimal, octal and hexadecimal ones.
 */
export function readUrl(text: string, policy: UrlPolicy): { url: URL } | { problem: UrlProblem } {
  const bad = (code: string, message: string) => ({ problem: { code, message } });
  if (text.length > LONGEST_URL) return bad('TOO_LONG', `has at most ${LONGEST_URL} characters.`);
  if (!URL.canParse(text)) return bad('INVALID_URL', 'is not a URL. Example: https://example.org/family-hub-events');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return bad('INVALID_URL', `begins with ${url.protocol}// where only https:// is understood.`);
  if (url.username !== '' || url.password !== '')
    return bad(
      'CREDENTIALS',
      'holds a user name or a password, which would be seen. Deliveries are signed: check that.',
    );
  if (url.hash !== '') return bad('INVALID_URL', 'has a fragment (#…), which is never sent. Leave it out.');
  if (hostOf(url) === '') return bad('INVALID_URL', 'names no host.');
  const port = portOf(url);
  if ((port < 1_024 && port !== 80 && port !== 443) || OTHER_PROTOCOLS.includes(port))
    return bad('PORT_REFUSED', `names port ${port}, where no web server listens. Take 443, or one from 1024 on.`);
  const isAddress = familyOf(hostOf(url)) !== undefined;
  const problem = isAddress ? destinationProblem(url, [hostOf(url)], policy) : undefined;
  return problem === undefined ? { url } : { problem };
}

/**
 * Returns why nothing may be sent to these addresses of the URL's host; undefined when it may. All of them
 * are checked, because the connection may be made to any of them.
 */
export function destinationProblem(
  url: URL,
  addresses: readonly string[],
  { allowedNetworks }: UrlPolicy,
): UrlProblem | undefined {
  const host = hostOf(url);
  for (const address of addresses) {
    const what = addressProblem(address, allowedNetworks);
    if (what !== undefined)
      return {
        code: 'ADDRESS_REFUSED',
        message: `leads to ${address === host ? '' : `${host}, which is `}${address}: ${what}. Nothing is sent there unless WEBHOOK_ALLOWED_NETWORKS lists it.`,
      };
  }
  const isWithinOwn = addresses.length > 0 && addresses.every((address) => isListed(address, allowedNetworks));
  if (url.protocol === 'http:' && !isWithinOwn)
    return {
      code: 'HTTPS_NEEDED',
      message:
        'is plain http, which others can read on the way. Use https; http is for the networks of WEBHOOK_ALLOWED_NETWORKS.',
    };
  return undefined;
}
