/**
 * A complete node in this process on a test's own database: real pool, key ring, notices, simulator and HTTP, wired
 * as src/start/server.ts does it. Several on the same URL act as several nodes.
 */

import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Audit } from '../../src/access/audit/audit.ts';
import type { App } from '../../src/app.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { readSinglePage } from '../../src/http/single-page.ts';
import { ensureCircuit } from '../../src/identity/circuit.ts';
import type { IdentityProvider } from '../../src/identity/provider.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { createZitadelProvider } from '../../src/identity/zitadel.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createLifecycle } from '../../src/lifecycle.ts';
import { declareMetrics, type ServerMetrics } from '../../src/metrics.ts';
import type { DrainAsk } from '../../src/nodes/heartbeat.ts';
import type { NodeIdentity } from '../../src/nodes/nodes.ts';
import { type KeyRing, openKeyRing } from '../../src/sealing/key-ring.ts';
import { parseMasterKey } from '../../src/sealing/master-key.ts';
import { startNode } from '../../src/start/node.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Notices } from '../../src/work/notices.ts';

/** One per test file, so that nodes on one database share its key ring. */
const MASTER_KEY = parseMasterKey(randomBytes(32).toString('base64'), 'the test');

export interface TestAppOptions {
  /** Of a migrated database, as createTestDatabase returns it. The node opens its own pool. */
  readonly url: string;
  /** Overrides the defaults; durations in milliseconds. */
  readonly config?: Partial<Config>;
  readonly moreJobs?: readonly Job[];
  /** For the scheduler and the API; leases use the database's. */
  readonly clock?: Clock;
  readonly nodeName?: string;
  /** Replaces the node's own simulator; the caller closes it. */
  readonly provider?: IdentityProvider;
  /** Another node's simulator, so that calls are counted and faults set in one place. */
  readonly simulator?: Simulator;
  readonly simulatorOptions?: Pick<SimulatorOptions, 'latencyMs' | 'onRequest' | 'passwordPolicy'>;
  /** Wraps the database handle that the node uses, for example to count or break statements. Default: unchanged. */
  readonly wrapDatabase?: (db: Database) => Database;
  /** False: no timers and no heartbeat; jobs run only through `runJobNow`, entries only when woken. Default: true. */
  readonly hasTimers?: boolean;
  readonly logLevel?: string;
  /** The folder of a built dashboard, such as DASHBOARD_FOLDER. Default: no dashboard. */
  readonly dashboard?: URL;
  /** False: notices are polled, as behind a pooler without a direct URL. Default: true. */
  readonly isListening?: boolean;
  /** Called instead of ending the process. */
  readonly onDrainAsked?: (ask: DrainAsk) => void;
}

interface GraphqlProblem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly requestId: string } & Readonly<Record<string, unknown>>;
}

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly data: Data; readonly errors?: readonly GraphqlProblem[] };
}

export interface TestApp {
  readonly app: App;
  readonly audit: Audit;
  readonly config: Config;
  readonly db: Database;
  readonly keyRing: KeyRing;
  readonly metrics: ServerMetrics;
  readonly node: NodeIdentity;
  readonly notices: Notices;
  /** For example `http://127.0.0.1:40123`; GraphQL is at `/graphql`. */
  readonly url: string;
  /** The simulator that the node calls. Throws when a provider was given. */
  readonly simulator: Simulator;
  /** Every log line so far, as pino writes it but without redaction, so that leaks show. */
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
  /** Sends a POST as a script would. `Data` is the type that the test expects. */
  graphql<Data = Record<string, unknown>>(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<GraphqlAnswer<Data>>;
  /** Stops as a server does on SIGTERM. Safe to call more than once. */
  close(): Promise<void>;
}

/** Starts a node. Call `close` in afterAll, before the database is dropped. */
export async function startTestApp(options: TestAppOptions): Promise<TestApp> {
  const { url, clock = systemClock, hasTimers = true } = options;
  const config = { ...testConfig(url), ...options.config };
  const logLines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: options.logLevel ?? 'info' },
    { write: (line) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const lifecycle = createLifecycle(logger);

  try {
    const metrics = declareMetrics();
    const pool = await openDatabase({
      url,
      poolSize: config.DATABASE_POOL_SIZE,
      readTimeoutMs: config.statementTimeoutMs,
      logger,
      metrics,
    });
    lifecycle.opened('the database', () => pool.close());
    const db = options.wrapDatabase?.(pool) ?? pool;
    const keyRing = await openKeyRing(db, MASTER_KEY);
    let simulator = options.simulator;
    const { app, audit, node, notices, address } = await startNode({
      config,
      db,
      directUrl: options.isListening === false ? undefined : url,
      keyRing,
      name: options.nodeName ?? 'test-node',
      clock,
      logger,
      metrics,
      lifecycle,
      dashboard: options.dashboard && (await readSinglePage(options.dashboard)),
      async openProvider() {
        if (options.provider === undefined && simulator === undefined) {
          const own = await startSimulator({ db, logger, ...options.simulatorOptions });
          lifecycle.opened('the simulator', () => own.close());
          simulator = own;
        }
        const provider = options.provider ?? simulatorProvider(config, simulator, logger);
        await ensureCircuit(db, provider.name);
        // The caller closes the provider that it passed in.
        return options.provider === undefined ? provider : { ...provider, close: async () => undefined };
      },
      onDrainAsked: options.onDrainAsked ?? (() => undefined),
      moreJobs: options.moreJobs,
      hasTimers,
    });
    const base = `http://127.0.0.1:${address.port}`;
    return {
      app,
      audit,
      config,
      db,
      keyRing,
      metrics,
      node,
      notices,
      url: base,
      get simulator() {
        if (simulator === undefined) throw new Error('This node has a provider of the test’s own, and no simulator.');
        return simulator;
      },
      logLines,
      graphql: (query, variables, headers) => postGraphql(`${base}/graphql`, { query, variables }, headers),
      close: () => lifecycle.closeAll(),
    };
  } catch (error) {
    await lifecycle.closeAll();
    throw error;
  }
}

/** Posts any body to a GraphQL address, even one that is not a GraphQL request. */
export async function postGraphql<Data>(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphqlAnswer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as GraphqlAnswer<Data>['body'] };
}

function testConfig(url: string): Config {
  return readConfig({
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: '8',
    IDENTITY_PROVIDER: 'simulator',
    // The key ring is opened with the test's key; the setting only has to be present.
    MASTER_KEY: 'x',
    HOST: '127.0.0.1',
    PORT: '0',
    SHUTDOWN_TIMEOUT: '2s',
  }).config;
}

function simulatorProvider(config: Config, simulator: Simulator | undefined, logger: Logger): IdentityProvider {
  if (simulator === undefined) throw new Error('Neither a provider nor a simulator.');
  return createZitadelProvider({
    name: 'simulator',
    url: simulator.url,
    organizationId: simulator.organizationId,
    getToken: () => simulator.token,
    concurrency: config.PROVIDER_CONCURRENCY,
    emailDomain: config.ACCOUNT_EMAIL_DOMAIN,
    logger,
  });
}
