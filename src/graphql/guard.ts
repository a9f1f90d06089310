/**
 * A look at each mutation before its resolver, and behind the plugin that turns refusals into data:
 * what the guard throws is answered as the mutation's own refusals are.
 */
import SchemaBuilder, {
  type SchemaTypes as AnySchemaTypes,
  BasePlugin,
  type PothosOutputFieldConfig,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';

/** Of a request's context: throws a refusal where a mutation must not go on with these arguments. */
interface Guarded {
  guard(mutation: string, args: object): void;
}

class GuardPlugin<Types extends AnySchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { name, parentType }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (parentType !== 'Mutation') return resolve;
    return (parent, args, context, info) => {
      (context as Guarded).guard(name, args);
      return resolve(parent, args, context, info);
    };
  }
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends AnySchemaTypes> {
      guard: GuardPlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin('guard', GuardPlugin);
