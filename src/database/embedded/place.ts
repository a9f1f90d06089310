/**
 * Where the files of an embedded PostgreSQL are. Under root it runs as another user, who cannot
 * enter every folder: a checkout below /root is closed to him. Then its data, and a copy of its
 * programs, lie in a store of root's own that he can enter, and the data folder holds a link.
 *
 *   <dataDir>/postgres -> <STORE>/<id>/postgres
 *   <STORE>/<id>/home      the path of that data folder
 *   <STORE>/programs-…     PostgreSQL's programs, one folder for each version
 *
 * The link alone decides: it goes along when the checkout is moved, and without it nothing in the store is used.
 */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';
import { type Account, canUse, runAs } from './account.ts';
import { isSameFolder, readPostmaster, servesData } from './postmaster.ts';

export const STORE = '/var/lib/family-hub-jobs-embedded';
/** Much data take their time, and what is half copied is of no use. */
const A_DAY_MS = 86_400_000;

/**
 * Answers in which folder the cluster of `<dataDir>/postgres` lies or is to be made, as the account
 * can reach it. Data that it cannot reach are moved, unless PostgreSQL runs on them. Safe with
 * several starts at once, and when one was killed at any point. Throws a StartError.
 */
export async function placeOf(folder: string, account: Account | undefined): Promise<string> {
  const linked = await readlink(folder).catch(() => undefined);
  if (linked !== undefined) return checked(folder, linked);
  const isThere = await exists(folder);
  if (account === undefined || (await canUse(account, isThere ? folder : dirname(folder)))) return folder;
  const data = join(folder, 'cluster');
  const running = readPostmaster(data);
  if (running !== undefined && (await servesData(running, data))) return folder;

  const claim = `${folder}.moving`;
  if (!isThere && !(await exists(claim))) return claimRoom(folder, folder, account);
  const target = await claimRoom(folder, claim, account);
  await moveData(folder, target);
  if (await exists(target)) {
    await rename(claim, folder).catch(unlessGone);
  } else {
    // Another start had brought them elsewhere, and made its link, before we made ours.
    await rm(claim, { force: true });
    await rm(dirname(target), { recursive: true, force: true });
  }
  return placeOf(folder, account);
}

/** Makes the store if need be. Throws a StartError when the account cannot enter it, or others may write to it. */
export async function openStore(account: Account): Promise<void> {
  await mkdir(STORE, { recursive: true });
  const { uid, mode } = await lstat(STORE);
  if (uid !== 0 || (mode & 0o022) !== 0)
    throw new StartError(`${STORE} does not belong to root alone, who keeps the embedded database there: remove it.`);
  // Whatever the umask says.
  if ((mode & 0o777) !== 0o711) await chmod(STORE, 0o711);
  if (!(await canUse(account, STORE))) {
    throw new StartError(
      `PostgreSQL does not run as root, and user ${account.uid}, whom it would run as, can enter neither the data folder nor ${STORE}: set DATA_DIR to a folder that all users can enter, or start the server as an ordinary user.`,
    );
  }
}

/** Room in the store, which the link at `claim` stands for; the first of several starts makes both. */
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
    // Another start has made a link; a moment later it may stand in its final place.
    return readlink(claim).catch(() => readlink(folder));
  }
}

/** Brings the data to where the account reaches them. What is there already was brought whole. */
async function moveData(folder: string, target: string): Promise<void> {
  // With the slash only a folder is moved, never the link that another start puts in its place.
  const moved = await rename(`${folder}/`, target).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EXDEV' || error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return true;
      throw error;
    },
  );
  if (moved) return;
  const draft = `${target}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  if (!(await exists(target))) {
    const { isSuccess, output } = await runAs(undefined, 'cp', ['-a', folder, draft], A_DAY_MS);
    if (isSuccess) await rename(draft, target).catch(() => undefined);
    await rm(draft, { recursive: true, force: true });
    if (!isSuccess) {
      throw new StartError(`The embedded database in ${folder} cannot be moved to ${target}: ${output.trim()}`);
    }
  }
  const former = `${folder}.moved`;
  await rename(`${folder}/`, former).catch(unlessGone);
  await rm(former, { recursive: true, force: true });
}

/** Follows the link of a data folder, which may have been moved since. */
async function checked(folder: string, target: string): Promise<string> {
  const room = dirname(target);
  if (dirname(room) !== STORE) return target;
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
