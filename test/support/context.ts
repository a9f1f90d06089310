/** A context for tests that call verbs without a whole server: on a test database, with the tests' audit key. */
import { randomUUID } from 'node:crypto';
import { createInserts } from '../../src/accounts/enqueue.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { declareMetrics } from '../../src/metrics.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { LOCAL_CALLER } from '../../src/work/caller.ts';
import type { Context } from '../../src/work/context.ts';
import type { Notices } from '../../src/work/notices.ts';
import { callerNamed, testTrail } from './acts.ts';

const METRICS = declareMetrics();
const SILENT_NOTICES: Notices = {
  road: 'listen',
  notify: () => undefined,
  on: () => () => undefined,
  close: async () => undefined,
};

/** A part that is neither given nor has a default here is undefined, so a verb that uses it fails. */
export function testContext({
  db,
  config,
  ...parts
}: Partial<Omit<Context, 'config'>> & { db: Database; config?: Partial<Context['config']> }): Context {
  const settings = readConfig({
    DATABASE_URL: 'postgresql://127.0.0.1/test',
    IDENTITY_PROVIDER: 'simulator',
    // A secret, which run logs redact.
    MASTER_KEY: 'the-master-key-of-the-tests',
  });
  const notices = parts.notices ?? SILENT_NOTICES;
  const context = {
    config: { ...settings.config, ...config },
    db,
    reading: db,
    prisma: db.prisma,
    clock: systemClock,
    logger: silentLogger,
    metrics: METRICS,
    notices,
    trail: testTrail(),
    nodeId: randomUUID(),
    inserts: createInserts({ db, notices }),
    jobs: [],
    caller: LOCAL_CALLER,
    ...parts,
  };
  return context as unknown as Context;
}

/** The same context with another caller, of this name. */
export const as = (context: Context, name: string): Context => ({ ...context, caller: callerNamed(name) });
