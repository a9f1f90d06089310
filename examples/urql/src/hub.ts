/** The client of the API: documents are typed from schema.graphql, which `npm run schema` fetches. */
import { cacheExchange } from '@urql/exchange-graphcache';
import { initGraphQLTada } from 'gql.tada';
import { Client, fetchExchange } from 'urql';
import type { introspection } from './graphql-env.d.ts';

export type { ResultOf } from 'gql.tada';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    /** RFC 3339 in UTC: `new Date(value)` reads it. */
    DateTime: string;
    /** ISO 8601 in seconds: PT1.204S. */
    Duration: string;
    UUID: string;
    CronExpression: string;
    TimeZone: string;
    JSON: unknown;
  };
}>();

const FAMILY_HUB_URL = import.meta.env.VITE_FAMILY_HUB_URL ?? 'http://127.0.0.1:4000';

/** A client that acts as the bearer of this token; without one, where the server has no access control. */
export const createHub = (token: string): Client =>
  new Client({
    url: `${FAMILY_HUB_URL}/graphql`,
    fetchOptions: () => (token === '' ? {} : { headers: { authorization: `Bearer ${token}` } }),
    // Subscriptions are server-sent events from the same address.
    fetchSubscriptions: true,
    preferGetMethod: false,
    // A cache of objects by their `id`: an event's object updates every list that shows it.
    exchanges: [cacheExchange(), fetchExchange],
  });
