/** The scalars. They check only format and length; operations check what a value means. */
import { GraphQLError, Kind, type ValueNode } from 'graphql';

/** An error of the client: safe to show; the protocol decides on status 200 or 400. */
export function badInput(message: string, nodes?: ValueNode): GraphQLError {
  return new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT' } });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

function fromText<T>(name: string, parse: (text: string) => T | undefined, example: string) {
  const read = (value: unknown, node?: ValueNode): T => {
    const parsed = typeof value === 'string' && value.length <= 200 ? parse(value) : undefined;
    if (parsed === undefined) throw badInput(`This is not a ${name}. Example: "${example}"`, node);
    return parsed;
  };
  return {
    parseValue: (value: unknown): T => read(value),
    parseLiteral: (node: ValueNode): T => read(node.kind === Kind.STRING ? node.value : undefined, node),
  };
}

/** Whether a time is in the years 1 to 9999: beyond these, ISO 8601 and PostgreSQL use different notations. */
export const isInstant = (ms: number): boolean => ms >= -62_135_596_800_000 && ms <= 253_402_300_799_999;

const parseDateTime = (text: string): Date | undefined => {
  if (!RFC3339.test(text)) return undefined;
  const date = new Date(text);
  // Date turns February 30 into a day in March; such a date does not exist.
  const day = Number(text.slice(8, 10));
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return isInstant(date.getTime()) && day <= lastDay ? date : undefined;
};

export const dateTime = {
  description: 'An instant in RFC 3339, returned in UTC with milliseconds: `2027-03-28T01:30:00.000Z`.',
  serialize: (value: unknown): string => (value instanceof Date ? value : new Date(String(value))).toISOString(),
  ...fromText('DateTime (RFC 3339 with a zone)', parseDateTime, '2027-03-28T01:30:00Z'),
};

export const uuid = {
  description: 'A UUID in its usual form of 36 characters.',
  serialize: String,
  ...fromText(
    'UUID',
    (text) => (UUID.test(text) ? text.toLowerCase() : undefined),
    '0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11',
  ),
};

export const cronExpression = {
  description:
    'A cron expression: 5 fields (Unix), 6 with seconds first (Quartz; `?` is accepted), or an alias such as `@daily`.',
  serialize: String,
  // The number of fields is checked in src/jobs/calendar/cron.rules.ts, which gives an explanation.
  ...fromText(
    'cron expression (one line of ASCII, at most 200 characters)',
    (text) => (/^[\t -~]*$/.test(text) ? text.trim() : undefined),
    '0 3 * * *',
  ),
};

export const timeZone = {
  description: 'A time zone by its IANA name, for example `Europe/Berlin`.',
  serialize: String,
  ...fromText('time zone name', (text) => (/^[A-Za-z0-9_+\-/]{1,64}$/.test(text) ? text : undefined), 'Europe/Berlin'),
};

export const json = {
  description: 'Any JSON value.',
  serialize: (value: unknown): unknown => value,
  parseValue: (): never => {
    throw badInput('JSON is for answers only, not for input.');
  },
};

/** Milliseconds as an ISO 8601 duration in seconds: `PT1.204S`. */
function isoDuration(ms: number): string {
  return `PT${(Math.max(0, ms) / 1_000).toFixed(3).replace(/\.?0+$/, '')}S`;
}

export const duration = {
  description: 'A length of time in ISO 8601: `PT1.204S`.',
  serialize: (value: unknown): string => isoDuration(Number(value)),
  parseValue: (): never => {
    throw badInput('Duration is for answers only, not for input.');
  },
};
