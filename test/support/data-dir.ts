/** Creates and removes folders for an embedded database, which PostgreSQL can also enter when the tests run as root. */
import { chmod, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Creates a folder that others can traverse: when the tests run as root, PostgreSQL runs as another user. */
export async function makeOpenFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes a data folder and the cluster that its links point to. PostgreSQL must have ended. */
export async function removeDataDir(dataDir: string): Promise<void> {
  for (const name of ['postgres', 'postgres.moving']) {
    const target = await readlink(join(dataDir, name)).catch(() => undefined);
    if (target !== undefined) await rm(dirname(target), { recursive: true, force: true });
  }
  await rm(dataDir, { recursive: true, force: true });
}
