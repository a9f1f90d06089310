/**
 * Checks each mutation before its resolver runs, inside the plugin that turns refusals into data: a refusal
 * that the guard throws is returned like the mutation’s own refusals.
 */
import SchemaBuilder, {
  type SchemaTypes as AnySchemaTypes,
  BasePlugin,
  type PothosOutputFieldConfig,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';

/** The part of the request context that is used: throws a refusal if a mutation is not allowed with these arguments. */
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
