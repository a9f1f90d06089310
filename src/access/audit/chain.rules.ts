/**
 * Checks whether a row is what was signed, and is at the place where it was chained. It checks one row at a
 * time, in the order of places: if every row follows its predecessor, the whole trail is intact.
 */
import { timingSafeEqual } from 'node:crypto';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { chainAt, macOfRow, NO_CHAIN } from './proof.rules.ts';
import type { StoredEntry } from './walk.ts';

/** A position in the chain: a place, and the chain value there. */
export interface ChainPosition {
  /** 0: before the first row. */
  readonly link: number;
  readonly chain: Buffer;
}

type TrailKeys = Pick<AuditKeys, 'newest' | 'byId'>;

/** A problem and its row; `sequence` is null if the row itself is missing. */
export interface BrokenTrail {
  readonly sequence: number | null;
  readonly problem: string;
}

export const BEGINNING: ChainPosition = { link: 0, chain: NO_CHAIN };

/** Checks a row on its own. Returns the problem; undefined if the row is as it was signed. */
export function brokenRow(keys: TrailKeys, row: StoredEntry): BrokenTrail | undefined {
  const { sequence } = row;
  const key = keys.byId(row.key_id);
  if (key === undefined) {
    return {
      sequence,
      problem: `The row with the sequence ${sequence} names an audit key that the key ring does not hold: someone without a key inserted or changed the row, or the key was deleted or lost.`,
    };
  }
  if (!isSame(macOfRow(key, row), row.mac)) {
    return {
      sequence,
      problem: `The row with the sequence ${sequence} is not as it was signed: it was changed, or inserted by someone without the audit key.`,
    };
  }
  return row.isCopy
    ? { sequence, problem: `The row with the sequence ${sequence} is a copy of an earlier one.` }
    : undefined;
}

/** Checks a chained row against its predecessor. Returns the problem; undefined if it is where it was chained. */
export function brokenLink(keys: TrailKeys, previous: ChainPosition, row: StoredEntry): BrokenTrail | undefined {
  const { sequence, link, chain } = row;
  const expected = previous.link + 1;
  if (link === null || chain === null || Number.isNaN(chainedAtOf(row))) {
    return { sequence, problem: `The row with the sequence ${sequence} has lost its place in the chain, or its code.` };
  }
  if (link < expected) {
    return { sequence, problem: `The row with the sequence ${sequence} has the chain position of another row.` };
  }
  if (link > expected) {
    const missing = link === expected + 1 ? `Place ${expected} is` : `Places ${expected} to ${link - 1} are`;
    return {
      sequence,
      problem: `${missing} empty: rows before the one with the sequence ${sequence} were deleted or moved.`,
    };
  }
  const broken = brokenRow(keys, row);
  if (broken !== undefined) return broken;
  return isSame(chainOf(keys, previous, row, chainedAtOf(row)), chain)
    ? undefined
    : {
        sequence,
        problem: `The row with the sequence ${sequence} does not follow the row before it: rows were moved or replaced, or the chain was rewritten.`,
      };
}

/** Computes the chain value of this row, at the place after `previous`. An unknown key is replaced by the newest. */
export const chainOf = (
  keys: TrailKeys,
  previous: ChainPosition,
  row: Pick<StoredEntry, 'sequence' | 'key_id' | 'mac'>,
  chainedAt: number,
): Buffer =>
  chainAt(keys.byId(row.key_id) ?? keys.newest.key, previous.chain, {
    link: previous.link + 1,
    sequence: row.sequence,
    chainedAt,
    mac: row.mac,
  });

const chainedAtOf = ({ chained_at }: StoredEntry): number => Date.parse(chained_at ?? '');

/** Compares in constant time. */
export const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
