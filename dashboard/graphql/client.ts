/** The only API client; everything that the dashboard shows and does goes through it. */
import { Client, fetchExchange } from 'urql';
import { answersExchange } from './answers.ts';
import { transport } from './transport.ts';

export const client = new Client({
  url: '/graphql',
  exchanges: [answersExchange, fetchExchange],
  fetch: transport,
  fetchSubscriptions: true,
  preferGetMethod: false,
  // Shows the cached result at once and fetches it again.
  requestPolicy: 'cache-and-network',
});
