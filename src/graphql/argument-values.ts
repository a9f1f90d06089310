/**
 * Adds the argument to error messages about values in a document: without it, two wrong ids in one request
 * give two identical errors. Errors about variables already name the variable.
 */
import { type ASTNode, type DocumentNode, GraphQLError, Kind, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { valueFree } from './value-free.rules.ts';

const VALUES: readonly string[] = [
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
];

/** Prefixes each error about a value with the path to it. */
export function nameArguments<Context extends object>(): Plugin<Context> {
  const named = new WeakSet<GraphQLError>();
  return {
    onValidate:
      ({ params: { documentAST } }) =>
      ({ result, setResult }) => {
        const isUnnamed = (error: GraphQLError): boolean =>
          !named.has(error) && VALUES.includes(error.nodes?.[0]?.kind ?? '');
        if (!Array.isArray(result) || !result.some(isUnnamed)) return;
        const waysTo = waysToValues(documentAST, new Set(result.flatMap(({ nodes }) => nodes?.[0] ?? [])));
        setResult(
          result.map((error: GraphQLError) => {
            const way = isUnnamed(error) ? waysTo.get(error.nodes?.[0] as ASTNode) : undefined;
            if (way === undefined) return error;
            const { message, nodes, originalError, extensions } = error;
            const told = new GraphQLError(`${way} has no valid value: ${valueFree(message)}`, {
              nodes,
              originalError,
              extensions,
            });
            named.add(told);
            return told;
          }),
        );
      },
  };
}

/**
 * Describes the position of each value, for example `The argument "filter.entryIds.0" of
 * "queuedCreations"`; the field is named as in the response.
 */
function waysToValues(document: DocumentNode, wanted: ReadonlySet<ASTNode>): Map<ASTNode, string> {
  const ways = new Map<ASTNode, string>();
  const owners: string[] = [];
  const steps: string[] = [];
  visit(document, {
    enter(node, key) {
      if (node.kind === Kind.FIELD) owners.push((node.alias ?? node.name).value);
      if (node.kind === Kind.DIRECTIVE) owners.push(`@${node.name.value}`);
      if (node.kind === Kind.VARIABLE_DEFINITION) steps.push(`$${node.variable.name.value}`);
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) steps.push(node.name.value);
      else if (typeof key === 'number' && VALUES.includes(node.kind)) steps.push(String(key));
      if (!wanted.has(node) || steps.length === 0) return;
      const [first = ''] = steps;
      ways.set(
        node,
        first.startsWith('$')
          ? `The default of the variable "${steps.join('.')}"`
          : `The argument "${steps.join('.')}" of "${owners.at(-1)}"`,
      );
    },
    leave(node, key) {
      if (node.kind === Kind.FIELD || node.kind === Kind.DIRECTIVE) owners.pop();
      const isStep = [Kind.VARIABLE_DEFINITION, Kind.ARGUMENT, Kind.OBJECT_FIELD].some((kind) => kind === node.kind);
      if (isStep || (typeof key === 'number' && VALUES.includes(node.kind))) steps.pop();
    },
  });
  return ways;
}
