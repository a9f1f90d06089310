/** What of a connection's objects was asked for, as a Prisma query: relations come with the page. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from './builder.ts';

/** The include that serves both `nodes` and `edges { node }`. */
export function connectionSelection(context: RequestContext, info: GraphQLResolveInfo): object {
  return queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']] });
}
