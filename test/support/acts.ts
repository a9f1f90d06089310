/** The audit trail and callers, for tests that call verbs without a whole node. */
import { createHash, randomUUID } from 'node:crypto';
import { type Audit, openAudit } from '../../src/access/audit/audit.ts';
import { createAuditTrail } from '../../src/access/audit/trail.ts';
import type { Database } from '../../src/database/database.ts';
import { createDatabaseClock } from '../../src/database/database-clock.ts';
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts';
import type { AuditKeys, AuditTrail } from '../../src/work/audit-trail.ts';
import { type Caller, LOCAL_CALLER } from '../../src/work/caller.ts';

const KEY = createHash('sha256').update('the tests’ audit key').digest();
const KEY_ID = '00000000-0000-4000-8000-000000000001';
const KEYS: AuditKeys = { newest: { id: KEY_ID, key: KEY }, byId: (id) => (id === KEY_ID ? KEY : undefined) };

/** An audit trail that uses the tests' key, or the given keys. */
export const testTrail = (keys: AuditKeys = KEYS): AuditTrail =>
  createAuditTrail({ keys, now: () => new Date(), nodeId: null });

/** A caller with every permission, whose id and name are `name`. */
export const callerNamed = (name: string): Caller => ({ ...LOCAL_CALLER, id: name, name });

/** The audit trail of a node on this database, with the tests’ key by default. */
export const testAudit = (db: Database, logger: Logger = silentLogger, keys: AuditKeys = KEYS): Audit =>
  openAudit({ db, keys, nodeId: randomUUID(), clock: createDatabaseClock(), logger });
