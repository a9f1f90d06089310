/** Rules that involve several settings; config.ts checks them together with each setting’s own. */
import type { z } from 'zod';
import { isLoopback } from '../addresses.ts';
import type { SETTINGS } from './settings.ts';

type Settings = typeof SETTINGS;
export type Key = keyof Settings;
/** The value that is set, or the default; undefined for a setting with neither. */
export type Values = {
  [K in Key]: Settings[K] extends { default: string }
    ? z.output<Settings[K]['schema']>
    : z.output<Settings[K]['schema']> | undefined;
};
/** If one of the settings that it reads is invalid, the rule is not checked: its message would be misleading. */
type Rule = readonly [reads: readonly Key[], complaint: (config: Values) => string | false];

/** Any of these turns access control on. */
const ACCESS = ['ADMIN_TOKEN', 'ADMIN_TOKEN_FILE', 'OIDC_ISSUER'] as const;
const TOKENS = ['ZITADEL_TOKEN', 'ZITADEL_TOKEN_FILE', 'ZITADEL_KEY_FILE'] as const;

/** Whether callers must authenticate. */
export const isAccessControlled = (config: Pick<Values, (typeof ACCESS)[number]>): boolean =>
  ACCESS.some((name) => config[name] !== undefined);

/**
 * The identity provider in use: the one in IDENTITY_PROVIDER, else Zitadel if ZITADEL_URL is set, else the
 * simulator.
 */
export const providerOf = (config: Pick<Values, 'IDENTITY_PROVIDER' | 'ZITADEL_URL'>): 'zitadel' | 'simulator' =>
  config.IDENTITY_PROVIDER ?? (config.ZITADEL_URL === undefined ? 'simulator' : 'zitadel');

const oneOfTwo = (name: 'ADMIN_TOKEN' | 'METRICS_TOKEN' | 'MASTER_KEY' | 'NEW_MASTER_KEY'): Rule => [
  [name, `${name}_FILE`],
  (config) =>
    config[name] !== undefined &&
    config[`${name}_FILE`] !== undefined &&
    `${name} and ${name}_FILE are both set. Keep one of them.`,
];
/** `name` needs one of `others`. */
const needs = (name: Key, others: readonly Key[], complaint: string): Rule => [
  [name, ...others],
  (config) => config[name] !== undefined && others.every((other) => config[other] === undefined) && complaint,
];

export const RULES: readonly Rule[] = [
  [
    ['LEASE_DURATION', 'PROVIDER_TIMEOUT'],
    ({ LEASE_DURATION, PROVIDER_TIMEOUT }) =>
      LEASE_DURATION < 3 * PROVIDER_TIMEOUT &&
      `LEASE_DURATION must be at least three times PROVIDER_TIMEOUT (${3 * PROVIDER_TIMEOUT}ms), so that an attempt always ends within its lease. Example: LEASE_DURATION=${(3 * PROVIDER_TIMEOUT) / 1_000}s`,
  ],
  [
    ['HEARTBEAT_INTERVAL', 'LEASE_DURATION'],
    ({ HEARTBEAT_INTERVAL, LEASE_DURATION }) =>
      HEARTBEAT_INTERVAL > LEASE_DURATION &&
      'HEARTBEAT_INTERVAL must not be longer than LEASE_DURATION. Example: HEARTBEAT_INTERVAL=5s',
  ],
  needs(
    'DATABASE_DIRECT_URL',
    ['DATABASE_URL'],
    'DATABASE_DIRECT_URL is set without DATABASE_URL. Set DATABASE_URL too, or unset it for the embedded database.',
  ),
  oneOfTwo('MASTER_KEY'),
  oneOfTwo('NEW_MASTER_KEY'),
  [
    ['MASTER_KEY_FILE', 'NEW_MASTER_KEY_FILE'],
    ({ MASTER_KEY_FILE, NEW_MASTER_KEY_FILE }) =>
      NEW_MASTER_KEY_FILE !== undefined &&
      MASTER_KEY_FILE === NEW_MASTER_KEY_FILE &&
      'NEW_MASTER_KEY_FILE names the same file as MASTER_KEY_FILE. The new master key needs a file of its own while both are in use.',
  ],
  needs(
    'DATABASE_URL',
    ['MASTER_KEY', 'MASTER_KEY_FILE'],
    'MASTER_KEY (or MASTER_KEY_FILE) is needed with DATABASE_URL: it must not lie in the database. Example: MASTER_KEY="$(openssl rand -base64 32)", kept safe and the same on every node',
  ),
  [
    TOKENS,
    (config) => {
      const tokens = TOKENS.filter((name) => config[name] !== undefined);
      return (
        tokens.length > 1 &&
        `${tokens.join(' and ')} are set, but they say the same thing in different ways. Keep one of them.`
      );
    },
  ],
  [
    ['IDENTITY_PROVIDER', 'ZITADEL_URL'],
    ({ IDENTITY_PROVIDER, ZITADEL_URL }) =>
      IDENTITY_PROVIDER === 'zitadel' &&
      ZITADEL_URL === undefined &&
      'ZITADEL_URL is needed with IDENTITY_PROVIDER=zitadel. Example: ZITADEL_URL=https://id.example.org',
  ],
  needs(
    'DATABASE_URL',
    ['ZITADEL_URL', 'IDENTITY_PROVIDER'],
    'ZITADEL_URL is needed with DATABASE_URL: real accounts must not be created in a simulator. Example: ZITADEL_URL=https://id.example.org, or say IDENTITY_PROVIDER=simulator',
  ),
  [
    ['IDENTITY_PROVIDER', 'ZITADEL_URL', ...TOKENS],
    (config) =>
      providerOf(config) === 'zitadel' &&
      TOKENS.every((name) => config[name] === undefined) &&
      'ZITADEL_TOKEN (or ZITADEL_TOKEN_FILE) is needed with Zitadel, or ZITADEL_KEY_FILE for a service account’s key. Example: ZITADEL_TOKEN_FILE=/run/secrets/zitadel-token',
  ],
  [
    ['HOST', ...ACCESS],
    (config) =>
      !isLoopback(config.HOST) &&
      !isAccessControlled(config) &&
      `HOST="${config.HOST}" is not a loopback address, and callers would not authenticate. Set ADMIN_TOKEN (or ADMIN_TOKEN_FILE), or OIDC_ISSUER, or use HOST=127.0.0.1. Example: ADMIN_TOKEN="$(openssl rand -base64 32)"`,
  ],
  oneOfTwo('ADMIN_TOKEN'),
  oneOfTwo('METRICS_TOKEN'),
  needs(
    'OIDC_ISSUER',
    ['OIDC_AUDIENCE'],
    'OIDC_AUDIENCE is needed with OIDC_ISSUER, or tokens for other services would be accepted here. Example: OIDC_AUDIENCE=273889123456789012',
  ),
  [
    ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_CLIENT_ID'],
    ({ OIDC_ISSUER, OIDC_AUDIENCE, OIDC_CLIENT_ID }) =>
      OIDC_ISSUER === undefined &&
      (OIDC_AUDIENCE ?? OIDC_CLIENT_ID) !== undefined &&
      'OIDC_ISSUER is needed with OIDC_AUDIENCE and OIDC_CLIENT_ID. Example: OIDC_ISSUER=https://id.example.org',
  ],
  needs(
    'OIDC_CLIENT_SECRET',
    ['OIDC_CLIENT_ID'],
    'OIDC_CLIENT_ID is needed with OIDC_CLIENT_SECRET. Example: OIDC_CLIENT_ID=273889123456789013',
  ),
];
