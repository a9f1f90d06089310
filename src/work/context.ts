/**
 * The dependencies that code receives. `Services`: the handles of one server, created once at start; each
 * slice adds its own to the interface, in `src/services.ts`. `Context`: the same plus the caller: that of
 * the request, or a part of the server itself.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import type { PrismaClient } from '../database/generated/prisma/client.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AuditTrail } from './audit-trail.ts';
import { type Caller, systemCaller } from './caller.ts';
import type { Notices } from './notices.ts';

export interface Services {
  readonly config: Config;
  /** For background work and operations: writes, and the reads that a write needs. */
  readonly db: Database;
  /** For read-only queries that a caller waits for: a separate pool with shorter timeouts. */
  readonly reading: Database;
  readonly prisma: PrismaClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly notices: Notices;
  readonly trail: AuditTrail;
  readonly nodeId: string;
}

export interface Context extends Services {
  /** Decides what may be seen and done; the audit trail names it. */
  readonly caller: Caller;
}

/** A context in which the server itself is the caller; `part` names the part of it, for example `takeover`. */
export const asSystem = <S extends object>(services: S, part: string): S & Pick<Context, 'caller'> => ({
  ...services,
  caller: systemCaller(part),
});
