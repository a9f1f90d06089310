/**
 * What is wrong with an operation's variables, told without their values: GraphQL would print
 * the whole input, password and all, once for each problem. So they are looked at before the
 * executor sees them, and only as far as the last problem that is told.
 */
import {
  coerceInputValue,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  isInputType,
  isNonNullType,
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

/** Refuses an operation whose variables are wrong, in our words. */
export function refuseWrongVariables<Context extends object>(): Plugin<Context> {
  const check = (args: Request, stop: (result: ExecutionResult) => void): void => {
    const errors = variableProblems(args);
    if (errors.length > 0) stop({ errors });
  };
  return {
    onExecute: ({ args, setResultAndStopExecution }) => check(args as Request, setResultAndStopExecution),
    onSubscribe: ({ args, setResultAndStopExecution }) => check(args as Request, setResultAndStopExecution),
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
    const isGiven = Object.hasOwn(values, name);
    if (!isGiven && node.defaultValue !== undefined) continue;
    for (const message of problemsOf(name, type, isGiven, values[name], MOST_PROBLEMS - problems.length))
      problems.push(new GraphQLError(message, { nodes: node, extensions: { http: { status: 400 } } }));
    if (problems.length >= MOST_PROBLEMS) break;
  }
  return problems;
}

/** The first so many problems with the value of one variable. */
function problemsOf(name: string, type: GraphQLInputType, isGiven: boolean, value: unknown, most: number): string[] {
  if (isNonNullType(type)) {
    if (!isGiven) return [`Variable "$${name}" of required type "${type}" was not provided.`];
    if (value === null) return [`Variable "$${name}" of non-null type "${type}" must not be null.`];
  }
  const problems: string[] = [];
  const enough = new Error('Enough problems.');
  try {
    coerceInputValue(value, type, (path, _value, { message }) => {
      problems.push(`Variable "$${name}" has no valid value at "${[name, ...path].join('.')}": ${valueFree(message)}`);
      if (problems.length >= most) throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  return problems;
}
