/**
 * What proves the trail: a code over each row, one over each place in the chain, one over each
 * anchor, all HMAC-SHA256 under the audit key, which whoever can write SQL does not have. Each
 * kind begins with a name of its own, so that no code can be passed off as one of another kind.
 */
import { createHmac } from 'node:crypto';
import type { SignedRow } from '../../work/audit-trail.ts';

/** A row's place in the chain. */
export interface Place {
  /** From 1 on, without holes. */
  readonly link: number;
  readonly sequence: number;
  /** When it was chained, in milliseconds. */
  readonly chainedAt: number;
  readonly mac: Buffer;
}

/** What the chain was at one place; of a cut, everything up to that place was deleted by retention. */
export interface Anchor {
  readonly link: number;
  readonly isCut: boolean;
  /** When it was signed, in milliseconds. */
  readonly at: number;
  readonly chain: Buffer;
}

/** The chain before its first link. */
export const NO_CHAIN: Buffer = Buffer.alloc(32);

/** The code of a row. Equal texts mean equal rows: a JSON array of texts and nulls in a fixed order. */
export const macOfRow = (key: Buffer, row: SignedRow): Buffer =>
  createHmac('sha256', key)
    .update(`audit entry 1\n${textOf(row)}`, 'utf8')
    .digest();

function textOf(row: SignedRow): string {
  return JSON.stringify([
    row.id,
    row.at,
    row.actor_kind,
    row.actor_id,
    row.actor,
    row.token_prefix,
    row.role,
    row.action,
    row.outcome,
    row.target_type,
    row.target_id,
    row.family_id,
    row.reason,
    row.before,
    row.after,
    row.request_id,
    row.address,
    row.node_id,
    row.key_id,
  ]);
}

/** The chain at a place, from the one before it. */
export function chainAt(key: Buffer, previous: Buffer, { link, sequence, chainedAt, mac }: Place): Buffer {
  const numbers = Buffer.alloc(32);
  numbers.writeBigInt64BE(BigInt(link), 0);
  numbers.writeBigInt64BE(BigInt(sequence), 8);
  numbers.writeBigInt64BE(BigInt(chainedAt), 16);
  // So that no byte of the one value can be taken for one of the other.
  numbers.writeBigInt64BE(BigInt(previous.length), 24);
  return createHmac('sha256', key)
    .update(Buffer.concat([LINK, numbers, previous, mac]))
    .digest();
}

const LINK = Buffer.from('audit link 1\n');

/** The code of an anchor. */
export const macOfAnchor = (key: Buffer, { link, isCut, at, chain }: Anchor): Buffer =>
  createHmac('sha256', key)
    .update(`audit ${isCut ? 'cut' : 'anchor'} 1\n${link}\n${at}\n`)
    .update(chain)
    .digest();
