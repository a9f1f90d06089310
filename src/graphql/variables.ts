/**
 * Checks an operation’s variables and reports problems without their values: GraphQL would print the whole
 * input, including passwords, for each problem. So they are checked before the executor, and only up to the
 * last problem that is reported.
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
import type { InputIssue } from '../refusals.ts';
import { valueFree } from './value-free.rules.ts';

const MOST_PROBLEMS = 50;
/** Thrown to stop at the last problem; created once, because an error with its stack costs as much as the check. */
const ENOUGH = new Error('Enough problems.');

interface Request {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Readonly<Record<string, unknown>> | null;
}

/** Creates the plugin that refuses operations with invalid variables. */
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

/** Returns the problems with the variables, at most 50, each with the path to the field and a reason. */
export function variableProblems({ schema, document, operationName, variableValues }: Request): GraphQLError[] {
  const problems: GraphQLError[] = [];
  const values = variableValues ?? {};
  for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const name = node.variable.name.value;
    const type = typeFromAST(schema, node.type);
    if (!isInputType(type)) continue;
    const isGiven = Object.hasOwn(values, name);
    if (!isGiven && node.defaultValue !== undefined) continue;
    for (const { message, issues } of problemsOf(name, type, isGiven, values[name], MOST_PROBLEMS - problems.length))
      problems.push(new GraphQLError(message, { nodes: node, extensions: { issues, http: { status: 400 } } }));
    if (problems.length >= MOST_PROBLEMS) break;
  }
  return problems;
}

interface Problem {
  readonly message: string;
  /** The field in the variable, in the format of an operation’s refusal. */
  readonly issues?: readonly InputIssue[];
}

/** Returns the first `most` problems with the value of one variable. */
function problemsOf(name: string, type: GraphQLInputType, isGiven: boolean, value: unknown, most: number): Problem[] {
  if (isNonNullType(type)) {
    if (!isGiven) return [{ message: `Variable "$${name}" of required type "${type}" was not provided.` }];
    if (value === null) return [{ message: `Variable "$${name}" of non-null type "${type}" must not be null.` }];
  }
  const problems: Problem[] = [];
  try {
    coerceInputValue(value, type, (keys, _value, error) => {
      const path = keys.map(String);
      const message = valueFree(error.message);
      problems.push({
        message: `Variable "$${name}" has no valid value at "${[name, ...path].join('.')}": ${message}`,
        issues: [{ path, code: 'INVALID_VALUE', message }],
      });
      if (problems.length >= most) throw ENOUGH;
    });
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return problems;
}
