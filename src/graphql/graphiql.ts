/**
 * Serves GraphiQL without a CDN. Its code (9 MB) is served separately from the page, because browsers drop
 * a cached page whenever a POST goes to its address, as every query does. So the page is small, and code
 * and style are compressed once and cached by browsers permanently. On the first visit, the tabs are a tour
 * of the API.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

export interface StaticFile {
  readonly body: Buffer;
  readonly encoding: 'br' | 'gzip' | undefined;
  readonly contentType: string;
  readonly etag: string;
  /** Whether the response depends on Accept-Encoding. */
  readonly isNegotiated: boolean;
}

export interface GraphiqlPage {
  readonly html: StaticFile;
  readonly script: StaticFile;
  readonly style: StaticFile;
}

/** The paths of the page’s files; `?v=` and the digest follow. */
export const GRAPHIQL_SCRIPT = '/graphiql/graphiql.js';
export const GRAPHIQL_STYLE = '/graphiql/graphiql.css';

const LOOK = `# Welcome. These tabs are a tour: look, enqueue,
# watch, run now. The play button (or Ctrl-Enter)
# runs a tab.
query Look {
  families(first: 3) {
    nodes {
      familyId name
      members(first: 3) {
        nodes { userId fullName role }
      }
    }
  }
  queueStatistics {
    pendingCount processingCount completedCount
    failedCount dueCount
  }
  identityProvider { name circuit { state reason } }
  nextFireTimes(first: 3) { jobName at localTime }
  queuedCreations(first: 5) {
    totalCount
    nodes {
      entryId username status
      retryCount nextRetryAt lastErrorMessage
    }
  }
}
`;
const ENQUEUE = `# The variables below are a family and one of its
# members, as the first tab shows them. The password
# is generated and shown this once. With an
# idempotencyKey a repeat would change nothing.
mutation Enqueue(
  $familyId: UUID!
  $createdByUserId: UUID!
) {
  enqueueAccount(input: {
    familyId: $familyId
    createdByUserId: $createdByUserId
    username: "noah_2016"
    fullName: "Noah Example"
  }) {
    ... on EnqueueAccountPayload {
      generatedPassword
      entry {
        entryId status
        attempts { nodes { number outcome duration } }
      }
    }
    ... on MutationError { code message }
    ... on InvalidInputError {
      issues { path code message }
    }
  }
}
`;
const WATCH = `# Leave this running and enqueue something in
# another tab of your browser.
subscription Watch {
  queuedCreationChanged {
    kind
    at
    queuedCreation {
      username status
      retryCount nextRetryAt lastErrorMessage
    }
  }
}
`;
const RUN_NOW = `# Deletes the invitations that expired more than
# 30 days ago, now instead of at 03:00 UTC.
mutation RunNow {
  runJobNow(input: {
    jobName: "ExpiredInvitationCleanupJob"
    wait: true
  }) {
    ... on RunJobNowPayload {
      run { status duration counts { name value } }
    }
    ... on MutationError { code message }
  }
}
`;

const TABS = [LOOK, ENQUEUE, WATCH, RUN_NOW].map((query) => ({ query }));
/** Shows that this page sent the request, and not another site. */
const HEADERS = { 'x-graphql-yoga-csrf': 'graphiql' };
const FAMILY = '{ families(first: 10) { nodes { familyId members(first: 1) { nodes { userId } } } } }';
/** Without an answer by then the page is shown with empty variables. */
const PATIENCE_MS = 10_000;

/** GraphiQL's last call, which shows the page. */
const SHOW = 'YogaGraphiQL.renderYogaGraphiQL(';
/** Replaces that call: fills the variables of the second tab with a family and a member that exist, then shows the page. */
const showTour = `
(async () => {
  const tabs = ${JSON.stringify(TABS)};
  const families = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...${JSON.stringify(HEADERS)} },
    body: JSON.stringify({ query: '${FAMILY}' }),
    signal: AbortSignal.timeout(${PATIENCE_MS}),
  })
    .then((answer) => answer.json())
    .then(({ data }) => data.families.nodes)
    .catch(() => []);
  const family = families.find(({ members }) => members.nodes.length > 0);
  const ids = { familyId: family?.familyId ?? '', createdByUserId: family?.members.nodes[0].userId ?? '' };
  tabs[1].variables = JSON.stringify(ids, null, 2);
  ${SHOW}document.querySelector('#root'), { additionalHeaders: ${JSON.stringify(HEADERS)}, defaultTabs: tabs });
})();
`;

/**
 * Without this, the tabs slide to their positions while the page loads: a tab that is pressed has moved by
 * the time the button is released, and the click misses it. Dragging still reorders them.
 */
const TABS_STAY = '.graphiql-tabs > * { transform: none !important; }';

/** Returns a function that creates the page and its files at the first call. */
export function graphiqlPage(): () => Promise<GraphiqlPage> {
  let page: Promise<GraphiqlPage> | undefined;
  return () => {
    page ??= render();
    return page;
  };
}

async function render(): Promise<GraphiqlPage> {
  // It takes 30 MB of memory: load it only when the page is opened.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const whole = renderGraphiQL({ title: 'Family Hub Jobs' });
  const [beforeStyle, ownCss, afterStyle] = cutOut(whole, '<style>', whole.indexOf('</style>'));
  const css = `${ownCss}\n${TABS_STAY}\n`;
  // The code itself contains script tags: its end is the last one.
  const [beforeScript, code, afterScript] = cutOut(afterStyle, '<script>', afterStyle.lastIndexOf('</script>'));
  const start = code.lastIndexOf(SHOW);
  if (start < 0) throw new Error(`GraphiQL's page no longer calls ${SHOW}): see its new version.`);
  const js = code.slice(0, start) + showTour;
  const script = await compress(js, 'text/javascript; charset=utf-8');
  const style = await compress(css, 'text/css; charset=utf-8');
  const link = `<link rel="stylesheet" href="${GRAPHIQL_STYLE}?v=${digestOf(css)}">`;
  const html = await compress(
    `${beforeStyle}${link}${beforeScript}<script src="${GRAPHIQL_SCRIPT}?v=${digestOf(js)}"></script>${afterScript}`,
    'text/html; charset=utf-8',
  );
  return { html, script, style };
}

/** The text before an element, inside it and after it. */
function cutOut(text: string, openingTag: string, end: number): [before: string, within: string, after: string] {
  const start = text.indexOf(openingTag);
  if (start < 0 || end < start) throw new Error(`GraphiQL's page has no ${openingTag} any more: see its new version.`);
  const closingTag = openingTag.replace('<', '</');
  return [text.slice(0, start), text.slice(start + openingTag.length, end), text.slice(end + closingTag.length)];
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

async function compress(text: string, contentType: string): Promise<StaticFile> {
  const body = await promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION });
  return { body, contentType, encoding: 'gzip', etag: `"${digestOf(text)}"`, isNegotiated: false };
}
