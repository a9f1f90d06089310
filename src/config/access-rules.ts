/** Rules that involve several settings of access control; config.ts checks them together with its own. */
import { isLoopback } from '../addresses.ts';

type Name =
  | 'ADMIN_TOKEN'
  | 'ADMIN_TOKEN_FILE'
  | 'METRICS_TOKEN'
  | 'METRICS_TOKEN_FILE'
  | 'OIDC_ISSUER'
  | 'OIDC_AUDIENCE'
  | 'OIDC_CLIENT_ID'
  | 'OIDC_CLIENT_SECRET'
  | 'PUBLIC_URL';
type Values = { readonly HOST: string } & { readonly [name in Name]: string | undefined };
type Rule = readonly [reads: readonly ('HOST' | Name)[], complaint: (config: Values) => string | undefined];

/** Any of these turns access control on. */
const ACCESS = ['ADMIN_TOKEN', 'ADMIN_TOKEN_FILE', 'OIDC_ISSUER'] as const;

/** Whether callers must authenticate. */
export const isAccessControlled = (config: Pick<Values, (typeof ACCESS)[number]>): boolean =>
  ACCESS.some((name) => config[name] !== undefined);

const oneOfTwo = (name: 'ADMIN_TOKEN' | 'METRICS_TOKEN'): Rule => [
  [name, `${name}_FILE`],
  (config) =>
    config[name] !== undefined && config[`${name}_FILE`] !== undefined
      ? `${name} and ${name}_FILE are both set. Keep one of them.`
      : undefined,
];

/** Plain HTTP is for this machine only. */
const encrypted = (name: 'OIDC_ISSUER' | 'PUBLIC_URL'): Rule => [
  [name],
  ({ [name]: url }) => {
    if (url === undefined) return undefined;
    const { protocol, hostname } = new URL(url);
    return protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))
      ? `${name}="${url}" is not encrypted, so that anyone on the network could act for everyone. Use https:// (http:// only on this machine).`
      : undefined;
  },
];

export const ACCESS_RULES: readonly Rule[] = [
  [
    ['HOST', ...ACCESS],
    (config) =>
      !isLoopback(config.HOST) && !isAccessControlled(config)
        ? `HOST="${config.HOST}" is not a loopback address, and callers would not authenticate. Set ADMIN_TOKEN (or ADMIN_TOKEN_FILE), or OIDC_ISSUER, or use HOST=127.0.0.1. Example: ADMIN_TOKEN="$(openssl rand -base64 32)"`
        : undefined,
  ],
  oneOfTwo('ADMIN_TOKEN'),
  oneOfTwo('METRICS_TOKEN'),
  [
    ['OIDC_ISSUER', 'OIDC_AUDIENCE'],
    ({ OIDC_ISSUER, OIDC_AUDIENCE }) =>
      OIDC_ISSUER !== undefined && OIDC_AUDIENCE === undefined
        ? 'OIDC_AUDIENCE is needed with OIDC_ISSUER, or tokens for other services would be accepted here. Example: OIDC_AUDIENCE=273889123456789012'
        : undefined,
  ],
  [
    ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_CLIENT_ID'],
    ({ OIDC_ISSUER, OIDC_AUDIENCE, OIDC_CLIENT_ID }) =>
      OIDC_ISSUER === undefined && (OIDC_AUDIENCE ?? OIDC_CLIENT_ID) !== undefined
        ? 'OIDC_ISSUER is needed with OIDC_AUDIENCE and OIDC_CLIENT_ID. Example: OIDC_ISSUER=https://id.example.org'
        : undefined,
  ],
  [
    ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'],
    ({ OIDC_CLIENT_ID, OIDC_CLIENT_SECRET }) =>
      OIDC_CLIENT_SECRET !== undefined && OIDC_CLIENT_ID === undefined
        ? 'OIDC_CLIENT_ID is needed with OIDC_CLIENT_SECRET. Example: OIDC_CLIENT_ID=273889123456789013'
        : undefined,
  ],
  encrypted('OIDC_ISSUER'),
  encrypted('PUBLIC_URL'),
];
