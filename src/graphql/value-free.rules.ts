/**
 * GraphQL's own messages repeat what they complain of: `found "…"`, `cannot represent a non
 * string value: …`, a token in a syntax error. It could be a password on its way into a log, so
 * that no message leaves with a value in it. Names of the schema, suggestions among them, stay.
 */

/** The ends of messages that quote a value: what stands before it is the schema's alone. */
const QUOTING: readonly (readonly [RegExp, string])[] = [
  // Greedy: the value may itself look like the end of the message.
  [/^Value [\s\S]* does not exist in ("\w+" enum)\.[\s\S]*$/, 'The value does not exist in $1.'],
  // Lazy: the value begins at the first of these words.
  [/^((?:Enum "\w+"|\w+) cannot represent [\w -]*?value): [\s\S]*$/, '$1.'],
  [/^(Argument "\w+" has )(invalid value) [\s\S]*$/, '$1an $2.'],
  [/^(Expected value of type "[\w[\]!]+"[^:,.]*?)(?:,|\.) ?(?:found|Did you mean|Found)[\s\S]*$/, '$1.'],
  // What kind of token it was, not which; the error’s location says where.
  [/^(Syntax Error: [\s\S]*?(?:, found|Unexpected) (?:Name|Int|Float|String|BlockString|Comment)) "[\s\S]*$/, '$1.'],
  [/^(Syntax Error: (?:Unexpected|Invalid) [\w, ]+?)(?: after 0| but got)?: [\s\S]*$/, '$1.'],
];

/** Only `GraphQLEnumType` ends a message so; what it proposes are the enum's values. */
const SUGGESTION = /\.( Did you mean the enum value (?:"\w+"(?:, or |, | or )?)+\?)$/;

/** The message without the values, literals and tokens that it quotes. */
export function valueFree(message: string): string {
  for (const [pattern, rest] of QUOTING) {
    if (pattern.test(message)) return message.replace(pattern, rest) + (SUGGESTION.exec(message)?.[1] ?? '');
  }
  return message;
}
