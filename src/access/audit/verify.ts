/**
 * Verifies the trail: recomputes every row's MAC, place and chain value, from one snapshot, up to the first
 * that does not match. A chain alone cannot prove that its end was not deleted; an anchor stored elsewhere
 * can.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { anchorRefused, type GivenAnchor, loadHead, loadPruned, type PrunedAt } from './anchors.ts';
import { BEGINNING, type BrokenTrail, brokenLink, brokenRow, type ChainPosition, isSame } from './chain.rules.ts';
import { chainedRows, placesOf, type TimeSpan, unchainedRows } from './walk.ts';

export interface AuditQuestion extends TimeSpan {
  /** An anchor stored elsewhere, which the chain must match. */
  readonly anchor?: GivenAnchor | undefined;
}

export interface AuditVerification {
  readonly isIntact: boolean;
  /** Chained rows that were checked, up to the first that is broken. */
  readonly checkedCount: number;
  /** Rows not chained yet. Each is as it was signed, but a deleted one cannot be detected. */
  readonly uncheckedCount: number;
  readonly firstBrokenSequence: number | null;
  readonly problem: string | null;
  /** The place at the end of the chain. */
  readonly headLink: number;
}

/**
 * Verifies the rows of a span of time, with their neighbours, and the chain against the anchor. Throws
 * InvalidInputError for an anchor from before the place up to which retention pruned the trail.
 */
export function verifyAuditTrail(
  db: Transactional,
  keys: AuditKeys,
  question: AuditQuestion,
): Promise<AuditVerification> {
  return db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const pruned = await loadPruned(tx, keys);
    const beginning = pruned ?? BEGINNING;
    const head = await loadHead(tx, keys);
    const { first, last } = await placesOf(tx, question, { lowest: beginning.link + 1, highest: head.link });
    const counts = { checkedCount: 0, uncheckedCount: 0 };
    const broken =
      takenKey(keys, question) ??
      (await brokenBeginning(tx, pruned, first === beginning.link + 1)) ??
      (await brokenChain(tx, keys, await positionBefore(tx, first, beginning), last, counts)) ??
      (await brokenTail(tx, keys, counts)) ??
      (question.anchor && (await brokenAnchor(tx, question.anchor, beginning, head)));
    return {
      ...counts,
      isIntact: broken === undefined,
      firstBrokenSequence: broken?.sequence ?? null,
      problem: broken?.problem ?? null,
      headLink: head.link,
    };
  });
}

/**
 * Reports that the audit key was deleted, if a key ring that was not new had none and got another one.
 * Without this check an emptied trail would be as intact as a new one.
 */
function takenKey({ madeForMissing = [] }: AuditKeys, { from }: TimeSpan): BrokenTrail | undefined {
  const taken = madeForMissing.find((madeAt) => from === null || madeAt >= from);
  return taken && { sequence: null, problem: takenKeyProblem(taken) };
}

/** The message about a deleted audit key; `keyId` is its id, where that is known. */
export const takenKeyProblem = (createdAt: Date, keyId?: string): string =>
  `At ${createdAt.toISOString()} the key ring, which was not new, had no audit key and got a new one: someone deleted the key before it${keyId === undefined ? '' : ` (${keyId})`}, and rows that it proved may be gone with it. If you gave up a lost master key then, this is expected: verify with "from" after that instant (docs/keys.md).`;

/** The key that signed the last entry before an instant; undefined if there is none. */
export async function keyBefore(db: Queryable, at: Date): Promise<string | undefined> {
  const [last] = await db.query<{ keyId: string }>(
    'SELECT key_id AS "keyId" FROM auth.audit_entries WHERE at < $1 ORDER BY at DESC LIMIT 1',
    [at],
  );
  return last?.keyId;
}

/** Checks that this server signed the stored pruning, if the span begins there, and that no row lies before it. */
async function brokenBeginning(
  db: Queryable,
  pruned: PrunedAt | undefined,
  isInSpan: boolean,
): Promise<BrokenTrail | undefined> {
  if (isInSpan && pruned !== undefined && !pruned.isGenuine) {
    return {
      sequence: null,
      problem: `The record that retention deleted everything up to place ${pruned.link} was not signed by this server.`,
    };
  }
  const [before] = await db.query<{ sequence: number }>(
    'SELECT sequence::float8 AS sequence FROM auth.audit_entries WHERE link <= $1 ORDER BY link LIMIT 1',
    [pruned?.link ?? 0],
  );
  return (
    before && {
      sequence: before.sequence,
      problem: `The row with the sequence ${before.sequence} is before the start of the trail: it was inserted or moved there.`,
    }
  );
}

/** Returns the position before `first`; if rows are missing there, the last one before the gap, to detect the gap. */
async function positionBefore(db: Queryable, first: number, beginning: ChainPosition): Promise<ChainPosition> {
  const [row] = await db.query<ChainPosition>(
    'SELECT link::float8 AS link, chain FROM auth.audit_entries WHERE link < $1 AND link > $2 ORDER BY link DESC LIMIT 1',
    [first, beginning.link],
  );
  return row ?? beginning;
}

async function brokenChain(
  db: Queryable,
  keys: AuditKeys,
  previous: ChainPosition,
  last: number,
  counts: { checkedCount: number },
): Promise<BrokenTrail | undefined> {
  let position = previous;
  for await (const rows of chainedRows(db, previous.link + 1, last)) {
    for (const row of rows) {
      const broken = brokenLink(keys, position, row);
      if (broken !== undefined) return broken;
      position = { link: row.link ?? 0, chain: row.chain ?? Buffer.alloc(0) };
      counts.checkedCount++;
    }
  }
  return position.link < last
    ? { sequence: null, problem: `Places ${position.link + 1} to ${last} are empty: rows were deleted or moved.` }
    : undefined;
}

async function brokenTail(
  db: Queryable,
  keys: AuditKeys,
  counts: { uncheckedCount: number },
): Promise<BrokenTrail | undefined> {
  for await (const rows of unchainedRows(db)) {
    for (const row of rows) {
      const broken = brokenRow(keys, row);
      if (broken !== undefined) return broken;
      counts.uncheckedCount++;
    }
  }
  return undefined;
}

/** Compares the chain with the anchor. Throws InvalidInputError for an anchor from before the pruned beginning. */
async function brokenAnchor(
  db: Queryable,
  { link, chain, at, unknownKeyId }: GivenAnchor,
  beginning: ChainPosition,
  head: ChainPosition,
): Promise<BrokenTrail | undefined> {
  if (unknownKeyId !== null)
    return {
      sequence: null,
      problem: `The anchor for place ${link} was signed under the audit key ${unknownKeyId}, which the key ring does not hold: the anchor is of another installation, or that key was taken away or lost, and with it what it proved.`,
    };
  if (link < beginning.link)
    throw anchorRefused(
      `This anchor is for place ${link}, and retention deleted everything up to place ${beginning.link}. Pass a newer anchor.`,
    );
  const signed = `an anchor of ${new Date(at).toISOString()}`;
  if (link > head.link)
    return {
      sequence: null,
      problem: `The end of the trail was deleted: it ends at place ${head.link}, but by ${signed} it reached place ${link}.`,
    };
  const [there] =
    link === beginning.link
      ? [{ ...beginning, sequence: null }]
      : await db.query<{ sequence: number; chain: Buffer }>(
          'SELECT sequence::float8 AS sequence, chain FROM auth.audit_entries WHERE link = $1',
          [link],
        );
  return there !== undefined && isSame(there.chain, chain)
    ? undefined
    : {
        sequence: there?.sequence ?? null,
        problem: `The rows up to place ${link} are not those that were chained there: by ${signed} it was another chain.`,
      };
}
