/**
 * Is the trail as it was written? Every row's code, every place, and every place's code are
 * computed anew, from one snapshot, up to the first that does not fit. What a chain cannot prove
 * by itself, that nothing was cut off its end, is proved by an anchor from elsewhere.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { loadCut, loadHead, type StoredAnchor } from './anchors.ts';
import {
  BEGINNING,
  type BrokenTrail,
  brokenLink,
  brokenRow,
  type ChainPosition,
  isSame,
  type TrailKeys,
} from './chain.rules.ts';
import { withGivenUp } from './given-up.ts';
import type { Anchor } from './proof.rules.ts';
import { placesOf, type TimeSpan } from './span.ts';
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
  /** Anchors that the chain was held against: the given one, and what this node saw last. */
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
    const trailKeys = await withGivenUp(tx, keys);
    const cut = await loadCut(tx, keys);
    const beginning = cut ?? BEGINNING;
    const head = await loadHead(tx, keys);
    const { first, last } = await placesOf(tx, question, { lowest: beginning.link + 1, highest: head.link });
    const counts = { checkedCount: 0, uncheckedCount: 0, anchorCount: 0 };
    const broken =
      takenKey(keys, question) ??
      (await brokenBeginning(tx, cut, first === beginning.link + 1)) ??
      (await brokenChain(tx, trailKeys, {
        ...question,
        previous: await positionBefore(tx, first, beginning),
        last,
        counts,
      })) ??
      (await brokenTail(tx, trailKeys, counts)) ??
      (await brokenAnchor(tx, question.anchors, { beginning, head, counts }));
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
 * A ring that is not new and has no audit key was robbed of it, and with it of all that it proved: an
 * empty trail would otherwise be as intact as a new one.
 */
function takenKey({ madeForMissing = [] }: AuditKeys, { from }: TimeSpan): BrokenTrail | undefined {
  const taken = madeForMissing.find((madeAt) => from === null || madeAt >= from);
  return taken && { sequence: null, problem: takenKeyProblem(taken) };
}

/** How a missing audit key is told of. */
export const takenKeyProblem = (madeAt: Date): string =>
  `At ${madeAt.toISOString()} the key ring, which was not new, had no audit key and got another: somebody took the one before it away, and rows that it proved may have gone with it.`;

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
  keys: TrailKeys,
  {
    from,
    previous,
    last,
    counts,
  }: { from: Date | null; previous: ChainPosition; last: number; counts: { checkedCount: number } },
): Promise<BrokenTrail | undefined> {
  let position = previous;
  for await (const rows of chainedRows(db, previous.link + 1, last)) {
    for (const row of rows) {
      // A neighbour that nobody can check any more: what follows it can be.
      const isBeyond = from !== null && position === previous && keys.isGivenUp?.(row.key_id, row.sequence) === true;
      const broken = isBeyond && row.link === position.link + 1 ? undefined : brokenLink(keys, position, row);
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
  keys: TrailKeys,
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
  anchors: readonly Anchor[],
  { beginning, head, counts }: { beginning: ChainPosition; head: ChainPosition; counts: { anchorCount: number } },
): Promise<BrokenTrail | undefined> {
  const rows = await db.query<{ link: number; sequence: number; chain: Buffer }>(
    'SELECT link::float8 AS link, sequence::float8 AS sequence, chain FROM auth.audit_entries WHERE link = ANY ($1::bigint[])',
    [anchors.map(({ link }) => link)],
  );
  const places = new Map(rows.map((row) => [row.link, row]));
  for (const { link, chain, at } of anchors) {
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
