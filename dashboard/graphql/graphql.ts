/** GraphQL documents, typed against schema.graphql: a document that does not match the schema fails the build. */

import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './generated/graphql-env.d.ts';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    /** RFC 3339, UTC. */
    DateTime: string;
    UUID: string;
    /** ISO 8601, for example PT1.5S. */
    Duration: string;
    CronExpression: string;
    TimeZone: string;
    JSON: unknown;
  };
}>();

export { type FragmentOf, type ResultOf, readFragment, type VariablesOf } from 'gql.tada';

/** The values of an enum of the schema, for example `EnumOf<'EntryStatus'>`. */
export type EnumOf<Name extends keyof introspection['types']> = introspection['types'][Name] extends {
  enumValues: infer Values;
}
  ? Values
  : never;
