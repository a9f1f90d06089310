/**
 * The database for a machine that has none: a real PostgreSQL, started beside the server with its data in
 * DATA_DIR. Several processes share it; none of them owns it. Starting needs no lock of ours: PostgreSQL’s
 * own lock file lets one of two starters win, and the other joins.
 */
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../../telemetry/logger.ts';
import { StartError } from '../start-error.ts';
import { isConnectionFailure } from '../violations.ts';
import { type Cluster, openCluster, startServer, stopServer } from './cluster.ts';
import { ownerPassword, ownerUrl, superuserUrl } from './connection.ts';
import { explainFailure } from './failures.ts';
import { joinServer, type Membership } from './membership.ts';
import { prepareDatabase } from './owner.ts';
import { fileSystemAnswers, saying } from './patience.ts';
import { readPostmaster, removeStaleLock, servesData } from './postmaster.ts';
import { isTaken } from './processes.ts';

/** How long a start may take without a sign of life; a server that is replaying its WAL gets more. */
const PATIENCE_MS = 30_000;
const POLL_MS = 25;
/** The first and the longest pause between attempts to restart a PostgreSQL that does not stay up. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/**
 * Failures that pass: another process started it first, a dead server’s children still hold its shared
 * memory, or the port was taken just now.
 */
const PASSING =
  /lock file "[^"]*" (already exists|is empty)|shared memory block|another server might be running|Address already in use/;

export interface EmbeddedDatabase {
  /** The owner’s URL; also works with psql. */
  readonly url: string;
  /** The folder of the data. */
  readonly folder: string;
  /** True in the one process that created the database. */
  readonly isNew: boolean;
  /** Leaves the database; the last process to leave stops PostgreSQL. Safe to call twice. */
  leave(): Promise<void>;
}

/**
 * Starts PostgreSQL in `<dataDir>/postgres`, or joins the one that is running there. Until `leave` is
 * called, a PostgreSQL that dies is restarted, with no limit on attempts. Throws a StartError when the
 * folder cannot be used or PostgreSQL does not start.
 */
export async function startEmbedded({
  dataDir,
  logger,
}: {
  readonly dataDir: string;
  readonly logger: Logger;
}): Promise<EmbeddedDatabase> {
  const place = embeddedFolder(dataDir);
  await fileSystemAnswers(resolve(dataDir), logger);
  const cluster = await saying(`the data folder ${place} is made or opened`, logger, openCluster(place));
  const leaving = new AbortController();
  const isLeaving = () => leaving.signal.aborted;
  let membership = await saying(`PostgreSQL starts in ${cluster.folder}`, logger, joinOrStart(cluster, logger));
  let rejoining: Promise<void> = Promise.resolve();

  const watch = (current: Membership, pauseMs: number): void => {
    const joinedAt = performance.now();
    void current.lost.then(() => {
      if (isLeaving()) return;
      logger.warn('The embedded PostgreSQL went away; starting it again');
      // A PostgreSQL that ran for a while is restarted at once; one that dies at once is restarted with growing pauses.
      rejoining = rejoin(performance.now() - joinedAt > LONGEST_PAUSE_MS ? 0 : pauseMs);
    });
  };
  const rejoin = async (firstPauseMs: number): Promise<void> => {
    for (let pauseMs = firstPauseMs; ; pauseMs = longer(pauseMs)) {
      await delay(pauseMs, undefined, { signal: leaving.signal }).catch(() => undefined);
      if (isLeaving()) return;
      try {
        membership = await joinOrStart(cluster, logger, { isAbandoned: isLeaving, keepsPort: true });
        watch(membership, longer(pauseMs));
        if (ownerUrl(cluster.folder) !== url)
          logger.error('The embedded PostgreSQL had to take another port: restart the server');
        return;
      } catch (error) {
        const nextTryInMs = longer(pauseMs);
        if (!isLeaving())
          logger.error({ err: error, nextTryInMs }, 'The embedded PostgreSQL could not be started again; trying on');
      }
    }
  };
  watch(membership, 0);

  let left: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    leaving.abort();
    await rejoining;
    // Without a connection there is nothing to leave: PostgreSQL is down, or another process will stop it.
    const isLast = await membership.resign().catch(() => false);
    if (isLast) {
      const { isSuccess, output } = await stopServer(cluster);
      if (!isSuccess) logger.warn({ output }, 'The embedded PostgreSQL did not stop');
    }
    await membership.close().catch(() => undefined);
  };

  let url: string | undefined;
  try {
    const password = await ownerPassword(cluster.folder);
    const isNew = await prepareDatabase(
      (database) => required(superuserUrl(cluster.folder, database), cluster),
      password,
    );
    url = required(ownerUrl(cluster.folder), cluster);
    return {
      url,
      folder: cluster.folder,
      isNew,
      leave() {
        left ??= leave();
        return left;
      },
    };
  } catch (error) {
    await leave();
    if (!(error instanceof pg.DatabaseError) && !isConnectionFailure(error)) throw error;
    throw await explainFailure('making the database', cluster.folder, (error as Error).message);
  }
}

const longer = (pauseMs: number): number => Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));

/** The owner’s URL of the embedded database in a data folder, running or not; undefined when there is none. */
export function embeddedUrl(dataDir: string): string | undefined {
  return ownerUrl(embeddedFolder(dataDir));
}

async function joinOrStart(
  cluster: Cluster,
  logger: Logger,
  { isAbandoned = () => false, keepsPort = false }: { isAbandoned?(): boolean; keepsPort?: boolean } = {},
): Promise<Membership> {
  let deadline = performance.now() + PATIENCE_MS;
  let failure = 'it does not answer';
  for (let tries = 1; ; tries += 1) {
    const postmaster = readPostmaster(cluster.data);
    if (postmaster !== undefined && (await servesData(postmaster, cluster.data))) {
      const joined = await joinServer(required(superuserUrl(cluster.folder, 'postgres'), cluster), cluster.data);
      if (typeof joined === 'object') return joined;
      if (joined === 'foreign') {
        failure = `another server answers on its port; if PostgreSQL does not run, delete ${cluster.data}/postmaster.pid`;
      } else {
        // It is starting, replaying its WAL after a crash, or stopping: wait as long as that takes.
        deadline = Math.max(deadline, performance.now() + PATIENCE_MS);
        if (tries % 200 === 0) logger.info('Waiting for the embedded PostgreSQL, which starts or stops');
      }
    } else {
      if (postmaster !== undefined && isTaken(postmaster.pid)) await removeStaleLock(cluster.data, postmaster);
      const { isSuccess, output } = await startServer(cluster, { keepsPort });
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

function required(url: string | undefined, { folder }: Cluster): string {
  if (url !== undefined) return url;
  throw new StartError(`${join(folder, 'connection.json')} is missing, and with it the password of the data.`);
}

/** The folder of the data, below DATA_DIR; a link, if PostgreSQL’s account cannot enter it. */
export function embeddedFolder(dataDir: string): string {
  return join(resolve(dataDir), 'postgres');
}
