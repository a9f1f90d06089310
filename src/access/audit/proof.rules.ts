/**
 * What proves the trail: a code over each row, one over each place in the chain, one over each
 * anchor, all HMAC-SHA256 under the audit key, which someone with SQL does not have. Each kind
 * begins with its own name, so that no code passes for one of another kind.
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

/** What the chain was at one place; where retention pruned the trail, everything up to there is deleted. */
export interface Anchor {
  readonly link: number;
  readonly isPruned: boolean;
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
export const macOfAnchor = (key: Buffer, { link, isPruned, at, chain }: Anchor): Buffer =>
  createHmac('sha256', key)
    .update(`audit ${isPruned ? 'cut' : 'anchor'} 1\n${link}\n${at}\n`)
    .update(chain)
    .digest();

/** A zero character, or half of a character that has two halves: PostgreSQL's texts and JSON take neither. */
const UNSTORABLE = /[\0\p{Cs}]/gu;
/** Without the flag that makes it know halves from wholes, and so much quicker: few texts have either. */
const SUSPICIOUS = /[\0\ud800-\udfff]/;
const REPLACEMENT = '\uFFFD';

/** The text with what cannot be stored replaced by U+FFFD; null for none. */
export function storable(text: string): string;
export function storable(text: string | null | undefined): string | null;
export function storable(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  return SUSPICIOUS.test(text) ? text.replace(UNSTORABLE, REPLACEMENT) : text;
}

/** The same in JSON text, where both stand as escapes; an escaped backslash before is none of them. */
const UNSTORABLE_ESCAPES = /\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g;

/** A value as JSON text, big integers as strings; null for none. It can be cast to jsonb. */
export function jsonText(value: Readonly<Record<string, unknown>> | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));
  return text.replace(UNSTORABLE_ESCAPES, (found) => (found === '\\\\' ? found : REPLACEMENT));
}
