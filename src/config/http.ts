/** The address to listen on, which callers are accepted, and limits; part of the settings. */
import { flag, integer, list, networks, secureUrl, setting, text } from './values.ts';

/** Parses host names, separated by commas; one with a leading dot includes all its subdomains. */
const hostNames = () =>
  list().refine((names) => names.every((name) => /^\.?([a-z0-9_-]+\.)*[a-z0-9_-]+$/i.test(name)), {
    error:
      'is not a list of host names: separated by commas, without protocol, port or *. A leading dot includes all subdomains',
  });

/** Parses origins as browsers send them: protocol and host, with the port if it is not the default one. */
const origins = () =>
  list().refine((all) => all.every((one) => URL.canParse(one) && /^https?:/.test(one) && new URL(one).origin === one), {
    error: 'is not a list of origins: protocol and host, with the port if it is not the default one, and no path or *',
  });

export const HTTP_SETTINGS = {
  HOST: setting({
    schema: text(),
    default: '127.0.0.1',
    example: '0.0.0.0',
    means:
      'The address to listen on. Any but loopback needs `ADMIN_TOKEN` or `OIDC_ISSUER`, so that every caller authenticates.',
    isInReadme: true,
  }),
  PORT: setting({
    schema: integer(0, 65_535),
    default: '4000',
    example: '8080',
    means: 'The port to listen on; `0` takes a free port and logs it.',
    isInReadme: true,
  }),
  PUBLIC_URL: setting({
    schema: secureUrl(),
    example: 'https://jobs.example.org',
    means:
      'The address that browsers use, when a proxy changes the host. Unset: the host of the request, with `https` unless it is this machine.',
    isInReadme: true,
  }),
  TRUSTED_PROXIES: setting({
    schema: networks(),
    example: '10.0.0.5,10.1.0.0/16',
    means:
      'The addresses or networks of your proxies. The caller is then the last address in `X-Forwarded-For` that is not one of them; unset, all callers behind a proxy share one address in the audit trail and in the limit on failed sign-ins.',
  }),
  ALLOWED_HOSTS: setting({
    schema: hostNames(),
    example: 'jobs.example.org,.internal.example',
    means:
      'The host names that the server answers to, besides `localhost`, loopback addresses, the host of `PUBLIC_URL` and, off loopback, any IP address. A leading dot includes all subdomains. Other hosts get 421, against DNS rebinding.',
  }),
  CORS_ORIGINS: setting({
    schema: origins(),
    example: 'https://app.example.org',
    means: 'The origins whose pages may call the API with a token (never with a cookie), separated by commas.',
  }),
  RATE_LIMIT: setting({
    schema: integer(1, 100_000),
    example: '50',
    means:
      'How many requests per second one caller may send to one node. Unset: 300, or no limit without access control.',
  }),
  MAX_SUBSCRIPTIONS: setting({
    schema: integer(1, 10_000),
    default: '100',
    example: '500',
    means: 'How many subscriptions one caller may have open on one node.',
  }),
  GRAPHIQL: setting({
    schema: flag(),
    default: 'true',
    example: 'false',
    means: 'Whether `/graphql` shows GraphiQL in a browser.',
  }),
  INTROSPECTION: setting({
    schema: flag(),
    default: 'true',
    example: 'false',
    means: 'Whether callers may query the schema, and errors suggest names. GraphiQL needs it.',
  }),
} as const;
