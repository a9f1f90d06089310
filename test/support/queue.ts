/**
 * The queue without a whole server: a database, the simulator, and nodes built from the same parts as in app.ts,
 * each with its own pool and listening connection, so that races happen between real connections.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { enqueueAccount, type NewEntry } from '../../src/accounts/enqueue.ts';
import { takeOverAllExpired } from '../../src/accounts/takeover.ts';
import { createWorker } from '../../src/accounts/worker.ts';
import type { Config } from '../../src/config/config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import type { Attempt, QueuedCreation } from '../../src/database/generated/prisma/client.ts';
import type { CircuitLimits } from '../../src/identity/circuit.rules.ts';
import { ensureCircuit, loadCircuit } from '../../src/identity/circuit.ts';
import { type Simulator, type SimulatorEvent, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { createZitadelProvider } from '../../src/identity/zitadel.ts';
import { declareMetrics } from '../../src/metrics.ts';
import { registerNode } from '../../src/nodes/nodes.ts';
import { type KeyRing, openKeyRing } from '../../src/sealing/key-ring.ts';
import { parseMasterKey } from '../../src/sealing/master-key.ts';
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts';
import { openNotices } from '../../src/work/notices.ts';
import { testContext } from './context.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from './database.ts';

export const PASSWORD = 'Correct-Horse-Battery-7';
const MASTER_KEY = parseMasterKey(Buffer.alloc(32, 7).toString('base64'), 'the test');
/** The name of the circuit that all nodes of a test share. */
export const PROVIDER = 'simulator';

export interface NodeOptions {
  readonly timeoutMs?: number;
  readonly leaseMs?: number;
  readonly concurrency?: number;
  readonly circuit?: Partial<CircuitLimits>;
  /** Called for each request, so that a test can replace a wrong token. Default: the right one. */
  readonly token?: () => string;
  readonly logger?: Logger;
  /** False: notices use the polled table. */
  readonly isListening?: boolean;
  /** Wraps the worker's database handle, for example to delay or refuse a statement. */
  readonly wrap?: (db: Database) => Database;
}

export type TestNode = Awaited<ReturnType<TestQueue['startNode']>>;
export type TestQueue = Awaited<ReturnType<typeof createTestQueue>>;

/** Opens everything. `close` stops every node that was started. */
export async function createTestQueue({ logger = silentLogger }: { logger?: Logger } = {}) {
  const database: TestDatabase = await createTestDatabase();
  const { db, url } = database;
  const keyRing: KeyRing = await openKeyRing(db, MASTER_KEY);
  await ensureCircuit(db, PROVIDER);
  const { familyId, ownerId } = await seedFamily(db);
  let hook: ((event: SimulatorEvent) => void | Promise<void>) | undefined;
  const simulator: Simulator = await startSimulator({ db, logger, onRequest: (event) => hook?.(event) });
  let nodes: { stop(timeoutMs?: number): Promise<void> }[] = [];
  let made = 0;

  /** A valid account with a unique username. */
  const account = (changes: Partial<NewEntry> = {}): NewEntry => ({
    familyId,
    createdByUserId: ownerId,
    username: `child_${++made}`,
    fullName: 'Carla Child',
    role: 'managed_account',
    password: PASSWORD,
    ...changes,
  });

  async function startNode(options: NodeOptions = {}) {
    const { timeoutMs = 10_000, leaseMs = 30_000, concurrency = 32, isListening = true } = options;
    const log = options.logger ?? logger;
    const own = await openDatabase({ url, poolSize: 6, logger: log });
    const node = await registerNode(own, `node-${randomUUID().slice(0, 8)}`, '0.0.0');
    const notices = await openNotices({ db: own, directUrl: isListening ? url : undefined, logger: log });
    const provider = createZitadelProvider({
      name: PROVIDER,
      url: simulator.url,
      organizationId: simulator.organizationId,
      getToken: options.token ?? (() => simulator.token),
      emailDomain: 'noemail.family-hub.internal',
      concurrency,
      logger: log,
    });
    const wrapped = options.wrap?.(own) ?? own;
    const config: Partial<Config> = {
      LEASE_DURATION: leaseMs,
      PROVIDER_TIMEOUT: timeoutMs,
      PROVIDER_CONCURRENCY: concurrency,
      CIRCUIT_FAILURE_THRESHOLD: options.circuit?.failureThreshold ?? 5,
      CIRCUIT_PROBE_INTERVAL: options.circuit?.probeIntervalMs ?? 60_000,
    };
    const context = testContext({ db: own, keyRing, notices, provider, logger: log, nodeId: node.id, config });
    const worker = createWorker({ ...context, db: wrapped, metrics: declareMetrics() });
    notices.on({ work: worker.wake, circuit: worker.reconsider, queue: worker.reconsider });
    let stopped: Promise<void> | undefined;
    const started = {
      db: own,
      id: node.id,
      notices,
      provider,
      worker,
      /** The node's context, with the local caller. */
      context,
      /** Enqueues a valid account and returns the entry's id. */
      enqueue: async (changes: Partial<NewEntry> = {}): Promise<string> =>
        (await enqueueAccount(context, account(changes))).entryId,
      /** Takes over expired entries, as a heartbeat does, and returns their ids. */
      async takeOver(): Promise<string[]> {
        const { entryIds } = await takeOverAllExpired(context);
        if (entryIds.length > 0) notices.notify('work');
        return [...entryIds];
      },
      stop: (timeout = 5_000): Promise<void> => {
        stopped ??= (async () => {
          await worker.stop(timeout);
          await notices.close();
          await provider.close();
          await own.close();
        })();
        return stopped;
      },
    };
    nodes.push(started);
    return started;
  }

  const stopNodes = async (): Promise<void> => {
    const running = nodes;
    nodes = [];
    // A provider call without a response would hold a node for its whole timeout.
    await Promise.all(running.map((node) => node.stop()));
  };

  return {
    database,
    db,
    /** Belongs to no node. */
    context: testContext({ db, keyRing }),
    url,
    keyRing,
    simulator,
    familyId,
    ownerId,
    account,
    startNode,
    stopNodes,
    /** Sets a hook that is awaited at both stages of every call to the simulator. */
    onRequest(wanted: typeof hook): void {
      hook = wanted;
    },
    /** Restores the state after createTestQueue; the family and its owner stay. */
    async reset(): Promise<void> {
      hook = undefined;
      simulator.faults.clear();
      await stopNodes();
      await db.query('TRUNCATE auth.queued_managed_account_creations CASCADE');
      await db.query('TRUNCATE auth.outbox_events, auth.idempotency_keys, auth.notices, identity_simulator.accounts');
      await db.query('DELETE FROM auth.users WHERE id <> $1', [ownerId]);
      await db.query('DELETE FROM auth.families WHERE id <> $1', [familyId]);
      await db.query('TRUNCATE auth.identity_circuit_transitions, auth.queue_pauses');
      await db.query('UPDATE auth.queue_limits SET starts_per_second = NULL, concurrency = NULL, tokens = 0');
      await db.query('DELETE FROM auth.identity_circuits');
      await ensureCircuit(db, PROVIDER);
    },
    async close(): Promise<void> {
      await stopNodes();
      await simulator.close();
      await database.drop();
    },

    /** Inserts sealed entries that are due without a notice, as a lost notification leaves them. */
    async insertUnnoticed(count: number): Promise<string[]> {
      const entries = Array.from({ length: count }, () => ({ id: randomUUID(), username: `child_${++made}` }));
      await db.query(
        `INSERT INTO auth.queued_managed_account_creations (id, family_id, created_by_user_id, username, full_name, encrypted_password)
         SELECT id, $1, $2, username, 'Carla Child', sealed FROM unnest($3::uuid[], $4::text[], $5::text[]) AS e(id, username, sealed)`,
        [
          familyId,
          ownerId,
          entries.map(({ id }) => id),
          entries.map(({ username }) => username),
          entries.map(({ id }) => keyRing.seal(PASSWORD, id)),
        ],
      );
      return entries.map(({ id }) => id);
    },

    // ------------------------------------------------ the state of the database
    entry: (id: string): Promise<QueuedCreation> => db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } }),
    attempts: (entryId: string): Promise<Attempt[]> =>
      db.prisma.attempt.findMany({ where: { entryId }, orderBy: { number: 'asc' } }),
    circuit: () => loadCircuit(db, PROVIDER),
    accounts: (): Promise<{ userId: string; username: string }[]> =>
      db.query('SELECT user_id AS "userId", username FROM identity_simulator.accounts ORDER BY username'),
    /** The ManagedAccountCreated events; there must be exactly one per account. */
    events: (): Promise<{ type: string; aggregateId: string; payload: Record<string, unknown> }[]> =>
      db.query(
        `SELECT event_type AS type, aggregate_id AS "aggregateId", payload FROM auth.outbox_events
         WHERE event_type = 'ManagedAccountCreated' ORDER BY sequence`,
      ),
    /** Waits until the entry has this status and returns it. */
    async untilStatus(id: string, status: QueuedCreation['status']): Promise<QueuedCreation> {
      await expect
        .poll(async () => (await db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } })).status, {
          timeout: 30_000,
          interval: 10,
        })
        .toBe(status);
      return db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } });
    },
    /** Waits until the entry has `count` finished attempts and returns it. */
    async untilAttempts(id: string, count: number): Promise<QueuedCreation> {
      await expect
        .poll(() => db.prisma.attempt.count({ where: { entryId: id } }), { timeout: 30_000, interval: 10 })
        .toBe(count);
      return db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } });
    },
    /** Makes a waiting entry due now. */
    async makeDue(id: string): Promise<void> {
      await db.query(
        `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() - interval '1 second' WHERE id = $1`,
        [id],
      );
    },
    /** Sets whether an attempt's request may still be in progress at the provider (true) or has certainly ended. */
    async setUnderWay(id: string, isUnderWay: boolean): Promise<void> {
      await db.query(
        `UPDATE auth.queued_managed_account_creations SET lookup_final_at = now() + $2 * interval '1 hour' WHERE id = $1`,
        [id, isUnderWay ? 1 : -1],
      );
    },
    /** The delay in milliseconds from an attempt's end until its entry is due again. */
    delayAfter: (attempt: Attempt | undefined, entry: QueuedCreation): number =>
      (entry.nextRetryAt?.getTime() ?? Number.NaN) - (attempt?.finishedAt.getTime() ?? Number.NaN),
    /** Moves the entry to a new family and deletes that family. */
    async deleteFamilyOf(id: string): Promise<void> {
      const [family] = await db.query<{ id: string }>(`INSERT INTO auth.families (name) VALUES ('Gone') RETURNING id`);
      await db.query('UPDATE auth.queued_managed_account_creations SET family_id = $2 WHERE id = $1', [id, family?.id]);
      await db.query('DELETE FROM auth.families WHERE id = $1', [family?.id]);
    },
    /** Expires an entry's lease, as if its node had died long ago. */
    async expireLease(id: string): Promise<void> {
      await db.query(
        `UPDATE auth.queued_managed_account_creations SET lease_expires_at = now() - interval '1 second' WHERE id = $1`,
        [id],
      );
    },
  };
}

/** A gate that holds whatever awaits `passed` until the test calls `open`. */
export function createGate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
