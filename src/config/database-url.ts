/**
 * The URL of a PostgreSQL database, with one or several hosts as libpq accepts them, so that the same URL works
 * for psql and pg_dump. node-postgres accepts one host: src/database/primary.ts chooses among several.
 */

export interface DatabaseUrl {
  /** One URL per host, in order, as node-postgres accepts them. */
  readonly hosts: readonly [string, ...string[]];
  /** Whether only a server that accepts writes will do: there are several hosts, or the URL asks for it. */
  readonly isPrimaryOnly: boolean;
  /** The URL with which psql connects to the same server. */
  readonly full: string;
  /** The URL without passwords and keys, for people. */
  readonly shown: string;
  /** Passwords, as written and decoded. */
  readonly passwords: readonly string[];
}

const SCHEME = /^postgres(?:ql)?:\/\//;
const SHAPE = /^([^:]+:\/\/)((?:[^/?#]*@)?)([^/?#]*)([^?#]*)(?:\?([^#]*))?$/;
const ATTRIBUTE = 'target_session_attrs';
const SUPPORTED = ['read-write', 'primary'];
const ENCODE = 'in a user name or password, write / as %2F, : as %3A, @ as %40, # as %23 and ? as %3F';

/**
 * Parses a database URL. `problem` continues a sentence that begins with the name of the setting; it never
 * contains a part of the URL, which could be part of a password.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl | { readonly problem: string } {
  if (!SCHEME.test(text)) return { problem: 'is not a URL that begins with postgres:// or postgresql://' };
  const [, scheme, login = '', authority = '', path, query = ''] = SHAPE.exec(text) ?? [];
  if (scheme === undefined) return { problem: `is not a valid URL (${ENCODE})` };
  const parameters = new URLSearchParams(query);
  const [host, port = '', wanted] = ['host', 'port', ATTRIBUTE].map((name) => parameters.get(name) ?? undefined);
  const places = (host ?? authority).split(',');
  const problem =
    problemWithHosts(places, host === undefined ? undefined : port.split(',')) ??
    (wanted === undefined || SUPPORTED.includes(wanted)
      ? undefined
      : `has ${ATTRIBUTE} with a value other than ${SUPPORTED.join(' or ')}: others, such as any or prefer-standby, are not supported, since this server writes`);
  if (problem !== undefined) return { problem };

  const isPrimaryOnly = places.length > 1 || wanted !== undefined;
  const one = (place: string, index: number): string => {
    if (!isPrimaryOnly) return text;
    const own = new URLSearchParams(parameters);
    own.delete(ATTRIBUTE);
    if (host === undefined) return `${scheme}${login}${place}${path}${queryOf(own)}`;
    own.set('host', place);
    own.set('port', port.split(',')[port.includes(',') ? index : 0] ?? '');
    return `${scheme}${login}${authority}${path}${queryOf(own)}`;
  };
  const [first = text, ...others] = places.map(one);
  if (![first, ...others].every((url) => URL.canParse(url))) return { problem: `is not a valid URL (${ENCODE})` };

  const { password, searchParams } = new URL(first);
  const open = new URLSearchParams([...parameters].filter(([name]) => !/pass|secret|key/i.test(name)));
  return {
    hosts: [first, ...others],
    isPrimaryOnly,
    full: isPrimaryOnly && wanted === undefined ? `${text}${query === '' ? '?' : '&'}${ATTRIBUTE}=read-write` : text,
    shown: `${scheme}${login.replace(/:.*@$/, '@')}${authority}${path}${queryOf(open)}`,
    passwords: [password, decoded(password), searchParams.get('password') ?? ''].filter((each) => each !== ''),
  };
}

/** `ports`: from the parameter, when the hosts are from the parameter. */
function problemWithHosts(places: readonly string[], ports: readonly string[] | undefined): string | undefined {
  if (places.length > 1 && places.some((place) => /^(:|$)/.test(place)))
    return 'names an empty host: separate hosts with one comma, as in host1:5432,host2:5432';
  if (ports !== undefined && ports.length > 1 && ports.length !== places.length)
    return 'has a different number of hosts and ports: name one port for all hosts, or one for each';
  const written = ports ?? places.map((place) => /^(?:\[[^\]]*\]|[^:[]*):(.*)$/.exec(place)?.[1] ?? '');
  // Without a port it is 5432.
  return written.every((port) => port === '' || (/^\d{1,5}$/.test(port) && +port >= 1 && +port <= 65_535))
    ? undefined
    : `has a port that is not a number from 1 to 65535 (${ENCODE})`;
}

const queryOf = (parameters: URLSearchParams): string => (parameters.size === 0 ? '' : `?${parameters}`);

function decoded(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    // A % that does not start an escape is literal.
    return password;
  }
}
