/**
 * Refuses documents that exceed a limit (tokens, directives, aliases, fields) before anything else
 * processes them. This happens in the parser, whose result is cached by the document’s text, so a known
 * document costs nothing and a hostile one is checked once.
 */
import { GraphQLError, NoSchemaIntrospectionCustomRule, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { InputIssue } from '../refusals.ts';
import { DOCUMENT_LIMITS, type DocumentLimits, documentProblem } from './document-limits.rules.ts';

/** Comments are not tokens, and long strings are one token, but both take memory. */
const CHARACTERS_PER_TOKEN = 20;

/** Creates the plugin that adds the limits to the parser. */
export function limitDocuments<Context extends object>(limits = DOCUMENT_LIMITS): Plugin<Context> {
  const mostCharacters = limits.tokens * CHARACTERS_PER_TOKEN;
  return {
    // Before the parser runs and the text is cached.
    onParams({ params: { query }, setResult }) {
      if (typeof query !== 'string' || query.length <= mostCharacters) return;
      const message = `The document has ${query.length} characters, at most ${mostCharacters} are allowed. Send values as variables.`;
      setResult({ errors: [tooLarge(message)] });
    },
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => {
        const document = parseBounded(source as string, { ...options, maxTokens: limits.tokens }, limits);
        const problem = documentProblem(document, limits);
        if (problem !== undefined) throw tooLarge(problem);
        return document;
      }),
  };
}

function parseBounded(source: string, options: object, { tokens }: DocumentLimits) {
  try {
    return parse(source, options);
  } catch (error) {
    // Deeply nested lists overflow the stack of the recursive parser.
    if (error instanceof RangeError) throw tooLarge('The document is nested too deeply. Ask for less at a time.');
    if (error instanceof GraphQLError && /contains more that? \d+ tokens/.test(error.message))
      throw tooLarge(
        `The document has more than ${tokens} tokens. Send values as variables, or split it into several requests.`,
      );
    throw error;
  }
}

const tooLarge = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } } });

/** Refuses introspection; `withoutSuggestions` keeps error messages from revealing the schema name by name. */
export function hideSchema<Context extends object>(): Plugin<Context> {
  return { onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule) };
}

/** The wording of graphql-js: ` Did you mean "a" or "b"?`, and similar. */
const SUGGESTION = / Did you mean [^?]*\?/g;

/** Returns the error without the names that its message, or that of one of its issues, suggests. */
export function withoutSuggestions(error: GraphQLError): GraphQLError {
  if (!error.message.includes('Did you mean')) return error;
  const { nodes, source, positions, path } = error;
  const issues = error.extensions.issues as readonly InputIssue[] | undefined;
  const extensions = {
    ...error.extensions,
    ...(issues && { issues: issues.map((one) => ({ ...one, message: one.message.replace(SUGGESTION, '') })) }),
  };
  return new GraphQLError(error.message.replace(SUGGESTION, ''), { nodes, source, positions, path, extensions });
}
