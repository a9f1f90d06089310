/**
 * The audit trail of a node, put together: what writes it, what chains it, and what reads it. Opened
 * once the key ring is, before anything is recorded.
 */
import type { Database, Transactional } from '../../database/database.ts';
import type { DatabaseClock } from '../../database/database-clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys, AuditTrail } from '../../work/audit-trail.ts';
import { anchorText, presentAnchor, readAnchor } from './anchors.ts';
import { type Chainer, createChainer } from './chainer.ts';
import { exportAudit } from './export-route.ts';
import { pruneAuditTrail } from './prune.ts';
import type { TimeSpan } from './span.ts';
import { createAuditTrail } from './trail.ts';
import { type AuditVerification, takenKeyProblem, verifyAuditTrail } from './verify.ts';

/** RetentionJob calls every hour. */
const ANCHORED_EVERY_MS = 23.5 * 3_600_000;

export interface AuditOptions {
  readonly db: Transactional & Pick<Database, 'outage'>;
  readonly keys: AuditKeys;
  readonly nodeId: string;
  readonly clock: DatabaseClock;
  readonly logger: Logger;
}

export interface Audit {
  readonly trail: AuditTrail;
  readonly chainer: Chainer;
  /**
   * Chains what the last run left, which must be done before the first audit entry of this run; logs
   * an error when the audit key was taken away.
   */
  start(): Promise<void>;
  /** Verifies a span. Throws InvalidInputError for an anchor that cannot be used. */
  verify(span: TimeSpan, anchor: string | null): Promise<AuditVerification>;
  /** The span as JSON lines. */
  export(span: TimeSpan): AsyncIterable<string>;
  /** Deletes up to `limit` rows from the beginning that are older, in the caller's transaction; answers how many. */
  prune(tx: Transactional, keepMs: number, limit: number): Promise<number>;
  /** Logs the present anchor, unless this node did so within a day. */
  anchorDaily(): Promise<void>;
}

export function openAudit({ db, keys, nodeId, clock, logger }: AuditOptions): Audit {
  const chainer = createChainer({ db, keys, logger });
  const trail = createAuditTrail({ keys, nodeId, now: clock.now, onSigned: chainer.wake });
  /** One at a time: however many callers verify, the rest of the server has its connections. */
  let verifying: Promise<unknown> = Promise.resolve();
  let anchoredAt = Number.NEGATIVE_INFINITY;
  return {
    trail,
    chainer,
    async start() {
      await chainer.chain();
      for (const createdAt of keys.madeForMissing ?? [])
        logger.error(`The audit trail is broken. ${takenKeyProblem(createdAt)}`);
    },
    async verify(span, text) {
      const anchor = text === null ? undefined : readAnchor(keys, text);
      const verification = verifying.then(() => verifyAuditTrail(db, keys, { ...span, anchor }));
      verifying = verification.catch(() => undefined);
      return verification;
    },
    async *export(span) {
      await chainer.chain();
      yield* exportAudit(db, keys, span, clock.now());
    },
    prune: (tx, keepMs, limit) => pruneAuditTrail(tx, { keys, logger }, keepMs, limit),
    async anchorDaily() {
      if (performance.now() - anchoredAt < ANCHORED_EVERY_MS) return;
      const anchor = await presentAnchor(db, keys, clock.now());
      anchoredAt = performance.now();
      logger.info(
        { anchor: anchorText(keys, anchor), place: anchor.link },
        'The daily anchor of the audit trail: kept elsewhere, it proves later that the end of the trail was not deleted',
      );
    },
  };
}
