/**
 * Anchors: what the chain was at one place, signed, in a line that can be kept anywhere. Kept
 * where nobody who writes to this database can reach, one shows later that the tail was cut, or
 * that everything was chained anew. Retention leaves one of a kind of its own where it cut.
 */
import type { Queryable } from '../../database/database.ts';
import { InvalidInputError } from '../../refusals.ts';
import { BEGINNING, type ChainPosition, isSame } from './chain.rules.ts';
import { type Anchor, macOfAnchor } from './proof.rules.ts';
import type { AuditKeys } from './trail.ts';

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

/** Reads an anchor's line. Throws InvalidInputError for one that this key ring never signed. */
export function readAnchor(keys: AuditKeys, text: string): Anchor {
  const [, link, at, chain = '', keyId = '', code = ''] = TEXT.exec(text.trim()) ?? [];
  const anchor = { link: Number(link), isCut: false, at: Number(at), chain: Buffer.from(chain, 'base64url') };
  const key = keys.byId(keyId);
  if (key !== undefined && isSame(macOfAnchor(key, anchor), Buffer.from(code, 'base64url'))) return anchor;
  throw new InvalidInputError([
    {
      path: ['anchor'],
      code: 'INVALID_VALUE',
      message: 'This is not an anchor of this audit trail. Pass one as it was logged, exported or answered.',
    },
  ]);
}

const SELECT = `SELECT link::float8 AS link, is_cut AS "isCut", at, chain, key_id AS "keyId", mac FROM auth.audit_anchors`;

/** Where retention cut last; undefined if it never did. */
export async function loadCut(db: Queryable, keys: AuditKeys): Promise<StoredAnchor | undefined> {
  const rows = await db.query<AnchorRow>(`${SELECT} WHERE is_cut ORDER BY link DESC LIMIT 1`);
  return rows.map((row) => stored(keys, row))[0];
}

/** The anchors that are kept here from a place on, in the order of places; none under a lost key, which proves nothing. */
export async function loadAnchors(db: Queryable, keys: AuditKeys, fromLink: number): Promise<StoredAnchor[]> {
  const rows = await db.query<AnchorRow>(`${SELECT} WHERE NOT is_cut AND link >= $1 ORDER BY link`, [fromLink]);
  return rows.flatMap((row) => (keys.isLost?.(row.keyId) ? [] : [stored(keys, row)]));
}

interface AnchorRow {
  readonly link: number;
  readonly isCut: boolean;
  readonly at: Date;
  readonly chain: Buffer;
  readonly keyId: string;
  readonly mac: Buffer;
}

function stored(keys: AuditKeys, { link, isCut, at, chain, keyId, mac }: AnchorRow): StoredAnchor {
  const anchor = { link, isCut, at: Number(at), chain };
  const key = keys.byId(keyId);
  return { ...anchor, isGenuine: key !== undefined && isSame(macOfAnchor(key, anchor), mac) };
}

/** Signs and keeps an anchor; the same place again replaces it. */
export async function keepAnchor(db: Queryable, { newest }: AuditKeys, anchor: Anchor): Promise<void> {
  const { link, isCut, at, chain } = anchor;
  await db.query(
    `INSERT INTO auth.audit_anchors (link, is_cut, at, chain, key_id, mac) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (link, is_cut) DO UPDATE
       SET at = excluded.at, chain = excluded.chain, key_id = excluded.key_id, mac = excluded.mac`,
    [link, isCut, new Date(at), chain, newest.id, macOfAnchor(newest.key, anchor)],
  );
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
