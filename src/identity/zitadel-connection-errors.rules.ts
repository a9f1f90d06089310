/**
 * Why no connection was established: one sentence for each of the system's and OpenSSL's error
 * codes, which becomes the detail of a failure.
 */

import { failureOf } from '../diagnosis/failure-messages.ts';
import type { ProviderFailure } from './provider.ts';

const OWN_AUTHORITY = 'For a certificate authority of your own, name its certificate in NODE_EXTRA_CA_CERTS.';

/** OpenSSL's and node's codes for certificates. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'Its certificate has expired: renew it.',
  CERT_NOT_YET_VALID: 'Its certificate is not valid yet: check the clocks of both machines.',
  DEPTH_ZERO_SELF_SIGNED_CERT: `Its certificate is self-signed, which is not trusted. ${OWN_AUTHORITY}`,
  SELF_SIGNED_CERT_IN_CHAIN: `Its certificate comes from an authority that this machine does not know. ${OWN_AUTHORITY}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `Its certificate comes from an authority that this machine does not know. ${OWN_AUTHORITY}`,
  UNABLE_TO_GET_ISSUER_CERT: `Its certificate comes from an authority that this machine does not know. ${OWN_AUTHORITY}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `Its certificate cannot be verified: the server must send the intermediate certificates too. ${OWN_AUTHORITY}`,
  CERT_REVOKED: 'Its certificate was revoked: renew it.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'Its certificate is for another host name: use a name in ZITADEL_URL that the certificate holds, or renew it with this name.',
  HOSTNAME_MISMATCH:
    'Its certificate is for another host name: use a name in ZITADEL_URL that the certificate holds, or renew it with this name.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'What answers does not speak TLS: is it http:// instead of https:// in ZITADEL_URL?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'What answers does not speak TLS: is it http:// instead of https:// in ZITADEL_URL?',
  EPROTO: 'What answers does not speak TLS, or no version that this server accepts.',
};

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at that address and port.',
  UND_ERR_CONNECT_TIMEOUT: 'The address did not answer; a firewall may swallow the packets.',
  ETIMEDOUT: 'The address did not answer; a firewall may swallow the packets.',
  EHOSTUNREACH: 'There is no route to that address.',
  ENETUNREACH: 'There is no route to that network.',
  ECONNRESET: 'The connection was reset while it was being established.',
};

const NAME: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The name does not exist.',
  EAI_AGAIN: 'The DNS server did not answer.',
};

/** No byte was sent. Always transient: the queue continues automatically once the certificate or name is fixed. */
export function notConnected(errorCode: string): ProviderFailure {
  const said = (sentences: Readonly<Record<string, string>>): { detail: string } => {
    const sentence = sentences[errorCode];
    return { detail: sentence === undefined ? `(${errorCode})` : `${sentence} (${errorCode})` };
  };
  if (/^(ENOTFOUND$|EAI_)/.test(errorCode)) return failureOf('PROVIDER_DNS_FAILED', said(NAME));
  if (isTls(errorCode)) return failureOf('PROVIDER_TLS_FAILED', said(CERTIFICATE));
  return failureOf('PROVIDER_UNREACHABLE', said(UNREACHABLE));
}

function isTls(errorCode: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY|DECRYPT)|EPROTO|HOSTNAME_MISMATCH)/.test(
    errorCode,
  );
}
