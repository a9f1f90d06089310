/**
 * Serves the files of a folder. They are read once at start, so a client’s path never reaches the disk.
 * Each file is compressed once, in zlib’s threads: the first client gets gzip, which is fast, and its
 * request starts brotli at best quality, which takes a second for a large script and serves all later
 * clients.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { StaticFile } from '../graphql/graphiql.ts';

/** A file in the encodings that clients accept. */
export interface EncodedFile {
  /** Resolves to the smallest encoding that `Accept-Encoding` allows and that is available now. */
  inForm(accepted: string | string[] | undefined): Promise<StaticFile>;
}

const TEXTS: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Formats that are already compressed. */
const OTHERS: Readonly<Record<string, string>> = {
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Reads the files directly in the folder, by name; empty if the folder does not exist. */
export async function readStaticFiles(folder: URL): Promise<ReadonlyMap<string, EncodedFile>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return new Map(
    await Promise.all(
      names.map(
        async (name) => [name, encodedFile(name, await readFile(new URL(encodeURIComponent(name), folder)))] as const,
      ),
    ),
  );
}

function encodedFile(name: string, body: Buffer): EncodedFile {
  const type = extname(name).toLowerCase();
  const contentType = TEXTS[type] ?? OTHERS[type] ?? 'application/octet-stream';
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const plain: StaticFile = { body, contentType, encoding: undefined, etag: `"${digest}"`, isNegotiated: false };
  if (TEXTS[type] === undefined) return { inForm: async () => plain };

  // Each encoding needs a different ETag (RFC 9110, 8.8.3.3).
  const form = (encoding: 'br' | 'gzip', compressed: Buffer): StaticFile => ({
    ...plain,
    body: compressed,
    encoding,
    etag: `"${digest}.${encoding}"`,
    isNegotiated: true,
  });
  let best: StaticFile | undefined;
  let zipped: Promise<StaticFile> | undefined;
  let isBegun = false;
  const begin = (): void => {
    isBegun = true;
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    brotliCompress(body, { params }, (error, compressed) => {
      // If brotli fails, gzip is good enough.
      if (error === null) best = form('br', compressed);
    });
  };
  return {
    async inForm(accepted) {
      const header = String(accepted ?? '');
      if (takes(header, 'br')) {
        if (best !== undefined) return best;
        if (!isBegun) begin();
      }
      if (!takes(header, 'gzip')) return { ...plain, isNegotiated: true };
      zipped ??= promisify(gzip)(body).then((compressed) => form('gzip', compressed));
      return zipped;
    },
  };
}

/** Whether an `Accept-Encoding` header lists the encoding, and not with `q=0`. */
function takes(accepted: string, encoding: string): boolean {
  return accepted.split(',').some((part) => {
    const [name, ...parameters] = part.toLowerCase().split(';');
    return name?.trim() === encoding && !parameters.some((one) => /^q=0(\.0*)?$/.test(one.trim()));
  });
}
