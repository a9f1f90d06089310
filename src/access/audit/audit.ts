/**
 * The audit trail of a node, put together: what writes it, what chains it, and what is done with
 * it. Opened once the key ring is, before anything acts.
 */
import type { Database, Transactional } from '../../database/database.ts';
import type { DatabaseClock } from '../../database/database-clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditTrail } from './act.ts';
import { anchorText, keepAnchor, presentAnchor, readAnchor } from './anchors.ts';
import { cutAuditTrail } from './cut.ts';
import { exportAudit } from './export.ts';
import { clearFindings, recordFinding } from './findings.ts';
import { createSealer, type Sealer } from './sealer.ts';
import type { TimeSpan } from './span.ts';
import { type AuditKeys, createAuditTrail } from './trail.ts';
import { type AuditVerification, verifyAuditTrail } from './verify.ts';

export interface AuditOptions {
  readonly db: Transactional & Pick<Database, 'outage'>;
  readonly keys: AuditKeys;
  readonly nodeId: string;
  readonly clock: DatabaseClock;
  readonly logger: Logger;
}

export interface PresentAnchor {
  readonly anchor: string;
  readonly link: number;
  readonly at: Date;
}

export interface Audit {
  readonly trail: AuditTrail;
  readonly sealer: Sealer;
  /** Verifies a span. Throws InvalidInputError for an anchor that is not one of this trail. */
  verify(span: TimeSpan, anchor: string | null): Promise<AuditVerification>;
  anchor(): Promise<PresentAnchor>;
  /** The span as JSON lines. */
  export(span: TimeSpan): AsyncIterable<string>;
  /** Deletes from the beginning what is older, up to so many rows, in the caller's transaction; answers their ids. */
  cut(tx: Transactional, keepMs: number, limit: number): Promise<string[]>;
  /** Logs and keeps the present anchor, unless one was in the last day. */
  anchorDaily(): Promise<void>;
}

export function openAudit({ db, keys, nodeId, clock, logger }: AuditOptions): Audit {
  const sealer = createSealer({ db, keys, nodeId, logger });
  const trail = createAuditTrail({ keys, nodeId, now: clock.now, onSigned: sealer.wake });
  /** One at a time: however many ask, the rest of the server has its connections. */
  let verifying: Promise<unknown> = Promise.resolve();
  const present = async (): Promise<PresentAnchor> => {
    await sealer.seal();
    const anchor = await presentAnchor(db, keys, clock.now());
    return { anchor: anchorText(keys, anchor), link: anchor.link, at: new Date(anchor.at) };
  };
  return {
    trail,
    sealer,
    async verify(span, anchor) {
      const given = anchor === null ? [] : [readAnchor(keys, anchor)];
      const verification = verifying.then(() => {
        const seen = sealer.seen();
        return verifyAuditTrail(db, keys, { ...span, anchors: seen === undefined ? given : [...given, seen] });
      });
      verifying = verification.catch(() => undefined);
      const found = await verification;
      await rememberVerified(db, nodeId, span, found).catch((error: unknown) =>
        db.outage.warn(error, 'What verifying the audit trail found could not be written down'),
      );
      return found;
    },
    anchor: present,
    async *export(span) {
      await sealer.seal();
      yield* exportAudit(db, keys, span, clock.now());
    },
    cut: (tx, keepMs, limit) => cutAuditTrail(tx, { keys, logger }, keepMs, limit),
    async anchorDaily() {
      const recent = await db.query(
        `SELECT FROM auth.audit_anchors WHERE NOT is_cut AND at > now() - interval '23 hours 30 minutes' LIMIT 1`,
      );
      if (recent.length > 0) return;
      const anchor = await presentAnchor(db, keys, clock.now());
      await keepAnchor(db, keys, anchor);
      logger.info(
        { anchor: anchorText(keys, anchor), place: anchor.link },
        'The day’s anchor of the audit trail: kept elsewhere, it proves later that nothing was cut off its end',
      );
    },
  };
}

/** Whoever watches learns of a broken trail. An anchor that this server never signed is refused before this. */
async function rememberVerified(
  db: Transactional,
  nodeId: string,
  { from, to }: TimeSpan,
  { isIntact, problem }: AuditVerification,
): Promise<void> {
  if (!isIntact && problem !== null) await recordFinding(db, { foundBy: 'verification', problem, nodeId });
  else if (from === null && to === null) await clearFindings(db);
}
