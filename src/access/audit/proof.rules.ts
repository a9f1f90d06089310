/**
 * The MACs that prove the trail: one for each row, each place in the chain and each anchor. All are
 * HMAC-SHA256 under the audit key, which someone with SQL access does not have. The input of each kind begins
 * with its own name, so that a MAC of one kind is never valid for another.
 */
import { createHmac } from 'node:crypto';
import type { SignedRow } from '../../work/audit-trail.ts';

/** A row's place in the chain. */
export interface Place {
  /** From 1 on, without gaps. */
  readonly link: number;
  readonly sequence: number;
  /** When it was chained, in milliseconds since the epoch. */
  readonly chainedAt: number;
  readonly mac: Buffer;
}

/** The chain value at one place. If `isPruned`, retention deleted every row up to there. */
export interface Anchor {
  readonly link: number;
  readonly isPruned: boolean;
  /** When it was signed, in milliseconds since the epoch. */
  readonly at: number;
  readonly chain: Buffer;
}

/** The chain value before the first row. */
export const NO_CHAIN: Buffer = Buffer.alloc(32);

/** Computes a row's MAC, over a JSON array of its columns in a fixed order: different rows have different texts. */
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

/** Computes the chain value at a place from the one before it. */
export function chainAt(key: Buffer, previous: Buffer, { link, sequence, chainedAt, mac }: Place): Buffer {
  const numbers = Buffer.alloc(32);
  numbers.writeBigInt64BE(BigInt(link), 0);
  numbers.writeBigInt64BE(BigInt(sequence), 8);
  numbers.writeBigInt64BE(BigInt(chainedAt), 16);
  // The length marks where `previous` ends and `mac` begins, so that no byte can count as part of the other.
  numbers.writeBigInt64BE(BigInt(previous.length), 24);
  return createHmac('sha256', key)
    .update(Buffer.concat([LINK, numbers, previous, mac]))
    .digest();
}

const LINK = Buffer.from('audit link 1\n');

/** Computes an anchor's MAC. */
export const macOfAnchor = (key: Buffer, { link, isPruned, at, chain }: Anchor): Buffer =>
  createHmac('sha256', key)
    .update(`audit ${isPruned ? 'cut' : 'anchor'} 1\n${link}\n${at}\n`)
    .update(chain)
    .digest();

/** NUL and lone surrogates: PostgreSQL's text and JSON accept neither. */
const UNSTORABLE = /[\0\p{Cs}]/gu;
/** A fast first check without the flag `u`; it also matches surrogate pairs. Few texts contain either. */
const SUSPICIOUS = /[\0\ud800-\udfff]/;
const REPLACEMENT = '\uFFFD';

/** Replaces what PostgreSQL cannot store by U+FFFD. Returns null for null and undefined. */
export function storable(text: string): string;
export function storable(text: string | null | undefined): string | null;
export function storable(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  return SUSPICIOUS.test(text) ? text.replace(UNSTORABLE, REPLACEMENT) : text;
}

/** The same characters as escapes in JSON text. Also matches escaped backslashes, which are kept. */
const UNSTORABLE_ESCAPES = /\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g;

/** Returns a value as JSON text that can be cast to jsonb, with bigints as strings; null for null and undefined. */
export function jsonText(value: Readonly<Record<string, unknown>> | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));
  return text.replace(UNSTORABLE_ESCAPES, (found) => (found === '\\\\' ? found : REPLACEMENT));
}
