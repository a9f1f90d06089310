/**
 * What code works with. `Services`: the handles of one server, made once at its start; each slice
 * adds its own to the interface, in its `services.ts`. `Context`: the same, and in whose name:
 * a request's caller, or a part of the server itself.
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
  /** For work: what writes, and what a write needs to read. */
  readonly db: Database;
  /** For what only reads and someone waits for: a pool of its own, its statements cut short. */
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
  /** In whose name: what may be seen and done follows from it, and the audit trail names it. */
  readonly caller: Caller;
}

/** The server itself acts; `part` says which part of it, for example `takeover`. */
export const asSystem = <S extends object>(services: S, part: string): S & Pick<Context, 'caller'> => ({
  ...services,
  caller: systemCaller(part),
});
