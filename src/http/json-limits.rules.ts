/**
 * Limits the JSON of a request, counted byte by byte before it is parsed: a megabyte of brackets, keys or
 * items costs many times its size in everything that processes it.
 */

/** Twice what the largest possible request needs: `enqueueAccounts` with 1,000 items. */
export const MOST_VALUES = 20_000;
/** Far more than any input of the API needs. */
export const DEEPEST_JSON = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Returns a sentence that names the exceeded limit, or undefined. Expects UTF-8. Invalid JSON is left to
 * the parser, which stops at the first error, so no later than this count is correct.
 */
export function jsonProblem(chunks: Iterable<Uint8Array>): string | undefined {
  let values = 1;
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  for (const chunk of chunks)
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (isInText) {
        if (byte === QUOTE) isInText = false;
        else if (byte === BACKSLASH) isEscaped = true;
      } else if (byte === QUOTE) isInText = true;
      else if (byte === COMMA) values += 1;
      else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        values += 1;
        depth += 1;
        if (depth > DEEPEST_JSON)
          return `The request's JSON is nested more than ${DEEPEST_JSON} levels deep. Nothing that the API takes is.`;
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth -= 1;
      if (values > MOST_VALUES) return `The request's JSON holds more than ${MOST_VALUES} values. Send less at a time.`;
    }
  return undefined;
}
