/**
 * Is the trail as it was written? Every row's code, every place, and every place's code are
 * computed anew, from one snapshot, up to the first that does not fit. What a chain cannot prove
 * by itself, that nothing was cut off its end, is proved by an anchor from elsewhere.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import { loadAnchors, loadCut, loadHead, type StoredAnchor } from './anchors.ts';
import { BEGINNING, type BrokenTrail, brokenLink, brokenRow, type ChainPosition, isSame } from './chain.rules.ts';
import { type ChainedTimes, createLatenessCheck } from './lateness.rules.ts';
import type { Anchor } from './proof.rules.ts';
import { placesOf, type TimeSpan } from './span.ts';
import type { AuditKeys } from './trail.ts';
import { chainedRows, unchainedRows } from './walk.ts';

export interface AuditQuestion extends TimeSpan {
  /** What the chain must have been, from whoever kept it. */
  readonly anchors: readonly Anchor[];
}

export interface AuditVerification {
  readonly isIntact: boolean;
  /** Chained rows that were looked at, up to the first that is broken. */
  readonly checkedCount: number;
  /** Rows that are not chained yet: each is as it was signed, but one that was deleted is not missed. */
  readonly uncheckedCount: number;
  readonly firstBrokenSequence: number | null;
  readonly problem: string | null;
  /** Anchors that the chain was held against: the given ones, and those that are kept here. */
  readonly anchorCount: number;
  /** The place at the end of the chain. */
  readonly headLink: number;
}

/** Verifies the rows of a span of time, with their neighbours, and the end of the chain against the anchors. */
export function verifyAuditTrail(
  db: Transactional,
  keys: AuditKeys,
  question: AuditQuestion,
): Promise<AuditVerification> {
  return db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const cut = await loadCut(tx, keys);
    const beginning = cut ?? BEGINNING;
    const head = await loadHead(tx, keys);
    const { first, last } = await placesOf(tx, question, { lowest: beginning.link + 1, highest: head.link });
    const kept = await loadAnchors(tx, keys, cut?.link ?? 0);
    const anchors = [...question.anchors.map((anchor) => ({ ...anchor, isGenuine: true })), ...kept];
    const counts = { checkedCount: 0, uncheckedCount: 0, anchorCount: 0 };
    const broken =
      (await brokenBeginning(tx, cut, first === beginning.link + 1)) ??
      (await brokenChain(tx, keys, {
        ...question,
        previous: await positionBefore(tx, first, beginning),
        last,
        counts,
      })) ??
      (await brokenTail(tx, keys, counts)) ??
      (await brokenAnchor(tx, anchors, { beginning, head, counts }));
    return {
      ...counts,
      isIntact: broken === undefined,
      firstBrokenSequence: broken?.sequence ?? null,
      problem: broken?.problem ?? null,
      headLink: head.link,
    };
  });
}

/** Where retention cut, the cut must be ours, if what follows it is looked at, and nothing may stand before it. */
async function brokenBeginning(
  db: Queryable,
  cut: StoredAnchor | undefined,
  isLookedAt: boolean,
): Promise<BrokenTrail | undefined> {
  if (isLookedAt && cut !== undefined && !cut.isGenuine) {
    return {
      sequence: null,
      problem: `The record that retention deleted everything up to place ${cut.link} was not signed by this server.`,
    };
  }
  const [before] = await db.query<{ sequence: number }>(
    'SELECT sequence::float8 AS sequence FROM auth.audit_entries WHERE link <= $1 ORDER BY link LIMIT 1',
    [cut?.link ?? 0],
  );
  return (
    before && {
      sequence: before.sequence,
      problem: `The row with the sequence ${before.sequence} stands before the beginning of the trail: it was put there or moved.`,
    }
  );
}

/** Where to begin: the place before the first, or the last before a hole that ends there, for it to be found. */
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
  {
    from,
    previous,
    last,
    counts,
  }: { from: Date | null; previous: ChainPosition; last: number; counts: { checkedCount: number } },
): Promise<BrokenTrail | undefined> {
  let position = previous;
  const isLate = createLatenessCheck();
  for await (const rows of chainedRows(db, previous.link + 1, last)) {
    for (const row of rows) {
      // A neighbour that nobody can check any more: what follows it can be.
      const isBeyond = from !== null && position === previous && keys.isLost?.(row.key_id) === true;
      const broken = isBeyond && row.link === position.link + 1 ? undefined : brokenLink(keys, position, row);
      if (broken !== undefined) return broken;
      position = { link: row.link ?? 0, chain: row.chain ?? Buffer.alloc(0) };
      counts.checkedCount++;
      const times = { sequence: row.sequence, at: Date.parse(row.at), chainedAt: Date.parse(row.chained_at ?? '') };
      const late = isLate(times);
      if (late !== undefined) return chainedLate(late, times);
    }
  }
  return position.link < last
    ? { sequence: null, problem: `Places ${position.link + 1} to ${last} are empty: rows were deleted or moved.` }
    : undefined;
}

const chainedLate = (late: ChainedTimes, { sequence, at }: ChainedTimes): BrokenTrail => ({
  sequence: late.sequence,
  problem: `The row with the sequence ${late.sequence}, signed at ${new Date(late.at).toISOString()}, was chained only at ${new Date(late.chainedAt).toISOString()}, when the row with the sequence ${sequence} of ${new Date(at).toISOString()} was there already. Unless nothing could be chained for that long, somebody took rows out of the chain, may have deleted some, and let the rest be chained anew.`,
});

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

/** Holds the chain against the anchors, those of places that retention has cut aside. */
async function brokenAnchor(
  db: Queryable,
  anchors: readonly StoredAnchor[],
  { beginning, head, counts }: { beginning: ChainPosition; head: ChainPosition; counts: { anchorCount: number } },
): Promise<BrokenTrail | undefined> {
  const rows = await db.query<{ link: number; sequence: number; chain: Buffer }>(
    'SELECT link::float8 AS link, sequence::float8 AS sequence, chain FROM auth.audit_entries WHERE link = ANY ($1::bigint[])',
    [anchors.map(({ link }) => link)],
  );
  const places = new Map(rows.map((row) => [row.link, row]));
  for (const { link, chain, isGenuine, at } of anchors) {
    if (!isGenuine) return { sequence: null, problem: `The anchor for place ${link} was not signed by this server.` };
    if (link < beginning.link) continue;
    counts.anchorCount++;
    const signed = `an anchor of ${new Date(at).toISOString()}`;
    if (link > head.link) {
      return {
        sequence: null,
        problem: `The end of the trail was cut off: it ends at place ${head.link}, but by ${signed} it reached place ${link}.`,
      };
    }
    const there = link === beginning.link ? { ...beginning, sequence: null } : places.get(link);
    if (there === undefined || !isSame(there.chain, chain)) {
      return {
        sequence: there?.sequence ?? null,
        problem: `What stands up to place ${link} is not what was chained there: by ${signed} it was another chain.`,
      };
    }
  }
  return undefined;
}
