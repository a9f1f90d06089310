/**
 * What the API withstands: whom it answers, what one request may ask for, how much a caller may
 * have at once, how long anything may take. Generous for honest callers, a wall for others.
 */
import { z } from 'zod';
import { duration, integer, oneOf, setting } from './values.ts';

/** Host names, separated by commas; one that begins with a dot stands for all below it. */
const hostNames = () =>
  list().refine((names) => names.every((name) => /^\.?([a-z0-9_-]+\.)*[a-z0-9_-]+$/i.test(name)), {
    error:
      'is not a list of host names: separated by commas, without protocol, port or *. A name that begins with a dot stands for all names below it',
  });

/** Origins as browsers write them: protocol, host, and a port that is not the protocol's own. */
const origins = () =>
  list().refine((all) => all.every((one) => URL.canParse(one) && /^https?:/.test(one) && new URL(one).origin === one), {
    error: 'is not a list of origins: protocol and host, with the port if it is not the usual one, and no path or *',
  });

const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const limit = (value: string, [least, most]: readonly [number, number], example: string, means: string) =>
  setting({ schema: integer(least, most), default: value, example, means: `${means} (${least} to ${most}.)` });

export const LIMIT_SETTINGS = {
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
  GRAPHIQL: setting({
    schema: oneOf(['true', 'false']),
    default: 'true',
    example: 'false',
    means: 'Whether `/graphql` shows GraphiQL in a browser.',
  }),
  INTROSPECTION: setting({
    schema: oneOf(['true', 'false']),
    default: 'true',
    example: 'false',
    means: 'Whether callers may query the schema, and errors suggest names. GraphiQL needs it.',
  }),
  MAX_BODY_BYTES: limit('1000000', [1_000, 100_000_000], '2000000', 'The largest request.'),
  MAX_QUERY_TOKENS: limit('5000', [100, 100_000], '10000', 'Tokens of one document.'),
  MAX_QUERY_DIRECTIVES: limit('50', [1, 1_000], '100', 'Directives in one document; at one place never more than 4.'),
  MAX_QUERY_ALIASES: limit('200', [1, 10_000], '500', 'Aliases in one document.'),
  MAX_ROOT_FIELDS: limit('50', [1, 1_000], '100', 'Fields that one operation selects at the top.'),
  MAX_QUERY_DEPTH: limit('12', [3, 50], '15', 'Levels of fields in one operation.'),
  MAX_QUERY_BREADTH: limit('200', [10, 10_000], '500', 'Fields of one operation, as it is written.'),
  MAX_QUERY_COMPLEXITY: limit(
    '15000',
    [100, 1_000_000],
    '30000',
    'What one operation may cost: each field 1, times the size of the pages that it is in.',
  ),
  MAX_SUBSCRIPTIONS: limit('100', [1, 10_000], '500', 'Open subscriptions of one caller on one node.'),
  RATE_LIMIT: setting({
    schema: integer(1, 100_000),
    example: '50',
    means:
      'How many requests per second one caller may send to one node. Unset: 300, or no limit without access control.',
  }),
  RATE_BURST: limit('600', [1, 1_000_000], '100', 'Requests that a caller may send at once after a quiet while.'),
  MAX_CONNECTIONS: limit('5000', [10, 100_000], '1000', 'Open connections of one node; others get 503.'),
  HEADERS_TIMEOUT: setting({
    schema: duration(100),
    default: '10s',
    example: '5s',
    means: 'How long a client may take to send the headers of a request.',
  }),
  BODY_TIMEOUT: setting({
    schema: duration(100),
    default: '30s',
    example: '10s',
    means: 'How long a client may take to send a whole request.',
  }),
  REQUEST_TIMEOUT: setting({
    schema: duration(100),
    default: '60s',
    example: '35s',
    means: 'How long an answer may take; a mutation that waits for a run does so for up to 30 s.',
  }),
  STATEMENT_TIMEOUT: setting({
    schema: duration(10),
    default: '15s',
    example: '5s',
    means: 'How long one question to the database may take that the API asks to read; then it is cancelled.',
  }),
  SLOW_READER_TIMEOUT: setting({
    schema: duration(100),
    default: '60s',
    example: '20s',
    means:
      'A client that has not taken the whole of an answer, or what a subscription has for it, in so long is cut off.',
  }),
  MAX_UNSENT_BYTES: limit(
    '1000000',
    [1_000, 100_000_000],
    '5000000',
    'What may wait for the client of one subscription; with more it is cut off.',
  ),
} as const;
