/**
 * Formats log lines for Seq: CLEF (compact log event format), one JSON object per line. The text is sent as
 * `@m`, already rendered, never as a template `@mt`: a message may contain braces, which Seq would take for
 * property names.
 */

const LEVELS: Readonly<Record<number, string>> = {
  10: 'Verbose',
  20: 'Debug',
  30: 'Information',
  40: 'Warning',
  50: 'Error',
  60: 'Fatal',
};

/** Seq refuses an event above 256 KiB: of a longer line, this many characters of the text are sent. */
const KEPT_OF_LONG = 1_000;

/**
 * Converts one line of pino’s JSON to CLEF, without a line break: `time` becomes `@t`, `level` `@l`, `msg`
 * `@m`, an error’s stack `@x`; everything else becomes a property with its name. A line longer than
 * `longest` UTF-16 units is reduced to its text, with `isPruned`. Throws a SyntaxError if the line is not
 * JSON.
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

/** A leading `@` marks CLEF’s own properties, so it is doubled in ours. */
const escaped = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.startsWith('@') ? `@${name}` : name, value]));
