/**
 * Serves a single-page application: every path gets the same page, which decides what to show. Its files
 * are in one folder, under names that change with their content. They hold no data, so they are public;
 * only the page requires a sign-in, and redirects to it.
 */
import type { Exchange, Handler } from './exchange.ts';
import { type Gate, turnAway } from './gate.ts';
import { SINGLE_PAGE_POLICY } from './headers.ts';
import { sendFile, sendPage } from './pages.ts';
import { sendText } from './server.ts';
import { type EncodedFile, readStaticFiles } from './static-files.ts';

export interface SinglePage {
  readonly index: EncodedFile;
  /** By name: files whose name changes with their content. */
  readonly assets: ReadonlyMap<string, EncodedFile>;
  /** By name: files with a fixed name, such as an icon. */
  readonly beside: ReadonlyMap<string, EncodedFile>;
}

/** The path under which the page’s files are served. */
const ASSETS = '/assets/';

const INDEX = 'index.html';

/** Reads the folder of a build, given as a URL that ends in a slash; resolves to undefined if it has no page. */
export async function readSinglePage(folder: URL): Promise<SinglePage | undefined> {
  const { [INDEX]: index, ...beside } = Object.fromEntries(await readStaticFiles(folder));
  if (index === undefined) return undefined;
  const assets = await readStaticFiles(new URL(`.${ASSETS}`, folder));
  return { index, assets, beside: new Map(Object.entries(beside)) };
}

export interface SinglePageDoor {
  readonly gate: Pick<Gate, 'authenticate'>;
  /** The sign-in URL that leads back to the `wanted` address. */
  signInAddress(wanted: string): string;
}

/** Serves the page on any path. */
export function singlePage({ index }: SinglePage, { gate, signInAddress }: SinglePageDoor): Handler {
  return onlyGet(async (exchange) => {
    const { request, response, requestId, url } = exchange;
    const found = await gate.authenticate(request, requestId);
    if (found.kind === 'refused' && found.status === 401) {
      const location = signInAddress(`${url.pathname}${url.search}`);
      response.writeHead(302, { location, 'cache-control': 'no-store' }).end();
      return;
    }
    // While authentication is unavailable, the page itself shows the problem and recovers afterwards.
    if (found.kind === 'refused' && found.status !== 503) return turnAway(exchange, found);
    sendPage(exchange, await index.inForm(request.headers['accept-encoding']), SINGLE_PAGE_POLICY);
  });
}

/** Creates the handlers of the page’s files: only files that are in the folder. */
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
