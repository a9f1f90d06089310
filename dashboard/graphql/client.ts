/** The one client of the API; everything the dashboard shows and does goes through it. */
import { Client, fetchExchange } from 'urql';
import { answersExchange } from './answers.ts';
import { transport } from './transport.ts';

export const client = new Client({
  url: '/graphql',
  exchanges: [answersExchange, fetchExchange],
  fetch: transport,
  fetchSubscriptions: true,
  preferGetMethod: false,
  // What is known is shown at once, and asked for again.
  requestPolicy: 'cache-and-network',
});
