/**
 * GraphQL’s own messages quote invalid values: `found "…"`, `cannot represent a non string value: …`, a
 * token in a syntax error. The value could be a password on its way into a log, so values are removed from
 * every message. Names in the schema, including suggestions, stay.
 */

/** Patterns of messages that quote a value: the part before it contains only names from the schema. */
const QUOTING: readonly (readonly [RegExp, string])[] = [
  // Greedy: the value itself may look like the end of the message.
  [/^Value [\s\S]* does not exist in ("\w+" enum)\.[\s\S]*$/, 'The value does not exist in $1.'],
  // Lazy: the value starts at the first of these words.
  [/^((?:Enum "\w+"|\w+) cannot represent [\w -]*?value): [\s\S]*$/, '$1.'],
  [/^(Argument "\w+" has )(invalid value) [\s\S]*$/, '$1an $2.'],
  [/^(Expected value of type "[\w[\]!]+"[^:,.]*?)(?:,|\.) ?(?:found|Did you mean|Found)[\s\S]*$/, '$1.'],
  // Keeps the kind of token, not its text; the error’s location shows where it is.
  [/^(Syntax Error: [\s\S]*?(?:, found|Unexpected) (?:Name|Int|Float|String|BlockString|Comment)) "[\s\S]*$/, '$1.'],
  [/^(Syntax Error: (?:Unexpected|Invalid) [\w, ]+?)(?: after 0| but got)?: [\s\S]*$/, '$1.'],
];

/** Only `GraphQLEnumType` ends a message like this; it suggests the enum’s values. */
const SUGGESTION = /\.( Did you mean the enum value (?:"\w+"(?:, or |, | or )?)+\?)$/;

/** Returns the message without the values, literals and tokens that it quotes. */
export function valueFree(message: string): string {
  for (const [pattern, rest] of QUOTING) {
    if (pattern.test(message)) return message.replace(pattern, rest) + (SUGGESTION.exec(message)?.[1] ?? '');
  }
  return message;
}
