/**
 * What is wrong with an operation's variables, told without their values: GraphQL would print
 * the whole input, password and all. It is worked out anew only after the executor has refused
 * them, so that good requests pay nothing.
 */
import {
  coerceInputValue,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  isInputType,
  isNonNullType,
  Kind,
  typeFromAST,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { valueFree } from './value-free.rules.ts';

const MOST_PROBLEMS = 50;

interface Request {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Readonly<Record<string, unknown>> | null;
}

/** Replaces the executor's complaints about variables by ours. */
export function hideVariableValues<Context extends object>(): Plugin<Context> {
  const retell = (args: Request, result: unknown, setResult: (result: ExecutionResult) => void): void => {
    const { errors } = result as ExecutionResult;
    if (errors?.some(({ nodes }) => nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION))
      setResult({ errors: variableProblems(args) });
  };
  return {
    onExecute: ({ args }) => ({
      onExecuteDone: ({ result, setResult }) => retell(args as Request, result, setResult),
    }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: ({ result, setResult }) => retell(args as Request, result, setResult),
    }),
  };
}

/** Every problem with the variables, at most 50, each with the way to the field and a reason. */
function variableProblems({ schema, document, operationName, variableValues }: Request): GraphQLError[] {
  const problems: GraphQLError[] = [];
  const values = variableValues ?? {};
  for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const name = node.variable.name.value;
    const type = typeFromAST(schema, node.type);
    if (!isInputType(type)) continue;
    const add = (message: string): number =>
      problems.push(new GraphQLError(message, { nodes: node, extensions: { http: { status: 400 } } }));
    if (!Object.hasOwn(values, name)) {
      if (node.defaultValue === undefined && isNonNullType(type))
        add(`Variable "$${name}" of required type "${type}" was not provided.`);
    } else if (values[name] === null && isNonNullType(type)) {
      add(`Variable "$${name}" of non-null type "${type}" must not be null.`);
    } else {
      coerceInputValue(values[name], type, (path, _value, { message }) =>
        add(`Variable "$${name}" has no valid value at "${[name, ...path].join('.')}": ${valueFree(message)}`),
      );
    }
  }
  return problems.slice(0, MOST_PROBLEMS);
}
