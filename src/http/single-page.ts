/**
 * A page that is one program in the browser: whatever path a person opens, the same page answers and
 * finds out itself what to show there. Its parts are in one folder, under names that change whenever
 * they do. There are no data in any of it, so the parts are anybody's; the page is for those who are
 * signed in, only so that others come to the sign-in first.
 */

import type { Exchange, Handler } from './exchange.ts';
import { type Gate, turnAway } from './gate.ts';
import { SINGLE_PAGE_POLICY } from './headers.ts';
import { sendFile, sendPage } from './pages.ts';
import { sendText } from './server.ts';
import { type EncodedFile, readStaticFiles } from './static-files.ts';

export interface SinglePage {
  readonly index: EncodedFile;
  /** By name: what changes its name with its content. */
  readonly assets: ReadonlyMap<string, EncodedFile>;
  /** By name: what keeps it, such as an icon. */
  readonly beside: ReadonlyMap<string, EncodedFile>;
}

/** Where the page looks for its parts. */
const ASSETS = '/assets/';

const INDEX = 'index.html';

/** Reads what a build has put into a folder, whose address ends in a slash; undefined if there is no page. */
export async function readSinglePage(folder: URL): Promise<SinglePage | undefined> {
  const { [INDEX]: index, ...beside } = Object.fromEntries(await readStaticFiles(folder));
  if (index === undefined) return undefined;
  const assets = await readStaticFiles(new URL(`.${ASSETS}`, folder));
  return { index, assets, beside: new Map(Object.entries(beside)) };
}

export interface SinglePageDoor {
  readonly gate: Pick<Gate, 'authenticate'>;
  /** Where a browser signs in that wanted to go to this address. */
  signInAddress(wanted: string): string;
}

/** Answers any path with the page. */
export function singlePage({ index }: SinglePage, { gate, signInAddress }: SinglePageDoor): Handler {
  return onlyGet(async (exchange) => {
    const { request, response, requestId, url } = exchange;
    const found = await gate.authenticate(request, requestId);
    if (found.kind === 'refused' && found.status === 401) {
      const location = signInAddress(`${url.pathname}${url.search}`);
      response.writeHead(302, { location, 'cache-control': 'no-store' }).end();
      return;
    }
    // While nobody can be asked who this is, the page itself says what is amiss, and goes on afterwards.
    if (found.kind === 'refused' && found.status !== 503) return turnAway(exchange, found);
    sendPage(exchange, await index.inForm(request.headers['accept-encoding']), SINGLE_PAGE_POLICY);
  });
}

/** The paths of its parts: those that were in the folder, and nothing else. */
export function singlePageFiles({ assets, beside }: SinglePage): Record<string, Handler> {
  const files = [...beside].map(([name, file]) => {
    const send = onlyGet(async (exchange) =>
      sendFile(exchange, await file.inForm(exchange.request.headers['accept-encoding']), 'no-cache'),
    );
    return [`/${name}`, send] as const;
  });
  return { ...Object.fromEntries(files), [ASSETS]: assetOf(assets) };
}

function assetOf(assets: SinglePage['assets']): Handler {
  return onlyGet(async (exchange) => {
    const { request, response, url } = exchange;
    const asset = assets.get(url.pathname.slice(ASSETS.length));
    if (asset === undefined)
      return sendText(response, 404, 'This file does not exist. Reload the page: it may be from another version.\n');
    sendFile(exchange, await asset.inForm(request.headers['accept-encoding']), 'public, max-age=31536000, immutable');
  });
}

function onlyGet(handler: (exchange: Exchange) => Promise<void>): Handler {
  return (exchange) => {
    const { request, response } = exchange;
    if (request.method === 'GET' || request.method === 'HEAD') return handler(exchange);
    request.resume();
    response.writeHead(405, { allow: 'GET, HEAD', 'cache-control': 'no-store' }).end();
  };
}
