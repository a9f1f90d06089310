/**
 * Where the files of an embedded PostgreSQL are. Under root, PostgreSQL runs as another user, who cannot
 * enter every folder, for example a checkout below /root. Then its data, and a copy of its programs, are in
 * a store that root owns and the user can enter, and the data folder has a link.
 *
 *   <dataDir>/postgres -> <STORE>/<id>/postgres
 *   <STORE>/<id>/home      the path of that data folder
 *   <STORE>/programs-…     PostgreSQL’s programs, one folder per version
 *
 * Only the link counts: it moves with the checkout, and without it nothing in the store is used.
 */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StartError } from '../start-error.ts';
import { type Account, canUse } from './account.ts';
import { isSameFolder, readPostmaster, servesData } from './postmaster.ts';

export const STORE = '/var/lib/family-hub-jobs-embedded';

/**
 * Returns the folder of the cluster of `<dataDir>/postgres`, existing or to be created, by a path that the
 * account can enter. Data that it cannot enter are moved, unless PostgreSQL is running on them. Safe with
 * several concurrent starts, and after one was killed at any point. Throws a StartError.
 */
export async function placeOf(folder: string, account: Account | undefined): Promise<string> {
  const linked = await readlink(folder).catch(() => undefined);
  if (linked !== undefined) return checked(folder, resolve(dirname(folder), linked));
  const isThere = await exists(folder);
  const claim = `${folder}.moving`;
  if (!isThere && (await exists(claim))) {
    // A start was killed after it had moved the data and before it had linked them.
    await rename(claim, folder).catch(unlessGone);
    return placeOf(folder, account);
  }
  if (account === undefined || (await canUse(account, isThere ? folder : dirname(folder)))) return folder;
  const data = join(folder, 'cluster');
  const running = readPostmaster(data);
  if (running !== undefined && (await servesData(running, data))) return folder;

  if (!isThere) return claimRoom(folder, folder, account);
  const target = await claimRoom(folder, claim, account);
  await moveData(folder, target, claim);
  if (await exists(target)) {
    await rename(claim, folder).catch(unlessGone);
  } else {
    // Another start had moved the data and created its link before we created ours.
    await rm(claim, { force: true });
    await rm(dirname(target), { recursive: true, force: true });
  }
  return placeOf(folder, account);
}

/**
 * Creates the store if it is missing. Throws a StartError when the account cannot enter it, or others may
 * write to it.
 */
export async function openStore(account: Account): Promise<void> {
  await mkdir(STORE, { recursive: true });
  const { uid, mode } = await lstat(STORE);
  if (uid !== 0 || (mode & 0o022) !== 0)
    throw new StartError(`${STORE} does not belong to root alone, who keeps the embedded database there: remove it.`);
  // Regardless of the umask.
  if ((mode & 0o777) !== 0o711) await chmod(STORE, 0o711);
  if (!(await canUse(account, STORE))) {
    throw new StartError(
      `PostgreSQL does not run as root, and user ${account.uid}, whom it would run as, can enter neither the data folder nor ${STORE}: set DATA_DIR to a folder that all users can enter, or start the server as an ordinary user.`,
    );
  }
}

/** Creates a folder in the store, and the link to it at `claim`; of several concurrent starts, the first wins. */
async function claimRoom(folder: string, claim: string, account: Account): Promise<string> {
  await openStore(account);
  const room = join(STORE, randomBytes(8).toString('hex'));
  await mkdir(room);
  await chmod(room, 0o711);
  await writeFile(join(room, 'home'), `${dirname(folder)}\n`, { mode: 0o600 });
  try {
    await symlink(join(room, 'postgres'), claim);
    return join(room, 'postgres');
  } catch (error) {
    await rm(room, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Another start has created a link; a moment later it may have moved to its final path.
    return readlink(claim).catch(() => readlink(folder));
  }
}

/**
 * Moves the data to a folder that the account can enter, atomically. Never to another file system: copying
 * takes long, and data in a volume must stay in it.
 */
async function moveData(folder: string, target: string, claim: string): Promise<void> {
  try {
    // With the slash, only a folder is moved, never the link that another start puts in its place.
    await rename(`${folder}/`, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') return unlessGone(error as NodeJS.ErrnoException);
    await rm(claim, { force: true });
    await rm(dirname(target), { recursive: true, force: true });
    throw new StartError(
      `PostgreSQL does not run as root, and the user that it runs as cannot enter ${folder}, which stays where it is since it is on another file system than ${STORE}: give the data folder to an ordinary user (chown), let all users enter the folders above it (chmod o+x), or set DATA_DIR.`,
    );
  }
}

/**
 * Returns the folder that a link points to, and updates the stored path if the data folder was moved.
 * Throws a StartError if the target is missing, or if the data folder is a copy of another one.
 */
async function checked(folder: string, target: string): Promise<string> {
  const room = dirname(target);
  // A link that a user created; the operating system follows it.
  if (dirname(room) !== STORE) return folder;
  const home = (await readFile(join(room, 'home'), 'utf8').catch(() => '')).trim();
  const dataDir = dirname(folder);
  if (home === '') {
    throw new StartError(
      `The database of ${dataDir} was in ${room}, which is gone: restore it, or remove ${folder} to start with an empty one.`,
    );
  }
  if (home === dataDir) return target;
  const isAtHome = (await readlink(join(home, 'postgres')).catch(() => undefined)) === target;
  if (isAtHome && !(await isSameFolder(home, dataDir))) {
    throw new StartError(
      `${dataDir} is a copy of ${home}, whose database in ${room} must not serve both: remove ${folder} (and master.key beside it) to start with an empty one.`,
    );
  }
  await writeFile(join(room, 'home'), `${dataDir}\n`, { mode: 0o600 });
  return target;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Another start was faster. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
