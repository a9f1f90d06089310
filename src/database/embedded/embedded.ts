/**
 * The database of a machine that has none: a real PostgreSQL, started beside the server with the
 * data in its data folder. Several processes share it; none of them owns it. Nothing here takes a
 * lock to start: PostgreSQL's own lock file lets one of two starters win, and the other joins.
 */
import { readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../../telemetry/logger.ts';
import { StartError } from '../start-error.ts';
import {
  type Cluster,
  clusterUrl,
  openCluster,
  type Postmaster,
  readPostmaster,
  startServer,
  stopServer,
} from './cluster.ts';
import { explainFailure } from './failures.ts';
import { joinServer, type Membership } from './membership.ts';
import { isAlive, isTaken } from './processes.ts';

const DATABASE = 'family_hub';
/** How long a start may take without a sign of life; a server that replays its log gets more. */
const PATIENCE_MS = 30_000;
const POLL_MS = 25;
/** Another starter won, a dead server's children still hold its memory, the port was taken just now: all pass. */
const PASSING =
  /lock file "[^"]*" (already exists|is empty)|shared memory block|another server might be running|Address already in use/;

export interface EmbeddedDatabase {
  /** What psql takes too. */
  readonly url: string;
  /** True for the one process that made the database. */
  readonly isNew: boolean;
  /** Gives the database back; the last process to do so stops PostgreSQL. Safe to call twice. */
  leave(): Promise<void>;
}

/**
 * Starts PostgreSQL in `<dataDir>/postgres`, or joins the one that is running there. While joined,
 * a PostgreSQL that dies is started again. Throws a StartError, in one plain sentence, when the
 * folder cannot be used or PostgreSQL does not start.
 */
export async function startEmbedded({
  dataDir,
  logger,
}: {
  readonly dataDir: string;
  readonly logger: Logger;
}): Promise<EmbeddedDatabase> {
  const cluster = await openCluster(folderOf(dataDir));
  let membership = await joinOrStart(cluster, logger);
  const url = urlOf(cluster);
  let isLeaving = false;
  let rejoining: Promise<void> = Promise.resolve();

  const watch = (current: Membership): void => {
    void current.lost.then(() => {
      if (isLeaving) return;
      logger.warn('The embedded PostgreSQL went away; starting it again');
      rejoining = joinOrStart(cluster, logger, () => isLeaving).then(
        (next) => {
          membership = next;
          watch(next);
          if (urlOf(cluster) !== url)
            logger.error('The embedded PostgreSQL had to take another port: restart the server');
        },
        (error: unknown) => {
          if (!isLeaving) logger.error({ err: error }, 'The embedded PostgreSQL could not be started again');
        },
      );
    });
  };
  watch(membership);

  let left: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    isLeaving = true;
    await rejoining;
    // Without a connection there is nothing to give back: PostgreSQL is down, or another's to stop.
    const isLast = await membership.resign().catch(() => false);
    if (isLast) {
      const { isSuccess, output } = await stopServer(cluster);
      if (!isSuccess) logger.warn({ output }, 'The embedded PostgreSQL did not stop');
    }
    await membership.close().catch(() => undefined);
  };

  try {
    const isNew = await membership.createDatabase(DATABASE);
    return {
      url,
      isNew,
      leave() {
        left ??= leave();
        return left;
      },
    };
  } catch (error) {
    await leave();
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw await explainFailure('create database', cluster.folder, error.message);
  }
}

/** The URL of the embedded database of a data folder, running or not; undefined when there is none. */
export function embeddedUrl(dataDir: string): string | undefined {
  return clusterUrl(folderOf(dataDir), DATABASE);
}

async function joinOrStart(
  cluster: Cluster,
  logger: Logger,
  isAbandoned: () => boolean = () => false,
): Promise<Membership> {
  let deadline = performance.now() + PATIENCE_MS;
  let failure = 'it does not answer';
  for (let tries = 1; ; tries += 1) {
    const postmaster = readPostmaster(cluster.data);
    if (postmaster !== undefined && (await servesData(postmaster, cluster.data))) {
      const joined = await joinServer(urlOf(cluster, 'postgres'), cluster.data);
      if (typeof joined === 'object') return joined;
      if (joined === 'foreign') {
        failure = `another server answers on its port; if PostgreSQL does not run, delete ${cluster.data}/postmaster.pid`;
      } else {
        // Starting, replaying its log after a crash, or stopping: it comes, however long that takes.
        deadline = Math.max(deadline, performance.now() + PATIENCE_MS);
        if (tries % 200 === 0) logger.info('Waiting for the embedded PostgreSQL, which starts or stops');
      }
    } else {
      if (postmaster !== undefined && isTaken(postmaster.pid)) await removeStaleLock(cluster.data, postmaster);
      const { isSuccess, output } = await startServer(cluster);
      if (isSuccess) continue;
      failure = output;
      if (!PASSING.test(output)) throw await explainFailure('pg_ctl start', cluster.folder, output);
    }
    if (isAbandoned() || performance.now() > deadline) {
      throw await explainFailure('pg_ctl start', cluster.folder, failure);
    }
    await delay(POLL_MS);
  }
}

/** Ids are used again, in containers soon: a process with the id in the lock file may be anything. */
async function servesData({ pid }: Postmaster, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  // PostgreSQL's working folder is its data folder. Root in a container may not look at other users' processes.
  const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (workingFolder !== undefined) return isSameFolder(workingFolder, data);
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres';
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(one).catch(() => undefined), stat(other)]);
  return left !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/**
 * PostgreSQL ignores a lock file whose process is gone; one whose id is taken, by another process
 * or by its own remains that no one buried, it believes. Moved before it is deleted, and back if a new server had just written it.
 */
async function removeStaleLock(data: string, stale: Postmaster): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
    const moved = Number((await readFile(aside, 'utf8')).split('\n')[0]);
    if (moved === stale.pid) await rm(aside);
    else await rename(aside, file);
  } catch (error) {
    // Another process that starts at the same moment was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function urlOf(cluster: Cluster, database: string = DATABASE): string {
  const url = clusterUrl(cluster.folder, database);
  if (url === undefined) {
    throw new StartError(
      `${join(cluster.folder, 'connection.json')} is missing, and with it the password of the data.`,
    );
  }
  return url;
}

function folderOf(dataDir: string): string {
  return join(resolve(dataDir), 'postgres');
}
