/**
 * The audit trail of a node: its writer, its chainer and its readers. Opened after the key ring, and before
 * the first audit entry is written.
 */
import type { Database, Transactional } from '../../database/database.ts';
import type { DatabaseClock } from '../../database/database-clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys, AuditTrail } from '../../work/audit-trail.ts';
import { anchorText, presentAnchor, readAnchor } from './anchors.ts';
import { type Chainer, createChainer } from './chainer.ts';
import { exportAudit } from './export.ts';
import { pruneAuditTrail } from './prune.ts';
import { createAuditTrail } from './trail.ts';
import { type AuditVerification, keyBefore, takenKeyProblem, verifyAuditTrail } from './verify.ts';
import type { TimeSpan } from './walk.ts';

/** RetentionJob calls `anchorDaily` every hour; half an hour of tolerance keeps the anchor daily. */
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
   * Chains the entries that the previous process left unchained. Must complete before this process writes its
   * first audit entry. Logs an error if the audit key was deleted.
   */
  start(): Promise<void>;
  /** Verifies a span. Throws InvalidInputError for an anchor that cannot be used. */
  verify(span: TimeSpan, anchor: string | null): Promise<AuditVerification>;
  /** Exports the span as JSON lines. */
  export(span: TimeSpan): AsyncIterable<string>;
  /** Deletes up to `limit` rows older than `keepMs`, oldest first, in the caller's transaction. Returns how many. */
  prune(tx: Transactional, keepMs: number, limit: number): Promise<number>;
  /** Logs the current anchor, at most once a day on this node. */
  anchorDaily(): Promise<void>;
}

export function openAudit({ db, keys, nodeId, clock, logger }: AuditOptions): Audit {
  const chainer = createChainer({ db, keys, logger });
  const trail = createAuditTrail({ keys, nodeId, now: clock.now, onSigned: chainer.wake });
  /** Verifications run one at a time, so that they never occupy more than one database connection. */
  let verifying: Promise<unknown> = Promise.resolve();
  let anchoredAt = Number.NEGATIVE_INFINITY;
  return {
    trail,
    chainer,
    async start() {
      await chainer.chain();
      for (const createdAt of keys.madeForMissing ?? [])
        logger.error(`The audit trail is broken. ${takenKeyProblem(createdAt, await keyBefore(db, createdAt))}`);
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
