/**
 * Anchors: the signed end of the chain at one moment, as a line of text. Stored out of reach of anyone who
 * can write to this database, an anchor proves later whether the end of the trail was deleted, or the trail
 * was chained again without some rows. Where retention pruned the trail, the database stores a similar signed
 * row (`auth.audit_prunings`).
 */
import type { Queryable } from '../../database/database.ts';
import { InvalidInputError } from '../../refusals.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { BEGINNING, type ChainPosition, isSame } from './chain.rules.ts';
import { type Anchor, macOfAnchor } from './proof.rules.ts';

/** An anchor that a caller passed. `unknownKeyId` is set if the key ring does not hold its key (any more). */
export interface GivenAnchor extends Anchor {
  readonly unknownKeyId: string | null;
}

/** The place up to which retention last pruned the trail. */
export interface PrunedAt extends Anchor {
  /** Signed by a key of the key ring. */
  readonly isGenuine: boolean;
}

/** Returns the anchor as text: `a1.<place>.<milliseconds>.<chain>.<key id>.<MAC>`. */
export function anchorText({ newest }: AuditKeys, anchor: Anchor): string {
  const code = macOfAnchor(newest.key, anchor).toString('base64url');
  return `a1.${anchor.link}.${anchor.at}.${anchor.chain.toString('base64url')}.${newest.id}.${code}`;
}

const TEXT = /^a1\.(\d{1,15})\.(\d{1,15})\.([\w-]{1,100})\.([0-9a-f-]{36})\.([\w-]{1,100})$/;

/**
 * Parses an anchor's text. An anchor under a key that the key ring does not hold is returned unverified, with
 * `unknownKeyId`. Throws InvalidInputError for other text, and for a MAC that does not match.
 */
export function readAnchor(keys: AuditKeys, text: string): GivenAnchor {
  const [, link, at, chain = '', keyId = '', code = ''] = TEXT.exec(text.trim()) ?? [];
  const anchor = { link: Number(link), isPruned: false, at: Number(at), chain: Buffer.from(chain, 'base64url') };
  const key = keys.byId(keyId);
  if (chain !== '' && key === undefined) return { ...anchor, unknownKeyId: keyId };
  if (key !== undefined && isSame(macOfAnchor(key, anchor), Buffer.from(code, 'base64url')))
    return { ...anchor, unknownKeyId: null };
  throw anchorRefused('This is not an anchor of this audit trail. Pass one from the log or from an export.');
}

/** The refusal of an anchor that cannot be used. */
export const anchorRefused = (message: string): InvalidInputError =>
  new InvalidInputError([{ path: ['anchor'], code: 'INVALID_VALUE', message }]);

/** Loads the place up to which retention last pruned the trail; undefined if it never did. */
export async function loadPruned(db: Queryable, keys: AuditKeys): Promise<PrunedAt | undefined> {
  const [row] = await db.query<PrunedRow>(
    `SELECT link::float8 AS link, at, chain, key_id AS "keyId", mac FROM auth.audit_prunings ORDER BY link DESC LIMIT 1`,
  );
  if (row === undefined) return undefined;
  const pruned = { link: row.link, isPruned: true, at: Number(row.at), chain: row.chain };
  const key = keys.byId(row.keyId);
  return { ...pruned, isGenuine: key !== undefined && isSame(macOfAnchor(key, pruned), row.mac) };
}

interface PrunedRow {
  readonly link: number;
  readonly at: Date;
  readonly chain: Buffer;
  readonly keyId: string;
  readonly mac: Buffer;
}

/** Signs and stores the place up to which retention pruned the trail. */
export async function keepPruned(
  db: Queryable,
  { newest }: AuditKeys,
  { link, chain, at }: Omit<Anchor, 'isPruned'>,
): Promise<void> {
  const mac = macOfAnchor(newest.key, { link, chain, at, isPruned: true });
  await db.query('INSERT INTO auth.audit_prunings (link, at, chain, key_id, mac) VALUES ($1, $2, $3, $4, $5)', [
    link,
    new Date(at),
    chain,
    newest.id,
    mac,
  ]);
}

/** Returns the end of the chain; its beginning if no row is chained. */
export async function loadHead(db: Queryable, keys: AuditKeys): Promise<ChainPosition> {
  const [head] = await db.query<ChainPosition>(
    'SELECT link::float8 AS link, chain FROM auth.audit_entries WHERE link IS NOT NULL ORDER BY link DESC LIMIT 1',
  );
  if (head !== undefined) return head;
  const pruned = await loadPruned(db, keys);
  return pruned?.isGenuine ? pruned : BEGINNING;
}

/** Returns an anchor, not yet signed, of the current end of the trail. */
export async function presentAnchor(db: Queryable, keys: AuditKeys, now: Date): Promise<Anchor> {
  const { link, chain } = await loadHead(db, keys);
  return { link, chain, isPruned: false, at: now.getTime() };
}
