/**
 * GraphiQL without a network: the page holds all of its code (9 MB), so it is compressed once
 * and cached by its digest. Its first visit opens tabs that are a tour of the API.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

export interface StaticPage {
  readonly body: Buffer;
  readonly encoding: 'gzip';
  readonly etag: string;
}

const LOOK = `# Welcome. These tabs are a tour: look, enqueue, watch, run now.
# Press the play button (or Ctrl-Enter) to run a tab.
query Look {
  families(first: 3) {
    nodes { familyId name members(first: 3) { nodes { userId fullName role } } }
  }
  queueStatistics { pendingCount processingCount completedCount failedCount dueCount }
  identityProvider { name circuit { state reason } }
  nextFireTimes(first: 3) { jobName at localTime }
  queuedCreations(first: 5) {
    totalCount
    nodes { entryId username status retryCount nextRetryAt lastErrorMessage }
  }
}
`;
const ENQUEUE = `# Fill in a family and one of its members (the first tab shows them). The password is
# generated and shown this once; with an idempotencyKey a repeat would change nothing.
mutation Enqueue($familyId: UUID!, $createdByUserId: UUID!) {
  enqueueAccount(input: {
    familyId: $familyId
    createdByUserId: $createdByUserId
    username: "noah_2016"
    fullName: "Noah Example"
  }) {
    ... on EnqueueAccountPayload {
      generatedPassword
      entry { entryId status attempts { nodes { number outcome duration } } }
    }
    ... on MutationError { code message }
    ... on InvalidInputError { issues { path code message } }
  }
}
`;
const WATCH = `# Leave this running and enqueue something in another tab.
subscription Watch {
  queuedCreationChanged {
    kind
    at
    queuedCreation { username status retryCount nextRetryAt lastErrorMessage }
  }
}
`;
const RUN_NOW = `# Deletes the invitations that expired more than 30 days ago, now instead of at 03:00 UTC.
mutation RunNow {
  runJobNow(input: { jobName: "ExpiredInvitationCleanupJob", wait: true }) {
    ... on RunJobNowPayload { run { status duration counts { name value } } }
    ... on MutationError { code message }
  }
}
`;

/** Makes the page on first use. */
export function graphiqlPage(): () => Promise<StaticPage> {
  let page: Promise<StaticPage> | undefined;
  return () => {
    page ??= render();
    return page;
  };
}

async function render(): Promise<StaticPage> {
  const html = renderGraphiQL({
    title: 'Family Hub Jobs',
    defaultTabs: [
      { query: LOOK },
      { query: ENQUEUE, variables: JSON.stringify({ familyId: '', createdByUserId: '' }, null, 2) },
      { query: WATCH },
      { query: RUN_NOW },
    ],
  });
  const body = await promisify(gzip)(html, { level: constants.Z_BEST_COMPRESSION });
  return { body, encoding: 'gzip', etag: `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"` };
}
