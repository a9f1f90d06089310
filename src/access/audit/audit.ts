/**
 * The audit trail of a node, put together: what writes it, what chains it, and what is done with
 * it. Opened once the key ring is, before anything acts.
 */
import type { Database, Transactional } from '../../database/database.ts';
import type { DatabaseClock } from '../../database/database-clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AuditKeys, AuditTrail } from '../../work/audit-trail.ts';
import { anchorText, type GivenAnchor, presentAnchor, readAnchor } from './anchors.ts';
import { cutAuditTrail } from './cut.ts';
import { exportAudit } from './export-route.ts';
import { clearFindings, recordFinding } from './findings.ts';
import { createSealer, type Sealer } from './sealer.ts';
import type { TimeSpan } from './span.ts';
import { createAuditTrail } from './trail.ts';
import { type AuditVerification, takenKeyProblem, verifyAuditTrail } from './verify.ts';

/** RetentionJob asks every hour. */
const ANCHORED_EVERY_MS = 23.5 * 3_600_000;

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
  /**
   * Chains what the last run left, to be done before the first act of this one; says when the audit
   * key was taken away.
   */
  start(): Promise<void>;
  /** Verifies a span. Throws InvalidInputError for an anchor that is none. */
  verify(span: TimeSpan, anchor: string | null): Promise<AuditVerification>;
  anchor(): Promise<PresentAnchor>;
  /** The span as JSON lines. */
  export(span: TimeSpan): AsyncIterable<string>;
  /** Deletes from the beginning what is older, up to so many rows, in the caller's transaction; answers their ids. */
  cut(tx: Transactional, keepMs: number, limit: number): Promise<string[]>;
  /** Logs the present anchor, unless this node did in the last day. */
  anchorDaily(): Promise<void>;
}

export function openAudit({ db, keys, nodeId, clock, logger }: AuditOptions): Audit {
  const sealer = createSealer({ db, keys, nodeId, logger });
  const trail = createAuditTrail({ keys, nodeId, now: clock.now, onSigned: sealer.wake });
  /** One at a time: however many ask, the rest of the server has its connections. */
  let verifying: Promise<unknown> = Promise.resolve();
  let anchoredAt = Number.NEGATIVE_INFINITY;
  const present = async (): Promise<PresentAnchor> => {
    await sealer.seal();
    const anchor = await presentAnchor(db, keys, clock.now());
    return { anchor: anchorText(keys, anchor), link: anchor.link, at: new Date(anchor.at) };
  };
  return {
    trail,
    sealer,
    async start() {
      await sealer.seal();
      for (const madeAt of keys.madeForMissing ?? []) {
        const problem = takenKeyProblem(madeAt);
        logger.error(`The audit trail is broken. ${problem}`);
        // Once: as long as nothing was written under the new key.
        const [last] = await db.query<{ at: Date }>('SELECT at FROM auth.audit_entries ORDER BY sequence DESC LIMIT 1');
        if (last === undefined || last.at < madeAt)
          await recordFinding(db, { foundBy: 'verification', problem, nodeId });
      }
    },
    async verify(span, text) {
      const anchor = text === null ? undefined : readAnchor(keys, text);
      const verification = verifying.then(() => {
        const anchors = [anchor, sealer.seen()].filter((one) => one !== undefined);
        const known = anchors.filter((one) => !('unknownKeyId' in one) || one.unknownKeyId === null);
        return verifyAuditTrail(db, keys, { ...span, anchors: known });
      });
      verifying = verification.catch(() => undefined);
      const found = await verification;
      await rememberVerified(db, nodeId, span, found).catch((error: unknown) =>
        db.outage.warn(error, 'What verifying the audit trail found could not be written down'),
      );
      return anchor === undefined ? found : heldAgainst(found, anchor);
    },
    anchor: present,
    async *export(span) {
      await sealer.seal();
      yield* exportAudit(db, keys, span, clock.now());
    },
    cut: (tx, keepMs, limit) => cutAuditTrail(tx, { keys, logger }, keepMs, limit),
    async anchorDaily() {
      if (performance.now() - anchoredAt < ANCHORED_EVERY_MS) return;
      const anchor = await presentAnchor(db, keys, clock.now());
      anchoredAt = performance.now();
      logger.info(
        { anchor: anchorText(keys, anchor), place: anchor.link },
        'The day’s anchor of the audit trail: kept elsewhere, it proves later that nothing was cut off its end',
      );
    },
  };
}

/**
 * An anchor under a key that the ring does not hold is of another trail, or of one that was taken away
 * with its key. It is no finding for whoever watches: anybody who may verify can make one up.
 */
function heldAgainst(found: AuditVerification, { unknownKeyId, link }: GivenAnchor): AuditVerification {
  if (unknownKeyId === null || !found.isIntact) return found;
  return {
    ...found,
    isIntact: false,
    problem: `The anchor for place ${link} was signed under the audit key ${unknownKeyId}, which the key ring does not hold: it is of another installation, or that key was taken away or given up, and what it proved with it.`,
  };
}

/** Whoever watches learns of a broken trail. */
async function rememberVerified(
  db: Transactional,
  nodeId: string,
  { from, to }: TimeSpan,
  { isIntact, problem }: AuditVerification,
): Promise<void> {
  if (!isIntact && problem !== null) await recordFinding(db, { foundBy: 'verification', problem, nodeId });
  else if (from === null && to === null) await clearFindings(db);
}
