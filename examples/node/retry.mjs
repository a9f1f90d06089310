/** Retries the failed entries one by one, or those that failed with one code: node retry.mjs [ERROR_CODE] */
import { ask } from './hub.mjs';

const FAILED = `query ($filter: QueuedCreationFilter, $after: String) {
  queuedCreations(filter: $filter, first: 100, after: $after) {
    nodes { entryId username lastErrorCode }
    pageInfo { hasNextPage endCursor }
  }
}`;
const RETRY = `mutation ($input: RetryEntryInput!) {
  retryEntry(input: $input) {
    ... on RetryEntryPayload { entry { status } }
    ... on MutationError { code message }
  }
}`;

const errorCode = process.argv[2];
const filter = { status: ['FAILED'], ...(errorCode && { errorCode: { equals: errorCode } }) };
let refusedCount = 0;
let page;
// Cursors stay valid while entries leave the filter.
do {
  const { queuedCreations } = await ask(FAILED, { filter, after: page?.pageInfo.endCursor });
  page = queuedCreations;
  for (const { entryId, username, lastErrorCode } of page.nodes) {
    const { retryEntry: result } = await ask(RETRY, { input: { entryId, reason: 'retry.mjs' } });
    // A union: either the payload, or an error that the caller can act on.
    if (result.code) refusedCount += 1;
    console.log(`${username} (${lastErrorCode}): ${result.code ? `${result.code}: ${result.message}` : 'retried'}`);
  }
} while (page.pageInfo.hasNextPage);
process.exitCode = refusedCount > 0 ? 1 : 0;
