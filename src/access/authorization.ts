/**
 * Checks every operation against the table of permissions before it is executed: its root fields, and the
 * restricted fields inside. If the caller may not use one of them, the whole operation is refused; refused
 * mutations are audited.
 */
import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLInterfaceType,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Caller } from '../work/caller.ts';
import type { Context } from '../work/context.ts';
import { fieldsOf } from './document-fields.ts';
import { denial, FIELDS, NODES, OPERATIONS, READ_ONLY_DENIAL } from './permissions.rules.ts';

interface Denied {
  readonly coordinate: string;
  readonly reason: string;
}

/** Throws an Error that names the root fields, and the types that `node` returns, without an entry in the table. */
export function requirePermissions(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}).map((name) => `${type?.name}.${name}`));
  const missing = fields.filter((field) => !Object.hasOwn(OPERATIONS, field));
  const nodes = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType).map(({ name }) => name);
  missing.push(...nodes.filter((name) => !Object.hasOwn(NODES, name)));
  if (missing.length > 0)
    throw new Error(`No permission is declared for ${missing.join(', ')}: see src/access/permissions.rules.ts.`);
}

/** Throws FORBIDDEN unless the caller may find objects of this type by their id. */
export function mayFind(typeName: string, caller: Caller): void {
  const permission = NODES[typeName];
  if (permission === undefined) throw new Error(`No permission is declared to find a ${typeName} by its id.`);
  const reason = denial(typeName, permission, caller);
  if (reason !== undefined) throw forbidden([{ coordinate: typeName, reason }]);
}

const forbidden = (denied: readonly Denied[]): GraphQLError =>
  new GraphQLError(denied.map(({ reason }) => reason).join(' '), {
    extensions: { code: 'FORBIDDEN', http: { status: 403 }, denied: denied.map(({ coordinate }) => coordinate) },
  });

/** Refuses an operation as a whole, with FORBIDDEN, unless its caller may use every field of it. */
export function authorization<C extends Context>(): Plugin<C> {
  const check = async (args: ExecutionArgs): Promise<GraphQLError | undefined> => {
    const ctx = args.contextValue as Context;
    const denied = deniedFields(args, ctx);
    if (denied.length === 0) return undefined;
    await record(ctx, denied);
    return forbidden(denied);
  };
  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const error = await check(args);
      if (error !== undefined) setResultAndStopExecution({ errors: [error] });
    },
    async onSubscribe({ args, setResultAndStopExecution }) {
      const error = await check(args);
      if (error !== undefined) setResultAndStopExecution({ errors: [error] });
    },
  };
}

function deniedFields(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  { caller, config }: Context,
): Denied[] {
  const operation = getOperationAST(document, operationName);
  // A document that does not say which operation to run is not executed.
  if (!operation) return [];
  const isReadOnly = config.READ_ONLY === 'true';
  const denied: Denied[] = [];
  for (const coordinate of fieldsOf(schema, document, operation, variableValues ?? {})) {
    const permission = OPERATIONS[coordinate] ?? FIELDS[coordinate];
    if (permission === undefined) continue;
    const isMutation = coordinate.startsWith('Mutation.');
    const reason = denial(coordinate, permission, caller) ?? (isReadOnly && isMutation ? READ_ONLY_DENIAL : undefined);
    if (reason !== undefined) denied.push({ coordinate, reason });
  }
  return denied;
}

/** Writes one audit entry per refused document, however many mutations it contains. */
async function record({ denials, caller }: Context, denied: readonly Denied[]): Promise<void> {
  const mutations = denied.filter(({ coordinate }) => coordinate.startsWith('Mutation.'));
  const [first] = mutations;
  if (first === undefined) return;
  const actions = mutations.map(({ coordinate }) => coordinate.slice('Mutation.'.length));
  const reason = mutations.length === 1 ? first.reason : `${mutations.length} mutations were refused. ${first.reason}`;
  await denials.record({ caller, actions, reason });
}
