/** Folders for an embedded database, which PostgreSQL can enter under root too; and their end. */
import { chmod, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A new folder. Under root PostgreSQL runs as another user, who must come through. */
export async function makeOpenFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes a data folder, and what lies in the store for it; PostgreSQL must have ended. */
export async function removeDataDir(dataDir: string): Promise<void> {
  for (const name of ['postgres', 'postgres.moving']) {
    const target = await readlink(join(dataDir, name)).catch(() => undefined);
    if (target !== undefined) await rm(dirname(target), { recursive: true, force: true });
  }
  await rm(dataDir, { recursive: true, force: true });
}
