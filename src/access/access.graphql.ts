import { builder } from '../graphql/builder.ts';
import { IdempotencyConflictError } from './idempotency.ts';

builder.objectType(IdempotencyConflictError, {
  name: 'IdempotencyConflictError',
  description: 'The idempotency key was used with another input.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    fields: t.stringList({
      description: 'The input fields that differ; never their values.',
      resolve: (error) => [...error.fields],
    }),
  }),
});
