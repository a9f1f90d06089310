/**
 * Anchors: what the chain was at one place, signed, in a line that is kept where nobody who writes
 * to this database can reach. One shows later that the tail was cut, or that everything was chained
 * anew. Retention keeps one of a kind of its own in the database, where it cut.
 */
import type { Queryable } from '../../database/database.ts';
import { InvalidInputError } from '../../refusals.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { BEGINNING, type ChainPosition, isSame } from './chain.rules.ts';
import { type Anchor, macOfAnchor } from './proof.rules.ts';

export interface StoredAnchor extends Anchor {
  /** Signed by a key of the ring. */
  readonly isGenuine: boolean;
}

/** An anchor as a line of text: `a1.<place>.<milliseconds>.<chain>.<key>.<code>`. */
export function anchorText({ newest }: AuditKeys, anchor: Anchor): string {
  const code = macOfAnchor(newest.key, anchor).toString('base64url');
  return `a1.${anchor.link}.${anchor.at}.${anchor.chain.toString('base64url')}.${newest.id}.${code}`;
}

const TEXT = /^a1\.(\d{1,15})\.(\d{1,15})\.([\w-]{1,100})\.([0-9a-f-]{36})\.([\w-]{1,100})$/;

/** An anchor that came back; its key is unknown when the ring does not hold it (any more). */
export interface GivenAnchor extends Anchor {
  readonly unknownKeyId: string | null;
}

/**
 * Reads an anchor's line. Throws InvalidInputError for what is none, or is not as it was signed under
 * a key of the ring.
 */
export function readAnchor(keys: AuditKeys, text: string): GivenAnchor {
  const [, link, at, chain = '', keyId = '', code = ''] = TEXT.exec(text.trim()) ?? [];
  const anchor = { link: Number(link), isCut: false, at: Number(at), chain: Buffer.from(chain, 'base64url') };
  const key = keys.byId(keyId);
  if (chain !== '' && key === undefined) return { ...anchor, unknownKeyId: keyId };
  if (key !== undefined && isSame(macOfAnchor(key, anchor), Buffer.from(code, 'base64url')))
    return { ...anchor, unknownKeyId: null };
  throw new InvalidInputError([
    {
      path: ['anchor'],
      code: 'INVALID_VALUE',
      message: 'This is not an anchor of this audit trail. Pass one as it was logged, exported or answered.',
    },
  ]);
}

/** Where retention cut last; undefined if it never did. */
export async function loadCut(db: Queryable, keys: AuditKeys): Promise<StoredAnchor | undefined> {
  const [row] = await db.query<CutRow>(
    `SELECT link::float8 AS link, at, chain, key_id AS "keyId", mac FROM auth.audit_cuts ORDER BY link DESC LIMIT 1`,
  );
  if (row === undefined) return undefined;
  const cut = { link: row.link, isCut: true, at: Number(row.at), chain: row.chain };
  const key = keys.byId(row.keyId);
  return { ...cut, isGenuine: key !== undefined && isSame(macOfAnchor(key, cut), row.mac) };
}

interface CutRow {
  readonly link: number;
  readonly at: Date;
  readonly chain: Buffer;
  readonly keyId: string;
  readonly mac: Buffer;
}

/** Signs and keeps where retention cut. */
export async function keepCut(db: Queryable, { newest }: AuditKeys, cut: Anchor & { isCut: true }): Promise<void> {
  await db.query('INSERT INTO auth.audit_cuts (link, at, chain, key_id, mac) VALUES ($1, $2, $3, $4, $5)', [
    cut.link,
    new Date(cut.at),
    cut.chain,
    newest.id,
    macOfAnchor(newest.key, cut),
  ]);
}

/** The end of the chain; its beginning when there is none yet. */
export async function loadHead(db: Queryable, keys: AuditKeys): Promise<ChainPosition> {
  const [head] = await db.query<ChainPosition>(
    'SELECT link::float8 AS link, chain FROM auth.audit_entries WHERE link IS NOT NULL ORDER BY link DESC LIMIT 1',
  );
  if (head !== undefined) return head;
  const cut = await loadCut(db, keys);
  return cut?.isGenuine ? cut : BEGINNING;
}

/** The anchor of the trail as it stands. */
export async function presentAnchor(db: Queryable, keys: AuditKeys, now: Date): Promise<Anchor> {
  const { link, chain } = await loadHead(db, keys);
  return { link, chain, isCut: false, at: now.getTime() };
}
