/**
 * A line of the log as Seq reads it: CLEF, the compact log event format, one JSON object a line.
 * The text goes as `@m`, already complete, and never as a template `@mt`: a message may quote
 * braces, and Seq would take them for the names of properties.
 */

const LEVELS: Readonly<Record<number, string>> = {
  10: 'Verbose',
  20: 'Debug',
  30: 'Information',
  40: 'Warning',
  50: 'Error',
  60: 'Fatal',
};

/** Seq refuses an event above 256 KiB: so much of a longer line's text is sent instead. */
const KEPT_OF_LONG = 1_000;

/**
 * Turns one line of pino's JSON into one of CLEF, without a line break: `time` is `@t`, `level`
 * `@l`, `msg` `@m`, an error's stack `@x`; everything else is a property of its name. A line of
 * more than `longest` UTF-16 units is cut to its text, and says so. Throws a SyntaxError for what is no JSON.
 */
export function clefLine(line: string, longest = Number.POSITIVE_INFINITY): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const error = typeof err === 'object' && err !== null ? (err as Record<string, unknown>) : undefined;
  const { stack, ...errorFields } = error ?? {};
  const text = String(msg ?? error?.message ?? '');
  const event = {
    '@t': new Date(Number(time)).toISOString(),
    '@l': LEVELS[Number(level)] ?? 'Information',
    '@m': text,
    ...(typeof stack === 'string' && { '@x': stack }),
  };
  if (line.length > longest) {
    const { nodeName, requestId } = fields;
    const isPruned = { lineLength: line.length, isPruned: true, nodeName, requestId };
    return JSON.stringify({ ...event, '@m': text.slice(0, KEPT_OF_LONG), '@x': undefined, ...isPruned });
  }
  const properties = error === undefined ? { ...fields, err } : { ...fields, err: errorFields };
  return JSON.stringify({ ...event, ...escaped(properties) });
}

/** A property's name that begins with `@` would be one of the format's own: it is doubled. */
const escaped = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.startsWith('@') ? `@${name}` : name, value]));
