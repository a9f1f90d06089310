/** What access control adds to the API: the refusal of a key that was used for another input. */
import type { Builder } from '../graphql/builder.ts';
import { IdempotencyConflictError } from './idempotency.ts';

export function addAccess(builder: Builder): void {
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
}
