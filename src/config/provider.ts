/** The identity provider: which one, where it is, and how the server calls it; part of the settings. */
import { duration, hostName, integer, oneOf, setting, text, url } from './values.ts';

export const PROVIDER_SETTINGS = {
  IDENTITY_PROVIDER: setting({
    schema: oneOf(['zitadel', 'simulator']),
    example: 'simulator',
    means:
      'Where accounts are created. Unset: `zitadel` with `ZITADEL_URL`, else the simulator; with `DATABASE_URL` you must choose the simulator by name.',
  }),
  ZITADEL_URL: setting({
    schema: url('http:', 'https:'),
    example: 'https://id.example.org',
    means: 'The address of Zitadel 4 or newer.',
    isInReadme: true,
  }),
  ZITADEL_TOKEN: setting({
    schema: text(),
    example: 'pat-…',
    means: 'A personal access token of a service account with the role `ORG_USER_MANAGER`.',
    isSecret: true,
  }),
  ZITADEL_TOKEN_FILE: setting({
    schema: text(),
    example: '/run/secrets/zitadel-token',
    means:
      'A file with the token, instead of `ZITADEL_TOKEN`; read again when it changes and when Zitadel refuses the token.',
  }),
  ZITADEL_KEY_FILE: setting({
    schema: text(),
    example: '/run/secrets/zitadel-key.json',
    means:
      "The JSON key file of a service account, instead of a token; the server gets short-lived tokens with it. Zitadel's external address must be `ZITADEL_URL`, or `https://` and `ZITADEL_INSTANCE_HOST`.",
    isInReadme: true,
  }),
  ZITADEL_ORGANIZATION_ID: setting({
    schema: text(),
    example: '273889123456789012',
    means: 'The organization that accounts are created in. Unset: that of the service account.',
  }),
  ZITADEL_INSTANCE_HOST: setting({
    schema: hostName(),
    example: 'id.example.org',
    means: "Zitadel's external domain, where `ZITADEL_URL` has another (sent as `x-zitadel-instance-host`).",
  }),
  ACCOUNT_EMAIL_DOMAIN: setting({
    schema: text(),
    default: 'noemail.family-hub.internal',
    example: 'noemail.example.org',
    means: 'The domain of the placeholder addresses that Zitadel requires; no mail is sent.',
  }),
  PROVIDER_TIMEOUT: setting({
    schema: duration(100),
    default: '10s',
    example: '5s',
    means: 'How long a call to the identity provider may take.',
  }),
  PROVIDER_CONCURRENCY: setting({
    schema: integer(1, 1_000),
    default: '32',
    example: '64',
    means: 'How many calls to the identity provider one node makes at the same time.',
    isInReadme: true,
  }),
  CIRCUIT_FAILURE_THRESHOLD: setting({
    schema: integer(1, 1_000),
    default: '5',
    example: '10',
    means: 'How many different entries must fail transiently, with no success between them, to open the circuit.',
  }),
  CIRCUIT_PROBE_INTERVAL: setting({
    schema: duration(100),
    default: '10s',
    example: '30s',
    means: 'When an open circuit is probed first; each failed probe doubles the wait, up to 5 min.',
  }),
} as const;
